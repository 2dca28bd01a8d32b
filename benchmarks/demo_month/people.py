"""Who is billed and who pays: invented people and firms with invented accounts."""

from collections.abc import Iterator

from attrs import frozen
from stdnum.iso7064 import mod_97_10

from benchmarks.world.dice import Dice

_PLACES = (
    "Ahornhof Bergquell Birkenau Brunnwies Dachsbau Eichgrund Erlenbruch Falkenhain "
    "Fuchsgrund Ginsterfeld Haselwang Heidmark Hirschtal Kiefernried Lerchenau "
    "Lindenfurt Moorkate Nusswinkel Ostermoor Pappelkamp Rabenstieg Rotbuche "
    "Schilfsee Tannwerder Ulmenbach Weidengrund Wieselburg Zirbenalm"
)
_TRADES = (
    "Media;Logistik;Verlag;Software;Architekten;Werkzeugbau;Reisen;Optik;Druckerei;"
    "Saatgut;Consulting;Gartenbau;Feinkost;Möbelwerkstatt"
)
_FORMS = "GmbH;GmbH & Co. KG;AG;e.K.;UG (haftungsbeschränkt);OHG"
_FIRST = (
    "Anneke Björn Carlotta Ewald Friederike Gunnar Hedda Jörn Käthe Lasse Mirja Nils "
    "Ottilie Rasmus Svantje Tjark Ulrike Wiebke"
)
_LAST = (
    "Abelmann Brückner Czerny Dahlhoff Ehrenfurth Grünhagen Jessulat Köhlbrand "
    "Lüttmann Mönkeberg Niehus Oldsloe Pöppelmann Querfurth Rüsing Schäfermeier"
)
_TRANSLITERATED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
# Country, bank: clearing area 9 is used by no German bank, 99900 by no Austrian one.
_BANKS = (("DE", "99900001"), ("DE", "99950017"), ("DE", "98000021"), ("AT", "99900"))
_ACCOUNT_DIGITS = {"DE": 10, "AT": 11}


@frozen(kw_only=True)
class Customer:
    """Who is billed.

    Attributes:
        number: Our number of the customer.
        company: "" for a private person.
        contact: A person.
        email: An address that reaches nobody.
        iban: What it pays from.
        in_ledger: Whether we know that account.
    """

    number: str
    company: str
    contact: str
    email: str
    iban: str
    in_ledger: bool

    @property
    def banked(self) -> str:
        """The name as the bank prints it."""
        name = self.company or self.contact
        return name.translate(_TRANSLITERATED).upper()


def iban(country: str, bank: str, account: str) -> str:
    """Make an IBAN with valid check digits.

    >>> iban("DE", "99900001", "0000000001")
    'DE20999000010000000001'
    """
    check = mod_97_10.calc_check_digits(bank + account + country)
    return f"{country}{check}{bank}{account}"


def customers(dice: Dice) -> Iterator[Customer]:
    """Make customers without end, no two with the same name."""
    names = dice.shuffled([(p, t) for p in _PLACES.split() for t in _TRADES.split(";")])
    people = dice.shuffled([(f, n) for f in _FIRST.split() for n in _LAST.split()])
    for place, ((where, trade), (first, last)) in enumerate(
        zip(names, people, strict=False)
    ):
        country, bank = dice.pick(_BANKS)
        private = place % 4 == 0
        yield Customer(
            number=str(20_000 + place * 7),
            company=""
            if private
            else f"{where} {trade} {dice.pick(_FORMS.split(';'))}",
            contact=f"{first} {last}",
            email=f"rechnung{place}@{where.lower()}.example",
            iban=iban(country, bank, dice.digits(_ACCOUNT_DIGITS[country])),
            in_ledger=dice.chance(0.4),
        )
