"""Where to look for who made a transaction."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from attrs import frozen

from benchmarks.judge.debtors import Debtor
from benchmarks.judge.finds import Finds, finds, found, runs
from benchmarks.judge.payers import PrintedNames
from benchmarks.judge.sheets import SHOP, Sheet
from benchmarks.judge.sums import BANK_FEES


@frozen(eq=False)
class Leads:
    """Indexes of the ledger.

    Attributes:
        finds: Invoices by what may be written of their numbers.
        names: Customers by what may be printed of their names.
        accounts: Customer of each known account.
        invoices: Customer of each invoice.
        customers: Customer of each customer number.
        owing: Customer and invoice by currency and amount owed.
    """

    finds: Finds
    names: PrintedNames
    accounts: Mapping[str, int]
    invoices: Mapping[str, int]
    customers: Mapping[str, int]
    owing: Mapping[tuple[str, int], Sequence[tuple[int, str]]]

    def suspects(self, sheet: Sheet) -> tuple[set[int], set[str]]:
        """Who may have made a transaction, and the invoices that it may name."""
        sent = sheet.transaction
        if sent.account == SHOP and sent.metadata:
            return {self.invoices[sent.metadata["invoice_id"]]}, set()
        texts = [reading.text for reading in sheet.texts]
        words = runs((*texts, sent.creditor_reference or "", sent.end_to_end_id or ""))
        exact, nearly = found(self.finds, words)
        named = {identity for _, identity in exact | nearly}
        if sheet.account and sheet.account in self.accounts:
            return {self.accounts[sheet.account]}, named
        suspects = set(self.names.whose.get(sheet.name or "", ()))
        suspects |= {place for place, _ in exact | nearly}
        suspects |= {self.customers[w] for w in words if w in self.customers}
        return suspects, named

    def anybody(self, sheet: Sheet) -> bool:
        """Whether the payer shown may be a stranger's, or is not shown at all."""
        unknown = sheet.account not in self.accounts
        return unknown and not (sheet.name and sheet.account)

    def by_amount(self, sheet: Sheet, taken: AbstractSet[str]) -> set[int]:
        """Who owes just this, or else a bank's fee more, and has not paid for sure."""
        for fees in (BANK_FEES[:1], BANK_FEES[1:]):
            owing = {
                place
                for fee in fees
                for place, identity in self.owing.get(
                    (sheet.transaction.currency, sheet.amount + fee), ()
                )
                if identity not in taken
            }
            if owing:
                return owing
        return set()


def leads_of(debtors: Sequence[Debtor], names: PrintedNames) -> Leads:
    """Index a ledger."""
    owing: dict[tuple[str, int], list[tuple[int, str]]] = defaultdict(list)
    invoices = {}
    for debtor in debtors:
        for item in debtor.owed:
            key = (debtor.currency, item.draft.outstanding)
            owing[key].append((debtor.place, item.invoice.id))
        for item in (*debtor.owed, *debtor.closed):
            invoices[item.invoice.id] = debtor.place
    return Leads(
        finds(debtors),
        names,
        {d.known_account: d.place for d in debtors if d.known_account},
        invoices,
        {d.customer.id: d.place for d in debtors},
        dict(owing),
    )
