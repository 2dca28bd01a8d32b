from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from weakref import ref

import pytest

from payymo_adapters.errors import FileError
from payymo_adapters.files.camt import read_camt, stream_camt
from payymo_core.errors import Rejected
from payymo_core.records import Counterparty, Transaction, TransactionStatus

DATA = Path(__file__).parent / "data"
SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples" / "camt"

PAGE = """<?xml version="1.0"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
<Stmt><Id>S</Id><Acct><Id><IBAN>DE02120300000000202051</IBAN></Id></Acct>
{balances}{entries}</Stmt></BkToCstmrStmt></Document>"""
ENTRY = """<Ntry>{ref}<Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>
{more}<Sts>BOOK</Sts><NtryDtls>{details}</NtryDtls></Ntry>"""


@pytest.fixture
def read(tmp_path):
    def read_page(*entries, balances=""):
        file = tmp_path / "page.xml"
        file.write_text(PAGE.format(balances=balances, entries="".join(entries)))
        return read_camt(file)

    return read_page


def entry(
    amount: str = "100.00",
    direction: str = "CRDT",
    details: str = "",
    more: str = "",
    ref: str = "",
) -> str:
    return ENTRY.format(
        amount=amount, direction=direction, details=details, more=more, ref=ref
    )


def balance(code: str, amount: str, direction: str = "CRDT") -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd></Bal>'
    )


def detail(amount: str = "", more: str = "") -> str:
    booked = f'<AmtDtls><TxAmt><Amt Ccy="EUR">{amount}</Amt></TxAmt></AmtDtls>'
    return f"<TxDtls>{booked if amount else ''}{more}</TxDtls>"


def charges(amount: str, more: str = "") -> str:
    return f'<Chrgs><Amt Ccy="EUR">{amount}</Amt>{more}</Chrgs>'


@pytest.fixture(scope="module")
def batch():
    return read_camt(DATA / "batch.camt053.xml")


def test_a_batch_becomes_one_transaction_a_detail(batch):
    first, second, *_ = batch.records
    assert first == Transaction(
        id="BATCH-1",
        amount=Decimal("100.00"),
        currency="EUR",
        booking_date=date(2026, 3, 4),
        value_date=date(2026, 3, 5),
        remittance="Invoice INV-7 thank you",
        end_to_end_id="E-1",
        counterparty=Counterparty(name="Alpha GmbH", iban="DE89370400440532013000"),
        account="DE02120300000000202051",
        metadata={"ultimate_debtor": "Alpha Sub"},
    )
    assert (second.id, second.amount) == ("BATCH-1#2", Decimal("50.00"))
    assert second.counterparty == Counterparty(name="Beta AG", account="01-234-5")
    assert second.creditor_reference == "RF18539007547034"
    assert second.remittance == "INV-9"
    assert second.end_to_end_id is None


def test_charges_deducted_from_a_credit_are_its_fee(batch):
    third = batch.records[2]
    assert (third.amount, third.fee) == (Decimal("98.50"), Decimal("1.50"))
    assert third.remittance == "INCOMING TRANSFER"


def test_a_reversal_is_money_in_as_its_indicator_says_and_names_the_other_side(batch):
    reversal = batch.records[3]
    assert reversal.amount == Decimal("47.00")
    assert reversal.counterparty == Counterparty(name="Supplier BV")
    assert reversal.metadata == {"reversal": "true"}


def test_a_pending_entry_is_pending_and_one_for_information_is_left_out(batch):
    assert batch.records[4].status is TransactionStatus.PENDING
    assert any("INFO" in note and ":25:" in note for note in batch.notes)


def test_an_entry_with_a_fault_is_rejected_with_its_line_and_the_rest_is_read(batch):
    bad = batch.records[5]
    assert isinstance(bad, Rejected)
    assert bad.where == f"{DATA / 'batch.camt053.xml'}:26"
    assert (bad.record_id, bad.field) == ("6", "Ntry.Amt")
    assert len(batch.records) == 6


def test_the_format_is_named_with_its_version(batch):
    assert batch.format == "camt.053 (version 8)"


def test_balances_that_add_up_say_nothing(batch):
    assert not [note for note in batch.notes if "add up" in note]


def test_balances_that_do_not_add_up_are_said_with_their_numbers(read):
    opened, closed = balance("OPBD", "50.00", "DBIT"), balance("CLBD", "60.00")
    [note] = read(entry(), balances=opened + closed).notes
    assert note == (
        "statement 1 (S) does not add up: opening -50.00 + booked 100.00 = 50.00, "
        "but closing is 60.00 (difference 10.00)"
    )


def test_the_previous_closing_balance_opens_where_no_other_does(read):
    balances = balance("PRCD", "1.00") + balance("CLBD", "101.00")
    assert read(entry(), balances=balances).notes == ()
    balances = balance("PRCD", "1.00") + balance("CLBD", "102.00")
    assert len(read(entry(), balances=balances).notes) == 1


def test_of_several_balances_the_first_opens_and_the_last_closes(read):
    opening = balance("OPBD", "1.00") + balance("OPBD", "50.00")
    closing = balance("CLBD", "7.00") + balance("CLBD", "101.00")
    assert read(entry(), balances=opening + closing).notes == ()


@pytest.mark.parametrize(
    ("codes", "opening", "closing"),
    [
        (("ITBD", "ITBD"), "10.00", "110.00"),
        (("OPBD", "ITBD"), "10.00", "110.00"),
        (("ITBD", "CLBD"), "10.00", "110.00"),
        (("OPBD", "ITBD", "ITBD"), "10.00", "110.00"),
    ],
)
def test_an_interim_balance_stands_for_one_that_is_missing(
    read, codes, opening, closing
):
    first, *between, last = codes
    balances = balance(first, opening) + "".join(balance(c, "5.00") for c in between)
    assert read(entry(), balances=balances + balance(last, closing)).notes == ()
    [note] = read(entry("99.00"), balances=balances + balance(last, closing)).notes
    assert "(difference 1.00); an interim balance is among them" in note


def test_an_interim_balance_beside_both_others_or_alone_says_nothing(read):
    ends = balance("OPBD", "1.00"), balance("CLBD", "101.00")
    between = balance("ITBD", "7.00")
    assert read(entry(), balances=ends[0] + between + ends[1]).notes == ()
    assert read(entry(), balances=between).notes == ()


def test_details_that_do_not_sum_up_are_read_as_one_transaction_and_noted(read):
    texts = [f"<RmtInf><Ustrd>INV-{n}</Ustrd></RmtInf>" for n in (1, 2)]
    details = detail("60.00", texts[0]) + detail("30.00", texts[1])
    found = read(entry(details=details))
    [record] = found.records
    assert (record.amount, record.remittance) == (Decimal("100.00"), "INV-1 INV-2")
    assert "2 details" in found.notes[0]


def test_details_without_amounts_are_read_as_one_transaction_and_noted(read):
    found = read(entry(details=detail() + detail()))
    assert [r.amount for r in found.records] == [Decimal("100.00")]
    assert len(found.notes) == 1


def test_details_that_sum_up_once_their_charges_are_taken_off_carry_fees(read):
    details = detail("61.00", charges("1.00")) + detail("42.00", charges("2.00"))
    found = read(entry(details=details))
    assert [(r.amount, r.fee) for r in found.records] == [
        (Decimal("60.00"), Decimal("1.00")),
        (Decimal("40.00"), Decimal("2.00")),
    ]


def test_a_detail_of_the_other_direction_is_signed_so(read):
    back = detail("20.00", "<CdtDbtInd>DBIT</CdtDbtInd>")
    found = read(entry(details=detail("120.00") + back))
    assert [r.amount for r in found.records] == [Decimal("120.00"), Decimal("-20.00")]


@pytest.mark.parametrize(
    ("details", "fee"),
    [
        (detail("101.50", charges("1.50")), "1.50"),
        (detail("100.00", charges("1.50")), None),
        (detail("", charges("1.50", "<ChrgInclInd>true</ChrgInclInd>")), "1.50"),
        (detail("", charges("1.50")), None),
        (detail("98.50", charges("1.50", "<CdtDbtInd>CRDT</CdtDbtInd>")), None),
    ],
)
def test_a_fee_is_only_what_was_kept_back_from_the_amount(read, details, fee):
    [record] = read(entry(details=details)).records
    assert record.amount == Decimal("100.00")
    assert record.fee == (fee and Decimal(fee))


def test_a_debit_is_negative_and_has_no_fee(read):
    details = detail("", charges("1.50", "<ChrgInclInd>true</ChrgInclInd>"))
    [record] = read(entry(direction="DBIT", details=details)).records
    assert (record.amount, record.fee) == (Decimal("-100.00"), None)


def test_the_banks_words_stand_in_only_where_the_payer_wrote_none(read):
    said = "<AddtlTxInf>BANK</AddtlTxInf>"
    wrote = "<RmtInf><Ustrd>PAYER</Ustrd></RmtInf>"
    found = read(
        entry(details=detail(more=wrote + said)), entry(details=detail(more=said))
    )
    assert [r.remittance for r in found.records] == ["PAYER", "BANK"]


def test_ids_are_unique_in_the_file_and_the_same_at_every_reading(read):
    entries = [entry(), entry(), entry(ref="<NtryRef>1</NtryRef>"), entry("7.00")]
    once, again = read(*entries), read(*entries)
    ids = [record.id for record in once.records]
    assert len(set(ids)) == 4
    assert ids == [record.id for record in again.records]
    assert ids[1] == f"{ids[0]}#2"


def test_a_new_entry_elsewhere_leaves_the_other_ids_alone(read):
    before = {r.id for r in read(entry("1.00"), entry("2.00")).records}
    after = {r.id for r in read(entry("3.00"), entry("1.00"), entry("2.00")).records}
    assert before < after


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("100.00", "-100.00", "Ntry.Amt"),
        ("100.00", "1e2", "Ntry.Amt"),
        ("100.00", "100.005", "amount"),
        ("EUR", "EUX", "currency"),
        ("CRDT", "CREDIT", "Ntry.CdtDbtInd"),
        ("BOOK", "DONE", "Ntry.Sts"),
    ],
)
def test_what_no_entry_may_say_is_rejected_by_name(read, old, new, field):
    [found] = read(entry().replace(old, new)).records
    assert isinstance(found, Rejected)
    assert found.field == field
    assert found.where.endswith(":4")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "DOCTYPE"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "DOCTYPE"),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "http://localhost/">]><a>&b;</a>', "DOCTYPE"),
        ("<a>" * 65 + "</a>" * 65, "deeper than 64"),
        ("<a>" * 100_000, "deeper than 64"),
        ("<a>", "not well-formed"),
        ("<a>&b;</a>", "not well-formed"),
        ("", "not well-formed"),
        ('<?xml version="1.0" encoding="klingon"?><a/>', "not well-formed"),
        ("<html/>", "not a camt"),
    ],
)
def test_dangerous_or_foreign_xml_is_refused_in_words(tmp_path, text, words):
    file = tmp_path / "x.xml"
    file.write_text(text)
    with pytest.raises(FileError, match=words) as caught:
        read_camt(file)
    assert str(caught.value).startswith(str(file))


def test_an_entity_that_is_not_defined_is_named_with_its_line(tmp_path):
    file = tmp_path / "x.xml"
    # The second time too: what the parser has logged of the first is not of this.
    for text, name, line in (("&uuml;", "uuml", 4), ("\n&auml;", "auml", 5)):
        file.write_text(PAGE.format(balances="", entries=text))
        with pytest.raises(FileError) as caught:
            read_camt(file)
        fault = f"not well-formed XML: Entity '{name}' not defined"
        assert str(caught.value) == f"{file}:{line}: {fault}"


def test_sixty_four_levels_are_not_too_deep(tmp_path):
    file = tmp_path / "x.xml"
    file.write_text("<a>" * 64 + "</a>" * 64)
    with pytest.raises(FileError, match="not a camt"):
        read_camt(file)


def test_a_statement_is_read_one_entry_at_a_time(tmp_path):
    file = tmp_path / "long.xml"
    file.write_text(PAGE.format(balances="", entries=entry() * 500))
    made = [ref(record) for record in stream_camt(file)]
    assert len(made) == 500
    assert sum(one() is not None for one in made) <= 1


def test_several_statements_of_one_file_are_each_checked(tmp_path):
    page = PAGE.format(
        balances=balance("OPBD", "0.00") + balance("CLBD", "100.00"), entries=entry()
    )
    start, end = page.index("<Stmt>"), page.index("</BkToCstmrStmt>")
    second = page[start:end].replace(">0.00<", ">5.00<")
    file = tmp_path / "two.xml"
    file.write_text(page[:end] + second + page[end:])
    found: Any = read_camt(file)
    assert len(found.records) == 2
    [note] = found.notes
    assert note == (
        "statement 2 (S) does not add up: opening 5.00 + booked 100.00 = 105.00, "
        "but closing is 100.00 (difference -5.00)"
    )


samples = sorted(SAMPLES.glob("*.xml")) if SAMPLES.exists() else []


@pytest.mark.skipif(not samples, reason="shared files are not here")
@pytest.mark.parametrize("sample", samples, ids=lambda path: path.name)
def test_every_shared_sample_is_read(sample):
    found: Any = read_camt(sample)
    assert found.format.startswith("camt.05")
    assert all(isinstance(record, Transaction) for record in found.records)


@pytest.mark.skipif(not samples, reason="shared files are not here")
def test_a_shared_sample_gives_what_a_person_reads_in_it():
    found: Any = read_camt(SAMPLES / "camt053.v4.xml")
    [record] = found.records
    assert record.id == "AAAASESS-FP-CN_98765/01"
    assert record.amount == Decimal("8.85")
    assert record.creditor_reference == "4654654654654654"
    assert record.counterparty is not None
    assert record.counterparty.name == "NAME NAME"
    assert "does not add up" in found.notes[0]
