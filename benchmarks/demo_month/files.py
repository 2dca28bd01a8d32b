"""The month as the files that a bank and a billing program would hand out."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from xml.sax.saxutils import escape

from attrs import frozen

from benchmarks.demo_month.month import DAYS, Bill, Entry, Month, Payment
from benchmarks.demo_month.people import iban

_OWNER = "Kranichnest Hosting GmbH"
_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
_MADE = "<CreDtTm>2026-05-31T22:10:04</CreDtTm>"
_COLUMNS = (
    "Invoice number;Customer number;Company;Contact;Email;Customer IBAN;Invoice date;"
    "Due date;Total;Outstanding;Currency;Status;Purchase order;Payment reference"
)


@frozen
class _Account:
    """One of our accounts, and what was on it when the month began."""

    currency: str
    number: str
    opening: Decimal


_ACCOUNTS = (
    _Account("EUR", "4711000100", Decimal("48211.07")),
    _Account("USD", "4711000200", Decimal("1250.00")),
)


def invoices_csv(month: Month) -> str:
    """Write the ledger as a spreadsheet would: semicolons, decimal commas, a BOM."""
    out = io.StringIO()
    rows = csv.writer(out, delimiter=";", lineterminator="\r\n")
    rows.writerow(_COLUMNS.split(";"))
    for bill in sorted(month.bills, key=lambda bill: bill.number):
        rows.writerow(_cells(bill))
    return "\ufeff" + out.getvalue()


def _cells(bill: Bill) -> tuple[str, ...]:
    customer = bill.customer
    return (
        bill.number,
        customer.number,
        customer.company,
        customer.contact,
        customer.email,
        customer.iban if customer.in_ledger else "",
        f"{bill.issued:%d.%m.%Y}",
        f"{bill.due:%d.%m.%Y}",
        _with_comma(bill.total),
        _with_comma(bill.outstanding),
        bill.currency,
        bill.status,
        bill.order,
        bill.reference,
    )


def _with_comma(amount: Decimal) -> str:
    """Write 1234.5 as 1.234,50."""
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def truth_jsonl(month: Month) -> str:
    """Write what each transaction really pays."""
    return "".join(
        json.dumps(
            {
                "transaction": reference,
                "invoices": sorted(bill.number for bill in payment.pays),
            }
        )
        + "\n"
        for account in _ACCOUNTS
        for entry, name in _named(month, account.currency)
        for payment, reference in _details(entry, name)
    )


def statement_xml(month: Month) -> str:
    """Write the month's statement of both accounts as camt.053, version 8."""
    return "\n".join(_document(month)) + "\n"


def _named(month: Month, currency: str) -> Iterator[tuple[Entry, str]]:
    """Entries of an account in the order of booking, with the bank's reference."""
    booked = [entry for entry in month.entries if entry.currency == currency]
    booked.sort(key=lambda entry: (entry.status, entry.day))
    for place, entry in enumerate(booked, start=1):
        yield entry, f"{entry.day:%y%m%d}{currency[0]}{place:04}"


def _details(entry: Entry, name: str) -> Iterator[tuple[Payment, str]]:
    for place, payment in enumerate(entry.payments, start=1):
        yield payment, f"{name}-{place:02}" if entry.batch else name


def _document(month: Month) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<Document xmlns="{_NAMESPACE}">'
    yield "<BkToCstmrStmt>"
    yield f"<GrpHdr><MsgId>KN-2026-05</MsgId>{_MADE}</GrpHdr>"
    for place, account in enumerate(_ACCOUNTS, start=5):
        yield from _statement(account, list(_named(month, account.currency)), place)
    yield "</BkToCstmrStmt>"
    yield "</Document>"


def _statement(
    account: _Account, entries: Iterable[tuple[Entry, str]], number: int
) -> Iterator[str]:
    booked = [entry.amount for entry, _ in entries if entry.status == "BOOK"]
    own = iban("DE", "99900099", account.number)
    yield f"<Stmt><Id>2026-{number:05}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb>"
    yield _MADE
    yield (
        f"<Acct><Id><IBAN>{own}</IBAN></Id><Ccy>{account.currency}</Ccy>"
        f"<Ownr><Nm>{_OWNER}</Nm></Ownr></Acct>"
    )
    yield _balance("OPBD", account.opening, account.currency, f"{DAYS[0]}")
    closing = account.opening + sum(booked, Decimal(0))
    yield _balance("CLBD", closing, account.currency, "2026-05-31")
    for entry, name in entries:
        yield from _entry(entry, name)
    yield "</Stmt>"


def _balance(code: str, amount: Decimal, currency: str, day: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f"{_money(amount, currency)}<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _money(amount: Decimal, currency: str) -> str:
    direction = "DBIT" if amount < 0 else "CRDT"
    return (
        f'<Amt Ccy="{currency}">{abs(amount):.2f}</Amt>'
        f"<CdtDbtInd>{direction}</CdtDbtInd>"
    )


def _entry(entry: Entry, name: str) -> Iterator[str]:
    yield f"<Ntry>{_money(entry.amount, entry.currency)}"
    yield f"<Sts><Cd>{entry.status}</Cd></Sts>"
    day = f"<Dt>{entry.day}</Dt>"
    yield f"<BookgDt>{day}</BookgDt><ValDt>{day}</ValDt>"
    yield f"<AcctSvcrRef>{name}</AcctSvcrRef>"
    yield "<NtryDtls>"
    if entry.batch:
        yield f"<Btch><NbOfTxs>{len(entry.payments)}</NbOfTxs></Btch>"
    for payment, reference in _details(entry, name):
        yield from _detail(payment, reference, entry.currency)
    yield "</NtryDtls>"
    if entry.batch:
        yield f"<AddtlNtryInf>{escape(entry.batch)}</AddtlNtryInf>"
    yield "</Ntry>"


def _detail(payment: Payment, reference: str, currency: str) -> Iterator[str]:
    end_to_end = payment.end_to_end or "NOTPROVIDED"
    mandate = f"<MndtId>{payment.mandate}</MndtId>" if payment.mandate else ""
    yield (
        f"<TxDtls><Refs><AcctSvcrRef>{reference}</AcctSvcrRef>"
        f"<EndToEndId>{end_to_end}</EndToEndId>{mandate}</Refs>"
    )
    yield _money(payment.amount, currency)
    if payment.fee:
        yield (
            f'<Chrgs><Rcrd><Amt Ccy="{currency}">{payment.fee:.2f}</Amt>'
            "<CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs>"
        )
    yield from _party(payment)
    if payment.reference:
        yield (
            "<RmtInf><Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp>"
            f"<Ref>{payment.reference}</Ref></CdtrRefInf></Strd></RmtInf>"
        )
    elif payment.text:
        yield f"<RmtInf><Ustrd>{escape(payment.text)}</Ustrd></RmtInf>"
    yield "</TxDtls>"


def _party(payment: Payment) -> Iterator[str]:
    role = "Dbtr" if payment.amount > 0 else "Cdtr"
    name = f"<{role}><Pty><Nm>{escape(payment.payer)}</Nm></Pty></{role}>"
    account = f"<Id><IBAN>{payment.iban}</IBAN></Id>" if payment.iban else ""
    held = f"<{role}Acct>{account}</{role}Acct>" if account else ""
    yield f"<RltdPties>{name}{held}</RltdPties>"
