from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from weakref import ref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payymo_adapters.errors import FileError
from payymo_adapters.files.mt940 import read_mt940, stream_mt940
from payymo_adapters.files.mt940_details import read_details
from payymo_core.errors import Rejected
from payymo_core.records import Counterparty, Transaction

DATA = Path(__file__).parent / "data"
SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples" / "mt940"

PAGE = """:20:X
:25:DE02120300000000202051
:60F:C260301EUR0,00
{entry}
:62F:C260301EUR{closing}
-"""


@pytest.fixture
def read(tmp_path):
    def read_page(entry, closing="0,00"):
        file = tmp_path / "page.sta"
        file.write_text(PAGE.format(entry=entry, closing=closing), encoding="utf-8")
        return read_mt940(file)

    return read_page


@pytest.fixture(scope="module")
def german():
    return read_mt940(DATA / "german.sta")


def test_the_german_sub_fields_are_taken_apart(german):
    assert german.records[0] == Transaction(
        id="BANKREF1",
        amount=Decimal("119.00"),
        currency="EUR",
        booking_date=date(2026, 3, 4),
        value_date=date(2026, 3, 4),
        remittance="Rechnungs-Nr. RE-2026-0117 vom 01.02. danke",
        end_to_end_id="E2E-4711",
        counterparty=Counterparty(
            name="Mustermann Maschinenbau Handel GmbH", iban="DE89370400440532013000"
        ),
        account="37040044/0532013000",
        metadata={"ultimate_debtor": "Tochter GmbH", "customer_reference": "KUNDE-9"},
    )


def test_the_reversal_of_a_credit_is_money_out_and_of_a_debit_money_in(german):
    assert [r.amount for r in german.records[1:3]] == [Decimal("-19.00"), Decimal(5)]


def test_code_words_between_slashes_are_taken_apart(german):
    dutch = german.records[3]
    assert dutch.remittance == "Factuur 2026-118"
    assert dutch.end_to_end_id is None
    assert dutch.counterparty == Counterparty(
        name="J DE VRIES", iban="NL20INGB0001234567"
    )
    assert dutch.account == "NL91ABNA0417164300"


def test_a_bad_entry_is_rejected_with_its_line_and_the_balance_says_so(german):
    bad = german.records[4]
    assert isinstance(bad, Rejected)
    assert (bad.where.rsplit(":", 1)[1], bad.field) == ("24", "61")
    [note] = german.notes
    assert note == (
        "statement at line 16 does not add up: opening 0.00 + booked 60.50 = 60.50, "
        "but closing is 61.50 (difference 1.00)"
    )


@pytest.mark.parametrize(
    ("mark", "amount"), [("C", "1.50"), ("D", "-1.50"), ("RC", "-1.50"), ("RD", "1.50")]
)
def test_each_mark_signs_the_amount(read, mark, amount):
    [record] = read(f":61:260304{mark}1,50NTRFNONREF").records
    assert record.amount == Decimal(amount)


@pytest.mark.parametrize(
    "written",
    [
        "1.238,00",
        "238.50",
        "2 38,00",
        "1,238,00",
        "238,00-",
        "1'238,00",
        "1O0,00",
        "1O000,00",
        "1234567890123456,00",
    ],
)
def test_a_badly_formed_amount_is_rejected_and_never_cut_short(read, written):
    [found] = read(f":61:2605040504C{written}NTRFNONREF//B1").records
    assert isinstance(found, Rejected)
    assert (found.field, found.where.rsplit(":", 1)[1]) == ("61", "4")


@given(
    st.text("0123456789,. '-", min_size=1, max_size=18),
    st.sampled_from(["NTRFNONREF", "S051", "MCI0NONREF//B1", ""]),
)
def test_an_amount_is_read_as_written_or_rejected_and_never_otherwise(written, after):
    with TemporaryDirectory() as home:
        file = Path(home) / "page.sta"
        file.write_text(PAGE.format(entry=f":61:260504C{written}{after}", closing=""))
        [found] = read_mt940(file).records
    if isinstance(found, Transaction):
        whole = written.strip().replace(",", ".")
        assert found.amount == Decimal(whole)
        assert "," in written or after.startswith(("N", "S"))
        assert found.remittance is None


@pytest.mark.parametrize(
    ("written", "amount"), [("500", "500"), ("1,", "1"), ("000000000010,00", "10")]
)
def test_an_amount_may_lack_its_comma_or_its_decimals(read, written, amount):
    [found] = read(f":61:2605040504CR{written}NTRFNONREF").records
    assert found.amount == Decimal(amount)


def test_a_balance_cut_short_is_not_held_against_the_entries(read):
    [note] = read(":61:260304C1238,NTRFNONREF", "1.238,00").notes
    assert note.endswith(":5: 62F: balance cannot be read: 'C260301EUR1.238,00'")


def test_the_30th_of_february_of_german_interest_is_its_last_day(read):
    [record] = read(":61:260230C1,NTRFNONREF", "1,00").records
    assert record.value_date == date(2026, 2, 28)


def test_an_entry_booked_in_the_other_year_gets_its_year(read):
    [record] = read(":61:2512310102C1,NTRFNONREF", "1,00").records
    assert (record.value_date, record.booking_date) == (
        date(2025, 12, 31),
        date(2026, 1, 2),
    )


def test_a_long_customer_reference_does_not_hide_the_banks(read):
    [record] = read(":61:260304C1,NTRFBIPI-dvT1FzfMqvzF5HaU4//2022070616", "1,").records
    assert record.id == "2022070616"
    assert record.metadata == {"customer_reference": "BIPI-dvT1FzfMqvzF5HaU4"}


def test_entries_that_say_the_same_keep_apart(read):
    found = read("\n".join([":61:260304C1,NTRFNONREF"] * 3), "3,00")
    first, second, third = (record.id for record in found.records)
    assert (second, third) == (f"{first}#2", f"{first}#3")
    assert found.notes == ()


def test_a_time_at_the_start_of_a_line_is_no_field(read):
    entry = ":61:260304C1,NTRFNONREF\n:86:106?20EREF+X?21SVWZ+paid at 16\n:26:37 Nr. 7"
    [record] = read(entry, "1,").records
    assert record.remittance == "paid at 16:26:37 Nr. 7"


def test_a_statement_is_read_one_entry_at_a_time(tmp_path):
    file = tmp_path / "long.sta"
    entries = "\n".join([":61:2603040304C1,00NTRFX\n:86:text"] * 500)
    file.write_text(PAGE.format(entry=entries, closing="500,00"))
    made = [ref(record) for record in stream_mt940(file)]
    assert len(made) == 500
    assert sum(one() is not None for one in made) <= 1


def test_entries_before_their_account_and_currency_get_them_all_the_same(tmp_path):
    file = tmp_path / "page.sta"
    account = ":25:DE02120300000000202051"
    file.write_text(
        f":20:X\n:61:2603040304C1,00NTRFX\n:86:one\n{account}\n:62F:C260304EUR1,"
    )
    record: Any = read_mt940(file).records[0]
    assert (record.remittance, record.currency) == ("one", "EUR")
    assert record.account == "DE02120300000000202051"


def test_text_after_the_statement_is_not_the_last_entrys(read):
    found = read(":61:260304C1,NTRFNONREF", "1,00\n:86:for the owner")
    assert found.records[0].remittance is None


@pytest.mark.parametrize(
    ("first", "last", "missing"),
    [
        ("60F", "86", "no closing balance"),
        ("64", "62F", "no opening balance"),
        ("64", "86", "neither an opening nor a closing balance"),
    ],
)
def test_a_statement_without_one_of_its_balances_says_so(
    tmp_path, first, last, missing
):
    file = tmp_path / "x.sta"
    file.write_text(
        f":20:X\n:{first}:C260301EUR0,00\n:61:260304C1,NTRFNONREF\n:{last}:C260301EUR1,"
    )
    [note] = read_mt940(file).notes
    assert note.startswith(f"statement at line 1 has {missing}: ")


def test_a_report_within_the_day_has_no_balances_and_needs_none(tmp_path):
    file = tmp_path / "x.sta"
    file.write_text(":20:X\n:34F:EUR0,\n:61:260304C1,NTRFNONREF\n")
    [note] = read_mt940(file).notes
    assert note.startswith("MT942")


def test_without_any_balance_an_entry_has_no_currency_and_is_rejected(tmp_path):
    file = tmp_path / "x.sta"
    file.write_text(":20:X\n:61:260304C1,NTRFNONREF\n")
    [found] = read_mt940(file).records
    assert isinstance(found, Rejected)
    assert (found.field, found.where) == ("currency", f"{file}:2")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_encoding_is_found(tmp_path, encoding):
    file = tmp_path / "x.sta"
    entry = ":61:260304C1,NTRFNONREF\n:86:166?20SVWZ+Gruß?32Jörg Müller"
    file.write_text(PAGE.format(entry=entry, closing="1,00"), encoding=encoding)
    found: Any = read_mt940(file)
    [record] = found.records
    assert (record.remittance, record.counterparty) == (
        "Gruß",
        Counterparty(name="Jörg Müller"),
    )


def test_a_file_without_fields_is_refused(tmp_path):
    file = tmp_path / "x.sta"
    file.write_text("hello")
    with pytest.raises(FileError, match="no SWIFT field"):
        read_mt940(file)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["plain text", "on two lines"], {"remittance": "plain text on two lines"}),
        (
            ["166?20EREF+A-1?21free words after it"],
            {"end_to_end_id": "A-1", "remittance": "free words after it"},
        ),
        (
            ["166?20EREF+ABCDEFGHIJKLMNOPQRSTUV?21WXYZ?22SVWZ+x"],
            {"end_to_end_id": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "remittance": "x"},
        ),
        (
            ["166?20AAAAAAAAAAAAAAAAAAAAAAAAASV?21WZ+split word"],
            {"remittance": "split word AAAAAAAAAAAAAAAAAAAAAAAAA"},
        ),
        (
            [
                "020<00PRZELEW<20Faktura FV/7<27Jan<32Jan Nowak",
                "<38PL61109010140000071219812874",
            ],
            {
                "remittance": "Faktura FV/7 Jan",
                "name": "Jan Nowak",
                "iban": "PL61109010140000071219812874",
            },
        ),
        (
            ["/TRTP/SEPA/IBAN/NL20INGB0001234567/BIC/X/NAME/J JANSEN/REMI/F 1/EREF/E1"],
            {
                "iban": "NL20INGB0001234567",
                "name": "J JANSEN",
                "remittance": "F 1",
                "end_to_end_id": "E1",
            },
        ),
        (
            ["/REMI/STRD/CUR/9999123412341234/"],
            {"creditor_reference": "9999123412341234"},
        ),
        (["/BENM//NAME/JOHN DOE/REMI//ISDT/2026-01-02"], {"name": "JOHN DOE"}),
        (["/MARF/M-1/ULTD/NAME/OTHER BV/"], {"mandate_id": "M-1"}),
    ],
)
def test_each_form_of_field_86_gives_its_parts(lines, expected):
    details = read_details(lines)
    assert {key: getattr(details, key) for key in expected} == expected
    silent = {"remittance", "name", "iban", "end_to_end_id", "creditor_reference"}
    assert not [key for key in silent - expected.keys() if getattr(details, key)]


def test_of_a_keyword_said_twice_the_first_stands():
    details = read_details(["166?20EREF+first?21SVWZ+x EREF: second"])
    assert (details.end_to_end_id, details.remittance) == ("first", "x")


samples = sorted(SAMPLES.glob("*.sta")) if SAMPLES.exists() else []


@pytest.mark.skipif(not samples, reason="shared files are not here")
@pytest.mark.parametrize("sample", samples, ids=lambda path: path.name)
def test_every_shared_sample_is_read_and_each_rejected_entry_located(sample):
    found: Any = read_mt940(sample)
    for record in found.records:
        if isinstance(record, Rejected):
            assert record.where.startswith(f"{sample}:")
            assert record.field


@pytest.mark.skipif(not samples, reason="shared files are not here")
def test_a_shared_statement_of_97_entries_adds_up():
    found: Any = read_mt940(SAMPLES / "betterplace__sepa_mt9401.sta")
    assert len(found.records) == 97
    assert found.notes == ()
