"""Countries, and the names and accounts of made-up people and companies."""

from attrs import frozen
from stdnum.iso7064 import mod_97_10

from benchmarks.world.dice import Dice
from benchmarks.world.words import split


@frozen(kw_only=True)
class Country:
    """What a country adds to a customer.

    Attributes:
        currency: What its customers are billed in.
        language: Key of the word lists.
        legal_forms: How its companies end.
        bank: Shape of the IBAN behind the check digits: ``A`` a letter of the bank,
            digits for so many digits; empty where there is no IBAN.
    """

    currency: str
    language: str
    legal_forms: tuple[str, ...]
    bank: str


COUNTRIES = {
    "AT": Country(
        currency="EUR", language="de", legal_forms=("GmbH", "KG", "e.U."), bank="16"
    ),
    "BE": Country(currency="EUR", language="fr", legal_forms=("SRL", "BV"), bank="10"),
    "CH": Country(
        currency="CHF", language="de", legal_forms=("AG", "GmbH", "Sàrl"), bank="17"
    ),
    "DE": Country(
        currency="EUR",
        language="de",
        legal_forms=("GmbH", "GmbH & Co. KG", "AG", "UG (haftungsbeschränkt)", "e.K."),
        bank="18",
    ),
    "DK": Country(currency="DKK", language="da", legal_forms=("ApS", "A/S"), bank="14"),
    "FI": Country(currency="EUR", language="fi", legal_forms=("Oy", "Ky"), bank="14"),
    "GB": Country(
        currency="GBP", language="en", legal_forms=("Ltd", "LLP", "PLC"), bank="AAAA14"
    ),
    "JP": Country(currency="JPY", language="en", legal_forms=("K.K.",), bank=""),
    "NL": Country(
        currency="EUR", language="nl", legal_forms=("B.V.", "VOF"), bank="AAAA10"
    ),
    "SE": Country(currency="SEK", language="sv", legal_forms=("AB", "HB"), bank="20"),
    "US": Country(
        currency="USD", language="en", legal_forms=("Inc.", "LLC", "Corp."), bank=""
    ),
}

FIRST_NAMES = split(
    "Anna Ben Clara David Emma Felix Greta Hannah Ivan Jana Karl Lena Max Nina Oskar "
    "Paula Quentin Rosa Simon Tina Uwe Vera Walter Xenia Yann Zoe Alice Brian Chloe "
    "Daniel Erik Fatima George Hugo Ingrid James Karin Liam Marie Noah Olga Peter Rita "
    "Sven Thomas Ursula Victor Wendy Jürgen Björn Søren Renée Zoltán Agnès"
)
SURNAMES = split(
    "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Koch "
    "Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann "
    "Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Wright Walker "
    "Jansen Bakker Visser Smit Meijer Mulder Peeters Maes Jacobs Mertens Dubois "
    "Nielsen Hansen Pedersen Andersen Larsen Johansson Karlsson Nilsson Lindqvist "
    "Virtanen Korhonen Nieminen Tanaka Suzuki Sato Nguyen Kowalski Nowak Rossi García"
)
ONSETS = split("b br d dr f g gr h j k kl l m n p r s st t tr v w z")
VOWELS = split("a e i o u ai ei au ie")
CODAS = ["", "", "l", "n", "r", "s", "ck", "m", "t", "nd", "x"]
_TRADES = {
    "de": "Bau Handel Logistik Technik Druck Medien Gastro Energie Immobilien Software "
    "Maschinenbau Werbung Beratung Spedition Sanitär Elektro",
    "nl": "Bouw Handel Transport Techniek Media Advies Groep Installatie Horeca",
    "fr": "Bâtiment Conseil Transports Services Médias Distribution Énergie Groupe",
    "en": "Trading Logistics Media Consulting Services Design Holdings Energy Systems "
    "Studio Partners Solutions",
    "da": "Byg Handel Transport Service Rådgivning Medier Gruppen",
    "sv": "Bygg Handel Transport Konsult Media Gruppen Fastigheter",
    "fi": "Rakennus Kauppa Kuljetus Palvelut Media Konsultointi",
}
TRADE_WORDS = {language: split(words) for language, words in _TRADES.items()}


def word(dice: Dice) -> str:
    """A made-up word, of which there are some millions."""
    syllables = dice.between(2, 3)
    return "".join(
        dice.pick(ONSETS) + dice.pick(VOWELS) + dice.pick(CODAS)
        for _ in range(syllables)
    ).capitalize()


def surname(dice: Dice) -> str:
    """A common surname half of the time, else a rare one."""
    return dice.pick(SURNAMES) if dice.chance(0.5) else word(dice)


def person(dice: Dice) -> str:
    """First name and surname."""
    return f"{dice.pick(FIRST_NAMES)} {surname(dice)}"


def company(country: str, dice: Dice) -> str:
    """A company's full name, with its legal form."""
    land = COUNTRIES[country]
    trade = dice.pick(TRADE_WORDS[land.language])
    style = dice.below(5)
    if style == 0:
        core = f"{surname(dice)} & {surname(dice)}"
    elif style == 1:
        core = word(dice)
    elif style == 2:
        core = f"{trade} {surname(dice)}"
    else:
        core = f"{surname(dice)} {trade}"
    return f"{core} {dice.pick(land.legal_forms)}"


def iban(country: str, dice: Dice) -> str | None:
    """An IBAN with right check digits; None where the country has none."""
    shape = COUNTRIES[country].bank
    if not shape:
        return None
    letters = "".join(dice.pick("ABCDEFGHKLMNPRSTUV") for _ in range(shape.count("A")))
    body = letters + dice.digits(int(shape.lstrip("A")))
    if country == "BE":
        # A bank that exists, and the country's own check digits.
        body = f"001{body[3:]}"
        body += f"{int(body) % 97 or 97:02d}"
    return f"{country}{mod_97_10.calc_check_digits(body + country)}{body}"
