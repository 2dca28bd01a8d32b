from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payymo_adapters.errors import FieldError, FileError
from payymo_adapters.files.amounts import dissect, evidence, find_mark, value_of
from payymo_adapters.files.columns import assign, currency_in, fold, rank
from payymo_adapters.files.csv import read_csv
from payymo_adapters.files.csv_format import CsvFormat, CsvMapping
from payymo_adapters.files.csv_ledger import read_csv_ledger
from payymo_adapters.files.dates import DateOrder, day_of, find_order
from payymo_adapters.files.headers import BANK, LEDGER
from payymo_core.errors import Rejected
from payymo_core.records import (
    Counterparty,
    Customer,
    Invoice,
    InvoiceStatus,
    Transaction,
)

DATA = Path(__file__).parent / "data"


@pytest.fixture
def bank(tmp_path):
    def read(*lines, mapping=None, encoding="utf-8"):
        file = tmp_path / "bank.csv"
        file.write_text("\n".join(lines), encoding=encoding)
        return read_csv(file, mapping)

    return read


@pytest.fixture
def ledger(tmp_path):
    def read(*lines, mapping=None):
        file = tmp_path / "ledger.csv"
        file.write_text("\n".join(lines), encoding="utf-8")
        return read_csv_ledger(file, mapping)

    return read


# --- three banks ----------------------------------------------------------------


def test_a_german_statement_with_lines_above_its_headers_is_read():
    found: Any = read_csv(DATA / "german_bank.csv")
    first, second, third, bad = found.records
    assert first.amount == Decimal("1234.56")
    assert first.currency == "EUR"
    assert (first.booking_date, first.value_date) == (
        date(2026, 3, 4),
        date(2026, 3, 5),
    )
    assert first.remittance == "RE-2026-0117 vom 01.02."
    assert first.counterparty == Counterparty(
        name="Müller & Söhne KG", iban="DE89370400440532013000"
    )
    assert first.end_to_end_id is None
    assert second.remittance == 'Abschlag März; Vertrag "S-12"'
    assert (second.amount, third.amount) == (Decimal("-89.00"), Decimal("-12.00"))
    assert isinstance(bad, Rejected)
    assert (bad.field, bad.where) == ("booking_date", f"{DATA / 'german_bank.csv'}:9")


def test_a_dutch_statement_is_signed_by_its_direction_column():
    found: Any = read_csv(DATA / "dutch_bank.csv")
    assert [r.amount for r in found.records] == [Decimal("121.00"), Decimal("-60.50")]
    assert found.records[0].account == "NL91ABNA0417164300"
    assert found.records[0].booking_date == date(2026, 3, 4)


def test_an_american_statement_with_two_columns_of_amounts_is_read_and_adds_up():
    found: Any = read_csv(DATA / "us_bank.csv")
    assert [r.amount for r in found.records] == [1250, -250, 1250]
    assert found.records[0].booking_date == date(2026, 3, 13)
    assert found.notes == ()


def test_what_was_detected_is_a_value_that_prints_itself():
    found: Any = read_csv(DATA / "us_bank.csv")
    assert isinstance(found.detected, CsvFormat)
    assert found.detected.date_order is DateOrder.MONTH_FIRST
    assert found.format == str(found.detected)
    assert found.format == (
        "CSV in utf-8, cells between commas, headers on line 1, decimal point, "
        "dates month first"
    )
    assert found.detected.uses[0] == ("booking_date", "Date")


def test_a_savings_banks_umlauts_as_two_letters_and_pending_entries_are_understood(
    bank,
):
    booked, pending = bank(
        "Auftragskonto;Buchungstag;Valutadatum;Buchungstext;Verwendungszweck;"
        "Glaeubiger ID;Mandatsreferenz;Kundenreferenz (End-to-End);Sammlerreferenz;"
        "Lastschrift Ursprungsbetrag;Auslagenersatz Ruecklastschrift;"
        "Beguenstigter/Zahlungspflichtiger;Kontonummer/IBAN;BIC (SWIFT-Code);"
        "Betrag;Waehrung;Info",
        "DE02120300000000202051;04.05.26;04.05.26;GUTSCHR. UEBERWEISUNG;R-1;;;E2E-1;"
        ";;;Weber GmbH;DE89370400440532013000;COBADEFF;1.238,00;EUR;Umsatz gebucht",
        "DE02120300000000202051;05.05.26;05.05.26;GUTSCHR. UEBERWEISUNG;R-2;;;;"
        ";;;Huber GmbH;DE89370400440532013000;COBADEFF;9,00;EUR;Umsatz vorgemerkt",
        encoding="cp1252",
    ).records
    assert (booked.amount, booked.currency) == (Decimal("1238.00"), "EUR")
    assert booked.counterparty == Counterparty(
        name="Weber GmbH", iban="DE89370400440532013000"
    )
    assert booked.account == "DE02120300000000202051"
    assert (booked.end_to_end_id, booked.remittance) == ("E2E-1", "R-1")
    assert (booked.status, pending.status) == ("booked", "pending")


def test_a_sign_in_a_header_is_a_currency_and_a_form_for_both_genders_a_payer(bank):
    [record] = bank(
        '"Girokonto";"DE02120300000000202051"',
        '"Kontostand vom 05.05.2026:";"1.238,00 €"',
        '""',
        '"Buchungsdatum";"Wertstellung";"Status";"Zahlungspflichtige*r";'
        '"Zahlungsempfänger*in";"Verwendungszweck";"Umsatztyp";"IBAN";"Betrag (€)";'
        '"Gläubiger-ID";"Mandatsreferenz";"Kundenreferenz"',
        '"04.05.26";"04.05.26";"Gebucht";"Weber GmbH";"Wir";"R-1";"Eingang";'
        '"DE89370400440532013000";"1.238,00";"";"";""',
    ).records
    assert (record.amount, record.currency) == (Decimal("1238.00"), "EUR")
    assert record.counterparty == Counterparty(
        name="Weber GmbH", iban="DE89370400440532013000"
    )


def test_two_columns_of_one_name_are_one_where_they_hold_the_same(bank):
    head = (
        "Buchung;Valuta;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;"
        "Saldo;Währung;Betrag;Währung"
    )
    row = "04.05.2026;04.05.2026;Weber GmbH;Gutschrift;R-1;2.000,00;{};9,00;{}"
    same = bank(head, row.format("EUR", "EUR"), row.format("USD", "USD"))
    assert [r.currency for r in same.records] == ["EUR", "USD"]
    with pytest.raises(FileError, match="and differ") as caught:
        bank(head, row.format("EUR", "EUR"), row.format("EUR", "USD"))
    assert (caught.value.line, caught.value.field) == (1, "currency")


# --- detection ------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "Booking date;Amount;Currency;Counterparty name;Description",
        "Buchungstag;Betrag;Währung;Auftraggeber/Empfänger;Verwendungszweck",
        "Date comptable;Montant;Devise;Nom de la contrepartie;Libellé",
        "Boekdatum;Bedrag;Valuta;Naam tegenpartij;Omschrijving",
        "Fecha contable;Importe;Divisa;Ordenante;Concepto",
        "Data contabile;Importo;Divisa;Ordinante;Descrizione",
        "Bokföringsdag;Belopp;Valuta;Avsändare;Meddelande",
        "Bogføringsdato;Beløb;Valuta;Afsender;Tekst",
        "Bokført dato;Beløp;Valuta;Avsender;Melding",
        "Kirjauspäivä;Määrä;Valuutta;Maksaja;Viesti",
        "Data księgowania;Kwota;Waluta;Nadawca;Tytuł",
    ],
)
def test_headers_of_each_language_are_known(bank, header):
    [record] = bank(header, "31.01.2026;1,50;EUR;Ann;text").records
    assert (record.amount, record.currency) == (Decimal("1.50"), "EUR")
    assert record.booking_date == date(2026, 1, 31)
    assert (record.counterparty, record.remittance) == (
        Counterparty(name="Ann"),
        "text",
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_detected(bank, delimiter):
    lines = ("Date,Amount,Currency", "2026-01-31,1.50,EUR")
    found = bank(*(line.replace(",", delimiter) for line in lines))
    assert found.detected.delimiter == delimiter
    assert len(found.records) == 1


def test_valuta_is_a_date_or_a_currency_by_what_stands_below_it(bank):
    head = "Buchungstag;Valuta;Betrag (EUR)"
    german = bank(head, "31.01.2026;30.01.2026;1,5").records[0]
    assert german.value_date == date(2026, 1, 30)
    danish = bank("Bogført;Valuta;Beløb", "31-01-2026;DKK;1,5").records[0]
    assert (danish.currency, danish.value_date) == ("DKK", None)


def test_texts_of_several_columns_are_joined(bank):
    head = "Datum;Betrag (EUR);Verwendungszweck 1;Verwendungszweck 2"
    assert bank(head, "31.01.2026;1,5;a;b").records[0].remittance == "a b"


def test_the_surest_header_wins_and_rivals_are_refused(bank):
    found = bank("Date,Posting date,Amount (EUR)", "2026-01-01,2026-01-02,1.5")
    assert found.records[0].booking_date == date(2026, 1, 2)
    with pytest.raises(FileError, match=r"amount: column 2 .* and column 3"):
        bank("Date,Amount,Amount", "2026-01-01,1.5,2.5")


def test_a_file_without_a_known_header_is_refused_and_says_what_is_missing(bank):
    with pytest.raises(FileError, match=r"amount and booking_date.*mapping"):
        bank("when,how much", "2026-01-01,1.5")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["2026-01-01;1.234"], "'1.234' in line 2 may have a decimal mark"),
        (["2026-01-01;1,5", "2026-01-01;1.5"], "the decimal mark differs"),
        (["01/02/2026;1,50"], "'01/02/2026' in line 2 may have its day or its month"),
        (["26-01-05;1,50"], "'26-01-05' in line 2 may have its day, month or year"),
        (["13/02/2026;1,5", "02/13/2026;1,5"], "the order of day and month differs"),
    ],
)
def test_what_cannot_be_told_is_refused_and_never_guessed(bank, rows, words):
    with pytest.raises(FileError, match="mapping") as caught:
        bank("Date;Amount (EUR)", *rows)
    assert words in str(caught.value)


def test_a_mapping_settles_what_cannot_be_told(bank):
    mapping = CsvMapping.from_toml('decimal = ","\ndate_order = "MDY"')
    [record] = bank("Date;Amount (EUR)", "01/02/2026;1.234", mapping=mapping).records
    assert (record.amount, record.booking_date) == (1234, date(2026, 1, 2))


def test_one_clear_row_settles_all_the_others(bank):
    found = bank("Date;Amount (EUR)", "01/02/2026;1.234", "13/02/2026;1,5")
    assert [r.amount for r in found.records] == [1234, Decimal("1.5")]
    assert found.records[0].booking_date == date(2026, 2, 1)


def test_without_any_currency_the_file_is_refused(bank):
    with pytest.raises(FileError, match="no currency is named: a mapping can name it"):
        bank("Date;Amount", "2026-01-01;1,50")


def test_a_currency_may_be_given_as_a_sign_of_one_currency_only(bank):
    head = "Date;Amount;Currency"
    euro, dollar = bank(head, "2026-01-01;1,5;€", "2026-01-01;1,5;$").records
    assert euro.currency == "EUR"
    assert (dollar.field, "'$'" in dollar.fault) == ("currency", True)
    [above] = bank("Currency;€", "Date;Amount", "2026-01-01;1,50").records
    assert above.currency == "EUR"


def test_a_currency_above_the_headers_counts_for_all(bank):
    [record] = bank("Currency;SEK", "Date;Amount", "2026-01-01;1,50").records
    assert record.currency == "SEK"


def test_an_unknown_currency_rejects_its_row(bank):
    _, bad = bank(
        "Date;Amount;Currency", "2026-01-01;1,5;EUR", "2026-01-01;1,5;XXQ"
    ).records
    assert (bad.field, bad.where.rsplit(":", 1)[1]) == ("currency", "3")


def test_a_balance_column_that_does_not_add_up_is_said(bank):
    head = "Date;Amount (EUR);Balance"
    rows = ["2026-01-01;1,50;1,50", "2026-01-02;1,50;3,00", "2026-01-03;1,50;4,00"]
    assert bank(head, *rows).notes == (
        "balance does not add up in line 4 (1 such line)",
    )


def test_pending_rows_are_pending_and_others_rejected(bank):
    head = "Date;Amount (EUR);State"
    rows = ["2026-01-01;1,50;PENDING", "2026-01-01;1,50;REVERTED"]
    pending, reverted = bank(head, *rows).records
    assert pending.status == "pending"
    assert reverted.field == "status"


def test_info_is_a_status_only_where_it_says_one(bank):
    head = "Datum;Betrag (EUR);Info"
    [record] = bank(head, "31.01.2026;1,5;Filiale Mitte").records
    assert record.status == "booked"
    first, second = bank(
        head, "31.01.2026;1,5;Umsatz vorgemerkt", "31.01.2026;1,5;sonst"
    ).records
    assert first.status == "pending"
    assert second.field == "status"


def test_a_row_of_both_sides_or_neither_is_rejected(bank):
    head = "Date;Debit;Credit;Currency"
    rows = ["2026-01-01;1,00;2,00;EUR", "2026-01-01;;;EUR", "2026-01-01;-1,00;0,00;EUR"]
    both, neither, good = bank(head, *rows).records
    assert (both.field, neither.field) == ("amount", "amount")
    assert good.amount == Decimal("-1.00")


def test_an_amount_that_is_missing_is_called_that(bank):
    [bad] = bank("Date;Amount;Currency", "2026-01-01;;EUR").records
    assert (bad.field, bad.fault) == ("amount", "required, and missing")


def test_a_direction_that_contradicts_the_sign_is_rejected(bank):
    head = "Date;Amount (EUR);Direction"
    wrong, right = bank(
        head, "2026-01-01;-1,50;credit", "2026-01-01;-1,50;debit"
    ).records
    assert wrong.field == "direction"
    assert right.amount == Decimal("-1.50")


def test_a_quotation_mark_left_open_is_refused_with_its_line(bank):
    rows = ['2026-01-01;"x;1,5', "2026-01-02;y;1,5", "2026-01-03;z;1,5"]
    with pytest.raises(FileError, match="quotation mark") as caught:
        bank("Date;Description;Amount (EUR)", *rows)
    assert caught.value.line == 2


def test_a_cell_of_several_lines_keeps_the_count_of_lines_right(bank):
    head = "Date;Description;Amount (EUR)"
    rows = ['2026-01-01;"two\nlines";1,5', "2026-01-99;y;1,5"]
    good, bad = bank(head, *rows).records
    assert good.remittance == "two lines"
    assert bad.where.endswith(":4")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_detected(bank, encoding):
    head = "Datum;Betrag (EUR);Empfänger"
    [record] = bank(head, "31.01.2026;1,5;Jörg", encoding=encoding).records
    assert record.counterparty == Counterparty(name="Jörg")


def test_ids_stay_the_same_and_twins_keep_apart(bank):
    lines = ("Date;Amount (EUR)", "2026-01-01;1,5", "2026-01-01;1,5")
    once, again = bank(*lines), bank(*lines)
    ids = [record.id for record in once.records]
    assert ids[1] == f"{ids[0]}#2"
    assert ids == [record.id for record in again.records]


# --- mapping --------------------------------------------------------------------


def test_a_mapping_names_columns_that_no_one_could_know(bank):
    mapping = CsvMapping.from_toml(
        """
        currency = "EUR"
        encoding = "cp1250"
        delimiter = ","
        skip = 1
        [columns]
        booking_date = "when"
        amount = "how much"
        remittance = ["what", "more"]
        """
    )
    lines = ("junk,junk,junk,junk", "when,how much,what,more", "2026-01-01,1.5,ł,b")
    found = bank(*lines, mapping=mapping, encoding="cp1250")
    assert found.records[0].remittance == "ł b"
    assert found.detected.encoding == "cp1250"


def test_a_mapping_with_faults_lists_all_of_them():
    text = """
        encoding = "klingon"
        delimiter = "x"
        decimal = 3
        date_order = "DYM"
        currency = "EURO"
        skip = -1
        surplus = 1
        [columns]
        amuont = "x"
        amount = []
        booking_date = 7
    """
    with pytest.raises(FileError) as caught:
        CsvMapping.from_toml(text, "odd.toml")
    lines = caught.value.fault.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "encoding",
        "delimiter",
        "decimal",
        "date_order",
        "currency",
        "skip",
        "surplus",
        "columns.amuont",
        "columns.amount",
        "columns.booking_date",
    ]
    assert str(caught.value).startswith("odd.toml: ")


@pytest.mark.parametrize(
    "text", ["=", 'columns = "x"', "columns = [1]", "delimiter = []"]
)
def test_no_mapping_breaks_its_reader(text):
    with pytest.raises(FileError):
        CsvMapping.from_toml(text)


def test_a_mapping_that_names_a_missing_column_is_told_first_of_all(bank):
    mapping = CsvMapping(
        columns={"booking_date": ("Tag",), "amount": ("Summe",)}, currency="EUR"
    )
    lines = ("Konto;1", "Tag;Wer;Betrag", "2026-01-01;Ann;1,5")
    with pytest.raises(FileError) as caught:
        bank(*lines, mapping=mapping)
    assert str(caught.value).endswith(
        "bank.csv:2: columns.amount: no column is called 'Summe', as the mapping says; "
        "this line has 'Tag', 'Wer', 'Betrag'"
    )


# --- ledgers --------------------------------------------------------------------


def test_a_list_of_invoices_is_read():
    found: Any = read_csv_ledger(DATA / "invoices.csv")
    assert found.records[0] == Invoice(
        id="1001",
        number="INV-2026-0117",
        outstanding=Decimal("1200.00"),
        total=Decimal("1200.00"),
        currency="EUR",
        issue_date=date(2026, 2, 1),
        due_date=date(2026, 3, 1),
        references={"purchase_order": "PO-5512"},
        customer=Customer(
            id="C1",
            name="Ann Miller",
            company="Miller & Sons Ltd",
            email="ann@miller.example",
        ),
    )
    assert found.records[1].outstanding == Decimal("49.50")
    assert found.records[2].outstanding == Decimal("-100.00")
    assert found.records[3].status is InvoiceStatus.PAID
    bad = found.records[4]
    assert (bad.record_id, bad.field) == ("1005", "status")


@pytest.mark.parametrize(
    "header",
    [
        "Rechnungsnummer;Rechnungsdatum;Fälligkeit;Kunde;Offener Betrag;Währung",
        "Numéro de facture;Date de facture;Échéance;Client;Reste à payer;Devise",
        "Factuurnummer;Factuurdatum;Vervaldatum;Klant;Openstaand bedrag;Valuta",
        "Número de factura;Fecha factura;Vencimiento;Cliente;Pendiente;Moneda",
        "Numero fattura;Data fattura;Scadenza;Cliente;Importo residuo;Divisa",
        "Fakturanummer;Fakturadatum;Förfallodatum;Kund;Restbelopp;Valuta",
        "Fakturanr;Fakturadato;Forfaldsdato;Kunde;Restbeløb;Valuta",
        "Laskunumero;Laskun päiväys;Eräpäivä;Asiakas;Avoinna;Valuutta",
        "Numer faktury;Data wystawienia;Termin płatności;Nabywca;Do zapłaty;Waluta",
    ],
)
def test_ledgers_of_each_language_are_known(ledger, header):
    [record] = ledger(header, "R-1;31.01.2026;28.02.2026;Ann;1,50;EUR").records
    assert record == Invoice(
        id="R-1",
        number="R-1",
        outstanding=Decimal("1.50"),
        currency="EUR",
        issue_date=date(2026, 1, 31),
        due_date=date(2026, 2, 28),
        customer=Customer(id="Ann", name="Ann"),
    )


def test_totals_stand_for_outstanding_amounts_only_with_a_note(ledger):
    found = ledger("Invoice number;Total;Currency", "R-1;1,50;EUR")
    assert found.records[0].outstanding == Decimal("1.50")
    assert found.notes == (
        "no column of outstanding amounts: the totals are taken for them",
    )


def test_an_empty_outstanding_amount_is_not_taken_from_the_total(ledger):
    found = ledger("Invoice number;Total;Balance;Currency", "R-1;1,50;;EUR")
    assert found.records[0].field == "outstanding"


def test_a_sum_below_the_invoices_is_left_out_with_a_note(ledger):
    found = ledger("Invoice number;Total;Currency", "R-1;1,50;EUR", ";1,50;EUR")
    assert len(found.records) == 1
    assert found.notes[-1].startswith("1 row with ")


def test_a_line_given_twice_is_one_invoice_where_there_are_no_ids(ledger):
    same = "RE-7;Larsen Ltd;119,00;EUR"
    other = "RE-7;Larsen Ltd;120,00;EUR"
    found = ledger("Rechnungsnummer;Kunde;Offen;Währung", same, other, same)
    first, second, again = found.records
    assert (first.id, second.id) == ("RE-7", "RE-7#2")
    assert isinstance(again, Rejected)
    assert again.record_id == "RE-7"
    assert "the same line was given before" in again.fault
    assert again.where.endswith(":4")
    assert ":2)" in again.fault


def test_an_id_given_twice_is_rejected_with_both_lines_and_a_number_may_be(ledger):
    found = ledger(
        "Invoice ID;Invoice number;Balance;Currency",
        "7;R-1;1,50;EUR",
        "8;R-1;1,50;EUR",
        "7;R-2;2,50;EUR",
    )
    one, other, twin = found.records
    assert other.number == "R-1"
    assert [rejected.where.rpartition(":")[2] for rejected in (one, twin)] == ["2", "4"]
    assert one.fault.endswith("ledger.csv:4)")


# --- amounts and dates ----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mark", "amount"),
    [
        ("1.234,56", ",", "1234.56"),
        ("1,234.56", ".", "1234.56"),
        ("1 234,56", ",", "1234.56"),
        ("1\u00a0234,56", ",", "1234.56"),
        ("1\u202f234,56", ",", "1234.56"),
        ("1'234.56", ".", "1234.56"),
        ("1\u2019234.56", ".", "1234.56"),
        ("12,34,567.89", ".", "1234567.89"),
        ("(12.00)", ".", "-12.00"),
        ("12.00-", ".", "-12.00"),
        ("12.00 -", ".", "-12.00"),
        ("- 12.00", ".", "-12.00"),
        ("\u221212.00", ".", "-12.00"),
        ("+12.00", ".", "12.00"),
        ("EUR 12,00", ",", "12.00"),
        ("12,00 €", ",", "12.00"),
        ("-£12.00", ".", "-12.00"),
        ("(EUR 12.00)", ".", "-12.00"),
        ("1.234.567", ",", "1234567"),
        (",50", ",", "0.50"),
        ("12", ".", "12"),
    ],
)
def test_each_way_to_write_an_amount_has_its_rule(text, mark, amount):
    assert value_of(dissect(text), mark) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "abc",
        "1.2.3,4,5",
        "(12",
        "-(12.00)",
        "-12-",
        "1 23",
        "12 EUR 13",
        "1e3",
    ],
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(FieldError):
        value_of(dissect(text), ".")


@pytest.mark.parametrize(
    ("core", "marks"),
    [
        ("1.234", ".,"),
        ("0.123", "."),
        ("1234.567", "."),
        ("1.5", "."),
        ("1.234.567", ","),
        ("1,234.5", "."),
        ("1.234,5", ","),
        ("12", ".,"),
    ],
)
def test_an_amount_shows_which_mark_can_be_the_decimal_one(core, marks):
    assert evidence(core) == frozenset(marks)


@pytest.mark.parametrize(
    ("amounts", "read"),
    [
        (["12,50", "1,190"], ["12.50", "1190, or 1.190"]),
        (["12.50", "-1.200 EUR"], ["12.50", "1200, or 1.200"]),
        (["1.234.567", "1,190"], ["1234567", "1190, or 1.190"]),
        (["12,50", "1.190"], ["12.50", "1190"]),
        (["1234,500", "1,190"], ["1234.5", "1.19"]),
        (["12,50", "0,190"], ["12.50", "0.19"]),
    ],
)
def test_three_digits_after_the_mark_are_in_doubt_where_no_other_amount_has_them(
    amounts, read, tmp_path
):
    path = tmp_path / "bank.csv"
    rows = "".join(f"2026-05-04;{amount};EUR;Miete\n" for amount in amounts)
    path.write_text(f"Date;Amount;Currency;Text\n{rows}", "utf-8")
    for line, (wanted, found) in enumerate(
        zip(read, read_csv(path).records, strict=True), start=2
    ):
        if "or" in wanted:
            assert isinstance(found, Rejected)
            assert (found.where, found.field) == (f"{path}:{line}", "amount")
            assert wanted in found.fault
        else:
            assert isinstance(found, Transaction)
            assert found.amount == Decimal(wanted)


def test_a_mapping_that_names_the_mark_settles_what_the_file_leaves_open(tmp_path):
    path = tmp_path / "bank.csv"
    path.write_text("Date;Amount;Currency\n2026-05-04;1,190;EUR\n", "utf-8")
    [found] = read_csv(path, CsvMapping(decimal=",")).records
    assert isinstance(found, Transaction)
    assert found.amount == Decimal("1.19")


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=6),
    st.sampled_from([",", "."]),
    st.booleans(),
)
def test_amounts_are_read_as_written_or_refused_and_never_otherwise(
    minors, mark, group
):
    other = "." if mark == "," else ","
    texts = [
        f"{Decimal(minor).scaleb(-2):{',' if group else ''}.2f}".translate(
            {ord("."): mark, ord(","): other}
        )
        for minor in minors
    ]
    written = [dissect(text) for text in texts]
    found = find_mark((1, each.core) for each in written)
    assert found == mark
    assert [value_of(each, mark) for each in written] == [
        Decimal(minor).scaleb(-2) for minor in minors
    ]


@given(
    st.lists(st.dates(date(1990, 1, 1), date(2060, 1, 1)), min_size=1, max_size=6),
    st.sampled_from(
        ["%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y-%m-%d", "%d.%m.%Y", "%Y%m%d"]
    ),
)
def test_dates_are_read_as_written_or_refused_and_never_otherwise(days, form):
    texts = [day.strftime(form) for day in days]
    try:
        order = find_order(enumerate(texts))
    except FieldError:
        assert all(day.day <= 12 for day in days)
        return
    assert [day_of(text, order) for text in texts] == days


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-04T10:15:00Z", date(2026, 3, 4)),
        ("04.03.2026 10:15", date(2026, 3, 4)),
        ("4.3.26", date(2026, 3, 4)),
        ("4 Mar 2026", date(2026, 3, 4)),
        ("04-MAR-26", date(2026, 3, 4)),
        ("March 4, 2026", date(2026, 3, 4)),
        ("4. März 2026", date(2026, 3, 4)),
        ("4 juin 2026", date(2026, 6, 4)),
        ("4 juillet 2026", date(2026, 7, 4)),
        ("4 marraskuuta 2026", date(2026, 11, 4)),
    ],
)
def test_dates_that_need_no_order_are_read(text, day):
    assert find_order([(1, text)]) is None
    assert day_of(text, None) == day


@pytest.mark.parametrize(
    "text", ["March 2026", "4", "2026", "2026-02-30", "45000", "x"]
)
def test_a_part_of_a_date_is_no_date(text):
    with pytest.raises(FieldError):
        day_of(text, None)


# --- headers --------------------------------------------------------------------


@pytest.mark.parametrize("roles", [BANK, LEDGER])
def test_every_listed_header_is_written_as_headers_are_compared(roles):
    listed = [word for words in roles.values() for word in words]
    assert [word for word in listed if fold(word) != word] == []


@pytest.mark.parametrize("roles", [BANK, LEDGER])
def test_every_listed_header_is_found_under_its_role(roles):
    for role, words in roles.items():
        for word in words:
            assert assign([word], {role: words}).places == {role: (0,)}


def test_a_header_may_name_the_currency():
    headers = ("Betrag (EUR)", "Betrag (€)", "Kwota zł", "EUR/USD", "Amount ($)", "x")
    assert [*map(currency_in, headers)] == ["EUR", "EUR", "PLN", "", "", ""]


@pytest.mark.parametrize(
    "header",
    [
        "Zahlungspflichtige*r",
        "Zahlungspflichtige:r",
        "Zahlungspflichtige(r)",
        "Zahlungsempfänger*in",
        "Zahlungsempfaenger/in",
        "Zahlungsempfänger(in)",
        "Auftraggeber/-in",
    ],
)
def test_a_header_may_name_both_genders(header):
    assert rank(header, BANK["counterparty_name"]) is not None


@pytest.mark.parametrize("header", ["Paid out/in", "Money in/out", "Amount_in"])
def test_in_and_out_are_no_genders(header):
    for role in ("amount", "debit", "credit"):
        assert rank(header, BANK[role]) is None


@pytest.mark.parametrize("roles", [BANK, LEDGER])
def test_no_two_headers_differ_only_in_how_umlauts_are_spelt(roles):
    for role, words in roles.items():
        assert [rank(word, words) for word in words] == [*range(len(words))], role
