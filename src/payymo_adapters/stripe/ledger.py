"""All that a time window holds, asked for in one flow."""

from collections.abc import Iterable

from attrs import frozen

from payymo_adapters.errors import RefusedError
from payymo_adapters.http import Flow
from payymo_adapters.stripe.flows import (
    BALANCE_TRANSACTIONS,
    CHARGES,
    PAYOUTS,
    Access,
    Window,
    charge_of,
    contents_of,
    every,
)
from payymo_adapters.stripe.wire import (
    BalanceTransaction,
    Charge,
    Dispute,
    Payout,
    Refund,
)


@frozen(kw_only=True)
class Carried:
    """A payout with the lines that it carries, its own among them."""

    payout: Payout
    lines: tuple[BalanceTransaction, ...]


@frozen(kw_only=True)
class Ledger:
    """What was found.

    Attributes:
        lines: What moved the balance within the window, newest first; and what became
            of charges that were waited for.
        charges: Those made within the window, those waited for, and all that a line of
            another kind is about.
        carried: Payouts made within the window that can be itemised.
        payouts: The others: by hand, or not ready yet.
    """

    lines: tuple[BalanceTransaction, ...] = ()
    charges: tuple[Charge, ...] = ()
    carried: tuple[Carried, ...] = ()
    payouts: tuple[Payout, ...] = ()


def ledger(access: Access, window: Window, waiting: Iterable[str] = ()) -> Flow[Ledger]:
    """Ask for all that a window holds.

    The balance decides what is money. A line is created when its charge settles, which
    may be later than the charge: windows that follow one another without a gap find
    every line once.

    Args:
        access: On whose behalf.
        window: When lines, charges and payouts were created.
        waiting: Ids of charges that had no line when they were last seen; one that
            Stripe does not find is not among the charges of the ledger.

    Raises:
        ProviderError: Stripe did not give it, or not as documented.
    """
    full = ("balance_transaction", "payment_intent")
    lines = yield from every(access, BALANCE_TRANSACTIONS, window, expand=("source",))
    charges = yield from every(access, CHARGES, window, expand=full)
    payouts = yield from every(access, PAYOUTS, window)
    known = {charge.id: charge for charge in charges}
    held = {line.id: line for line in lines}
    for charge_id in dict.fromkeys(waiting):
        charge = known.get(charge_id) or (yield from _found(access, charge_id))
        if charge is None:
            continue
        known[charge.id] = charge
        if charge.line:
            held.setdefault(charge.line.id, charge.line)
    for charge_id in _spoken_of(held.values()):
        if charge_id not in known and (found := (yield from _found(access, charge_id))):
            known[charge_id] = found
    ready = [payout for payout in payouts if is_itemised(payout)]
    carried = []
    for payout in ready:
        contents = yield from contents_of(access, payout)
        carried.append(Carried(payout=payout, lines=contents))
    return Ledger(
        lines=tuple(held.values()),
        charges=tuple(known.values()),
        carried=tuple(carried),
        payouts=tuple(payout for payout in payouts if payout not in ready),
    )


def is_itemised(payout: Payout) -> bool:
    """Whether the lines that a payout carries can be asked for."""
    return payout.automatic and payout.reconciliation_status == "completed"


def _spoken_of(lines: Iterable[BalanceTransaction]) -> list[str]:
    """Charges that lines are about, each once, in their order."""
    return list(dict.fromkeys(name for line in lines if (name := charge_behind(line))))


def charge_behind(line: BalanceTransaction) -> str:
    """The id of the charge that a line is about, or ""."""
    match line.full_source:
        case Charge(id=charge_id):
            return charge_id
        case Refund(charge=charge_id) | Dispute(charge=charge_id):
            return charge_id
        case _:
            return line.source if line.source.startswith(("ch_", "py_")) else ""


def _found(access: Access, charge_id: str) -> Flow[Charge | None]:
    try:
        return (yield from charge_of(access, charge_id))
    except RefusedError as error:
        if error.code != "resource_missing":
            raise
        return None  # of another account, or gone: its lines stay, with less said
