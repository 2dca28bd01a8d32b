"""Accounts and names that do not tell one customer from another."""

from collections.abc import Iterable, Iterator, Mapping

from payymo_core.inspection.books import Books, is_booked
from payymo_core.inspection.findings import Case, FindingCode, Severity
from payymo_core.inspection.letters import compacted
from payymo_core.inspection.wording import called, counted, listed, quoted
from payymo_core.normalisation import name_sequences, name_words
from payymo_core.records import Customer, Invoice
from payymo_core.results import Outcome

Owners = Mapping[str, Mapping[str, Customer]]
"""Customers by id, by what they share."""


def shared_accounts(books: Books) -> Iterator[Case]:
    """Accounts that several customers have, and the money that came from them."""
    owners = _owners_of_accounts(books)
    received: dict[str, list[str]] = {}
    for transaction, account in zip(books.transactions, books.accounts, strict=True):
        if account in owners and transaction.amount > 0 and is_booked(transaction):
            received.setdefault(account, []).append(transaction.id)
    for account, sharers in owners.items():
        ids = tuple(received.get(account, ()))
        yield Case(
            code=FindingCode.SHARED_ACCOUNT,
            severity=Severity.WARNING if ids else Severity.NOTE,
            says=f"account {account}: {_names(sharers)}",
            transactions=ids,
            customers=tuple(sorted(sharers)),
        )


def payers_for_several(books: Books) -> Iterator[Case]:
    """Accounts that no ledger gives to several customers, but that paid for them."""
    known = _owners_of_accounts(books)
    ledger = {invoice.id: invoice for invoice in books.open_items}
    paid: dict[str, tuple[list[str], list[Invoice]]] = {}
    for transaction, account in zip(books.transactions, books.accounts, strict=True):
        match = books.matches[transaction.id]
        if match.outcome is Outcome.MATCH and account and account not in known:
            transactions, invoices = paid.setdefault(account, ([], []))
            transactions.append(transaction.id)
            invoices += (ledger[a.invoice] for a in match.allocations)
    for account, (transactions, invoices) in paid.items():
        sharers = {i.customer.id: i.customer for i in invoices if i.customer}
        if len(sharers) > 1:
            money = counted(len(transactions), "transaction")
            yield Case(
                code=FindingCode.PAYS_FOR_SEVERAL_CUSTOMERS,
                severity=Severity.NOTE,
                says=f"account {account}, {money}: {_names(sharers)}",
                transactions=tuple(transactions),
                invoices=tuple(sorted({invoice.id for invoice in invoices})),
                customers=tuple(sorted(sharers)),
            )


def shared_names(books: Books) -> Iterator[Case]:
    """Names that several customers with open invoices have."""
    spoken = [
        (name, customer)
        for customer in _distinct(books.open_items)
        for name in (customer.name, customer.company, *customer.aliases)
        if name
    ]
    words = map(name_words, name_sequences([name for name, _ in spoken]))
    said = list(zip(words, spoken, strict=True))
    owners = _shared((text, customer) for text, (_, customer) in said)
    written: dict[str, str] = {}
    for text, (name, _) in said:
        written[text] = min(name, written.get(text, name))
    for text, sharers in owners.items():
        yield Case(
            code=FindingCode.SHARED_NAME,
            severity=Severity.NOTE,
            says=f"name {quoted(written[text])}: {_names(sharers)}",
            customers=tuple(sorted(sharers)),
        )


def _owners_of_accounts(books: Books) -> Owners:
    held = [
        (account, customer)
        for customer in _distinct(books.invoices)
        for account in (*customer.ibans, *customer.accounts)
    ]
    accounts = compacted([account for account, _ in held])
    return _shared(zip(accounts, (customer for _, customer in held), strict=True))


def _distinct(invoices: Iterable[Invoice]) -> list[Customer]:
    """The customers of invoices; a record that they share, once."""
    held = (invoice.customer for invoice in invoices)
    return list({id(one): one for one in held if one is not None}.values())


def _shared(held: Iterable[tuple[str, Customer]]) -> Owners:
    """What several customers have, and who they are."""
    owners: dict[str, dict[str, Customer]] = {}
    for text, customer in held:
        if text:
            owners.setdefault(text, {})[customer.id] = customer
    return {text: sharers for text, sharers in owners.items() if len(sharers) > 1}


def _names(sharers: Mapping[str, Customer]) -> str:
    """Customers by what they are called and their ids."""
    return listed([f"{called(one)} ({key})" for key, one in sorted(sharers.items())])
