"""What single banks fill in otherwise than meant: a case for every row of the table."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from attrs import frozen

from payymo_adapters.banking import BankAccount, BankLine
from payymo_adapters.errors import FieldError
from payymo_adapters.gocardless.entries import read_entry
from payymo_adapters.gocardless.mapping import to_line
from payymo_adapters.gocardless.quirks import QUIRKS, Quirk, mended
from payymo_adapters.payload import Fields
from payymo_core.records import TransactionStatus

BOOKED, PENDING = TransactionStatus.BOOKED, TransactionStatus.PENDING


@frozen(kw_only=True)
class Case:
    """What a bank sends, and what of the line it is to become.

    Attributes:
        bank: Its id.
        sent: Fields of the entry, over those of an ordinary one.
        wanted: Attribute of the line, as ``transaction.amount`` -> value.
        status: Booked or pending.
    """

    bank: str
    sent: dict[str, Any]
    wanted: dict[str, object]
    status: TransactionStatus = BOOKED

    def __str__(self) -> str:
        return f"{self.bank} {', '.join(self.wanted)}"


PLAIN = {
    "bookingDate": "2026-03-02",
    "transactionAmount": {"amount": "10.00", "currency": "EUR"},
}
DEBIT = {"transactionAmount": {"amount": "-10.00", "currency": "EUR"}}
TEXT = "remittanceInformationUnstructured"
TEXTS = "remittanceInformationUnstructuredArray"
STRUCTURED = "remittanceInformationStructured"
NAME = "transaction.counterparty.name"
SAID = "transaction.remittance"
CUT = "Rechnung INV-2026-0042 Hosting Jahr 2026 End-to-End-Ref.: NOTPROVIDED Mandats"

CASES = [
    Case(
        bank="ING_INGBROBU", sent={"transactionId": "NOTPROVIDED"}, wanted={"ids": ()}
    ),
    Case(bank="ANY_BANK", sent={"transactionId": " "}, wanted={"ids": ()}),
    Case(bank="ANY_BANK", sent={"transactionId": "2026-03-02.1"}, wanted={"ids": ()}),
    Case(
        bank="BELFIUS_GKCCBEBB",
        sent={"transactionId": "77", "internalTransactionId": "own"},
        wanted={"ids.0.value": "own"},
    ),
    Case(
        bank="COOPERATIVE_BANK_CPBKGB22",
        sent={"transactionId": "9998", "internalTransactionId": "own"},
        wanted={"ids.0.value": "own"},
    ),
    Case(
        bank="NATIONWIDE_NAIAGB21",
        sent={"transactionId": "00DEBIT2026030200000000000000000"},
        wanted={"ids": ()},
    ),
    Case(
        bank="NATIONWIDE_NAIAGB21",
        sent={"transactionId": "a" * 32},
        wanted={"ids.0.value": "a" * 32},
    ),
    Case(
        bank="NATIONWIDE_NAIAGB21",
        sent={"bookingDate": "2099-01-01", "valueDate": "2026-03-02"},
        wanted={"transaction.booking_date": None},
        status=PENDING,
    ),
    Case(
        bank="NORWEGIAN_NO_NORWNOK1",
        sent={"bookingDate": None, STRUCTURED: "Kjop 2026-03-02 Oslo"},
        wanted={"transaction.value_date": date(2026, 3, 2)},
        status=PENDING,
    ),
    Case(
        bank="NORWEGIAN_NO_NORWNOK1",
        sent={"bookingDate": None},
        wanted={"transaction.booking_date": None, "transaction.value_date": None},
        status=PENDING,
    ),
    Case(
        bank="SEB_KORT_AB_NO_SKHSFI21",
        sent={"additionalInformation": "Kiosk Oslo"},
        wanted={"transaction.amount": Decimal("-10.00"), NAME: "Kiosk Oslo"},
    ),
    Case(
        bank="SEB_ESSESESS_PRIVATE",
        sent={"additionalInformation": "Anna Berg"},
        wanted={"transaction.amount": Decimal("10.00"), NAME: "Anna Berg"},
    ),
    Case(
        bank="NBG_ETHNGRAAXXX",
        sent={TEXT: "ΑΓΟΡΑ KIOSK ATHENS"},
        wanted={"transaction.amount": Decimal("-10.00"), SAID: "KIOSK ATHENS"},
        status=PENDING,
    ),
    Case(
        bank="ENTERCARD_SWEDNOKK",
        sent={TEXT: "billingAmount: -118.40"},
        wanted={
            "transaction.amount": Decimal("-118.40"),
            "transaction.currency": "SEK",
        },
    ),
    Case(
        bank="COMMERZBANK_COBADEFF",
        sent={
            TEXT: CUT[:140],
            TEXTS: [
                "Rechnung INV-2026-0042End-to-En",
                "d-Ref.: NOTPROVIDEDMandatsref:M1Gläubiger-",
                "ID:DE98ZZZ",
            ],
        },
        wanted={
            SAID: "Rechnung INV-2026-0042 Mandatsref: M1 Gläubiger-ID: DE98ZZZ",
        },
    ),
    Case(
        bank="DANSKEBANK_DABANO22",
        sent={TEXT: "Faktura 42\nEndToEndID: NOTPROVIDED"},
        wanted={SAID: "Faktura 42"},
    ),
    Case(
        bank="ING_INGDDEFF",
        sent={TEXT: "mandatereference:,creditorid:,remittanceinformation:INV-42"},
        wanted={SAID: "INV-42"},
    ),
    Case(
        bank="HYPE_HYEEIT22",
        sent={TEXT: r"Grazie \U1F600"},
        wanted={SAID: "Grazie \U0001f600"},
    ),
    Case(
        bank="HYPE_HYEEIT22",
        sent={TEXT: r"Grazie \UD83D\UDE00\U00E0!"},
        wanted={SAID: "Grazie \U0001f600à!"},
    ),
    Case(
        bank="BNP_BE_GEBABEBB",
        sent={
            **DEBIT,
            "additionalInformation": "atmPosName: Shop, narrative: ['Shop', 'Gent']",
        },
        wanted={NAME: "Shop", SAID: "Shop Gent"},
    ),
    Case(
        bank="FINTRO_BE_GEBABEBB",
        sent={"additionalInformation": "x: 1, narrative: ['ANNA BERG', 'INV-42']"},
        wanted={NAME: "ANNA BERG", SAID: "ANNA BERG INV-42"},
    ),
    Case(
        bank="SPARNORD_SPNODK22",
        sent={"additionalInformation": "Faktura 42"},
        wanted={SAID: "Faktura 42"},
    ),
    Case(
        bank="BANCSABADELL_BSABESBB",
        sent={TEXTS: ["ANNA", "BERG SL"]},
        wanted={NAME: "ANNA BERG SL"},
    ),
    Case(
        bank="ABANCA_CAGLESMM",
        sent={STRUCTURED: "ANNA BERG SL"},
        wanted={NAME: "ANNA BERG SL", SAID: "ANNA BERG SL"},
    ),
    Case(
        bank="FORTUNEO_FTNOFRP1XXX",
        sent={TEXTS: ["VIR INST Anna Berg"]},
        wanted={NAME: "Anna Berg"},
    ),
    Case(
        bank="FORTUNEO_FTNOFRP1XXX",
        sent={**DEBIT, TEXTS: ["CARTE 03/06 Boulangerie"]},
        wanted={NAME: "Boulangerie"},
    ),
    Case(
        bank="VIRGIN_NRNBGB22",
        sent={TEXT: "FPS, Anna Berg, INV-42"},
        wanted={NAME: "Anna Berg", SAID: "FPS, Anna Berg, INV-42"},
    ),
    Case(
        bank="VIRGIN_NRNBGB22",
        sent={**DEBIT, TEXT: "Card 11, Bakery"},
        wanted={NAME: "Bakery"},
    ),
    Case(
        bank="REVOLUT_REVOLT21",
        sent={TEXTS: ["Bizum payment from: Anna Berg", "INV-42"]},
        wanted={NAME: "Anna Berg"},
    ),
    Case(
        bank="REVOLUT_REVOLT21",
        sent={TEXTS: ["Anna Berg", "INV-42"]},
        wanted={NAME: "Anna Berg", SAID: "Anna Berg INV-42"},
    ),
    Case(
        bank="CBC_CREGBEBB",
        sent={**DEBIT, TEXT: "Bakery Paiement Maestro par carte 05-09-2026"},
        wanted={NAME: "Bakery"},
    ),
    Case(
        bank="KBC_KREDBEBB",
        sent={TEXT: "INV-42"},
        wanted={"transaction.counterparty": None},
    ),
    Case(
        bank="EASYBANK_BAWAATWW",
        sent={
            **DEBIT,
            STRUCTURED: r"Bezahlung Karte 11.07. 11:36 BILLA 123\\WIEN\1010",
        },
        wanted={NAME: "BILLA 123"},
    ),
    Case(
        bank="LHV_LHVBEE22",
        sent={**DEBIT, TEXT: r"(..1234) 2026-01-02 09:32 CrustumOU\Poordi 3\Tallinn"},
        wanted={NAME: "CrustumOU"},
    ),
    Case(
        bank="SWEDBANK_HABALV22",
        sent={
            **DEBIT,
            TEXT: "PIRKUMS 1234**** 02.03.26 10:11 9.99 EUR (123456) KIOSK RIGA",
        },
        wanted={NAME: "KIOSK RIGA"},
        status=PENDING,
    ),
    # Rows that need no quirk: looked for elsewhere, for every bank.
    Case(
        bank="ABNAMRO_ABNANL2A",
        sent={
            "bookingDate": None,
            "valueDateTime": "2026-03-02T10:11:12.000Z",
            TEXTS: ["Factuur", "INV-42"],
        },
        wanted={
            SAID: "Factuur INV-42",
            "transaction.value_date": date(2026, 3, 2),
        },
    ),
    Case(
        bank="BERLINER_SPARKASSE_BELADEBEXXX",
        sent={STRUCTURED: "Rechnung INV-42 vom 1. Mai"},
        wanted={
            SAID: "Rechnung INV-42 vom 1. Mai",
            "transaction.creditor_reference": None,
        },
    ),
    Case(
        bank="SPK_KARLSRUHE_KARSDE66XXX",
        sent={f"{STRUCTURED}Array": ["Rechnung", "INV-42"]},
        wanted={SAID: "Rechnung INV-42"},
    ),
    Case(
        bank="ANY_BANK",
        sent={STRUCTURED: "RF18539007547034"},
        wanted={"transaction.creditor_reference": "RF18539007547034", SAID: None},
    ),
    Case(
        bank="AMERICAN_EXPRESS_AESUDEF1",
        sent={"debtorName": "A", "debtorAccount": {"iban": "XXXX-XXXXXX-12345"}},
        wanted={
            "transaction.counterparty.iban": None,
            "transaction.counterparty.account": "XXXX-XXXXXX-12345",
        },
    ),
    Case(
        bank="ANY_BANK",
        sent={TEXT: CUT[:60], TEXTS: [CUT[:60], CUT[60:]]},
        wanted={SAID: f"{CUT[:60]} {CUT[60:]}"},
    ),
    Case(
        bank="ANY_BANK",
        sent={
            "currencyExchange": {"sourceCurrency": "USD"},
            "endToEndId": "NOTPROVIDED",
        },
        wanted={"transaction.end_to_end_id": None},
    ),
    Case(
        bank="ANY_BANK",
        sent={"transactionId": "b1", "internalTransactionId": "p1"},
        wanted={"ids.0.value": "b1", "ids.1.value": "p1"},
    ),
]


def line_of(case: Case) -> BankLine:
    held = Fields({**PLAIN, **case.sent})
    account = BankAccount(key="k", id="a1", bank=case.bank)
    return to_line(read_entry(held, case.status), account)


def attribute(found: Any, path: str) -> object:
    for name in path.split("."):
        found = found[int(name)] if name.isdigit() else getattr(found, name)
    return found


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_line_is_what_the_bank_meant(case: Case) -> None:
    line = line_of(case)
    found = {path: attribute(line, path) for path in case.wanted}
    assert found == case.wanted


@pytest.mark.parametrize(
    "quirk", QUIRKS, ids=lambda q: f"{q.banks[0]} {q.mend.__name__}"
)
def test_every_row_of_the_table_has_a_case_that_it_changes(quirk: Quirk) -> None:
    changed = []
    for case in CASES:
        entry = read_entry(Fields({**PLAIN, **case.sent}), case.status)
        if quirk.concerns(case.bank):
            before = QUIRKS[: QUIRKS.index(quirk)]
            for other in before:
                entry = other.mend(entry) if other.concerns(case.bank) else entry
            changed.append(quirk.mend(entry) != entry)
    assert any(changed)


def test_a_quirk_is_of_its_own_banks_alone() -> None:
    entry = read_entry(
        Fields({**PLAIN, "additionalInformation": "Kiosk", TEXT: "ΑΓΟΡΑ X"}), BOOKED
    )
    assert mended(entry, "ANOTHER_BANK") == entry
    assert mended(entry, "SEB_KORT_AB_SE") != entry


def test_an_entry_without_any_day_waits_until_the_bank_gives_one() -> None:
    case = Case(bank="ANY", sent={"bookingDate": None}, wanted={})
    with pytest.raises(FieldError, match="no day yet"):
        line_of(case)


@pytest.mark.parametrize(
    ("key", "value", "path"),
    [
        ("transactionAmount", None, "transactionAmount.amount"),
        (
            "transactionAmount",
            {"amount": 1.5, "currency": "EUR"},
            "transactionAmount.amount",
        ),
        (
            "transactionAmount",
            {"amount": "1e3", "currency": "EUR"},
            "transactionAmount.amount",
        ),
        (
            "transactionAmount",
            {"amount": "1.005", "currency": "EUR"},
            "transactionAmount.amount",
        ),
        (
            "transactionAmount",
            {"amount": "1", "currency": "EURO"},
            "transactionAmount.currency",
        ),
        ("bookingDate", "2026-02-30", "bookingDate"),
        ("debtorName", ["A"], "debtorName"),
    ],
)
def test_a_fault_names_its_field(key: str, value: object, path: str) -> None:
    with pytest.raises(FieldError) as raised:
        line_of(Case(bank="ANY", sent={key: value}, wanted={}))
    assert raised.value.path == path
