"""Payments that could have been matched: what the engine said, what the judge saw."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import log

import numpy as np
from attrs import frozen

from benchmarks.judge.hypotheses import Hypothesis
from benchmarks.judge.inference import Verdict
from benchmarks.judge.notes import HABITS
from benchmarks.judge.payers import FORMS, account_of
from benchmarks.judge.rates import BLOCKS
from benchmarks.judge.wires import WIRES
from benchmarks.quality import Judged
from benchmarks.world import World
from payymo_core.records import Counterparty, Invoice

_LN2 = log(2)
_SHOWN_ITEMS = 8
_PARTS = ("text", "payer name", "bank fee", "day")


@frozen(eq=False)
class Missed:
    """A payment of which the judge is sure, and right, and the engine is not.

    Attributes:
        engine: The engine's answer, beside the truth.
        verdict: The judge's.
        world: Where it is from.
    """

    engine: Judged
    verdict: Verdict
    world: World

    @property
    def chosen(self) -> Hypothesis:
        """The judge's explanation."""
        found = self.verdict.best[frozenset(self.engine.truth.invoices)]
        assert found is not None
        return found

    @property
    def seen(self) -> tuple[str, ...]:
        """The customer's other payments from the same account or under the name."""
        sheet, debtor = self.verdict.sheet, self.chosen.debtor
        own = {item.invoice.id for item in debtor.owed}
        return tuple(
            sent.id
            for sent, row in zip(
                self.world.transactions, self.world.truths, strict=True
            )
            if not own.isdisjoint(row.invoices)
            and sent.id != sheet.transaction.id
            and _alike(sent.counterparty, sheet.transaction.counterparty)
        )

    @property
    def family(self) -> tuple[str, ...]:
        """What it has in common with others like it."""
        truth, match = self.engine.truth, self.engine.match
        said = "wrong" if match.outcome == "match" else match.outcome.value
        said += "" if self.engine.right else ", another first"
        reasons = ", ".join(reason.value for reason in match.reasons)
        clues = f"reference {truth.reference.value}, payer {truth.payer.value}"
        clues += ", seen before" if self.seen and truth.payer != "exact" else ""
        return (truth.kind.value, clues, said, reasons)


def _alike(left: Counterparty | None, right: Counterparty | None) -> bool:
    """Whether two payers shown share an account or, where one hides it, a name."""
    if left is None or right is None:
        return False
    accounts = account_of(left), account_of(right)
    if None in accounts:
        return left.name is not None and left.name == right.name
    return accounts[0] == accounts[1]


def listed(missed: Sequence[Missed], count: int) -> str:
    """How many of which family, and some of each, the large families first."""
    families: dict[tuple[str, ...], list[Missed]] = defaultdict(list)
    for one in missed:
        families[one.family].append(one)
    ordered = sorted(families.items(), key=lambda row: (-len(row[1]), row[0]))
    lines = [
        f"  sure to the judge, and right, not matched by the engine: {len(missed):,}"
    ]
    lines += [f"  {len(held):>6}  {' | '.join(name)}" for name, held in ordered[:15]]
    rest = sum(len(held) for _, held in ordered[15:])
    lines += [f"  {rest:>6}  in smaller families"] if rest else []
    queues = [held for _, held in ordered]
    for place, one in enumerate(_in_turn(queues, count), 1):
        lines += ["", f"  {place}. {' | '.join(one.family)}"]
        lines += [f"     {line}" for line in _told(one)]
    return "\n".join(lines)


def _in_turn(queues: Sequence[Sequence[Missed]], count: int) -> Iterator[Missed]:
    """One of each family, then another of each."""
    longest = max((len(queue) for queue in queues), default=0)
    rows = (q[turn] for turn in range(longest) for q in queues if turn < len(q))
    for one, _ in zip(rows, range(count), strict=False):
        yield one


def _told(one: Missed) -> Iterator[str]:
    yield from _transaction(one)
    yield from _customer(one)
    yield from _engine(one)
    yield from _judge(one)


def _transaction(one: Missed) -> Iterator[str]:
    sent = one.verdict.sheet.transaction
    other = sent.counterparty
    payer = f"{other.name!r}, account {other.iban or other.account}" if other else "-"
    identity = one.engine.truth.transaction
    yield f"{identity}: {sent.amount} {sent.currency} on {sent.booking_date}"
    yield f"text {sent.remittance!r}, payer {payer}"
    fields = (
        ("structured reference", sent.creditor_reference),
        ("end-to-end id", sent.end_to_end_id),
    )
    given = [f"{name} {value}" for name, value in fields if value]
    if given:
        yield ", ".join(given)


def _customer(one: Missed) -> Iterator[str]:
    debtor = one.chosen.debtor
    customer = debtor.customer
    known = (
        f"account {debtor.known_account}"
        if debtor.known_account
        else "no account known"
    )
    names = " / ".join(filter(None, (customer.company, customer.name)))
    yield f"customer {customer.id}: {names}, {known}"
    payers = _payers(one.world)
    pays = set(one.engine.truth.invoices)
    items = [item.invoice for item in debtor.owed]
    if debtor.credit:
        items.append(debtor.credit.invoice)
    items.sort(key=lambda invoice: invoice.id not in pays)
    for invoice in items[: max(_SHOWN_ITEMS, len(pays))]:
        others = ", ".join(sorted(payers.get(invoice.id, set()) - {_own_id(one)}))
        mark = "PAYS " if invoice.id in pays else "     "
        yield f"  {mark}{_line(invoice)}{f', paid by {others}' if others else ''}"
    if len(items) > max(_SHOWN_ITEMS, len(pays)):
        yield f"       and {len(items) - max(_SHOWN_ITEMS, len(pays))} more"


def _own_id(one: Missed) -> str:
    return one.verdict.sheet.transaction.id


def _payers(world: World) -> dict[str, set[str]]:
    """The transactions that truly pay each invoice."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in world.truths:
        for invoice in row.invoices:
            found[invoice].add(row.transaction)
    return found


def _line(invoice: Invoice) -> str:
    extra = f", ref {invoice.creditor_reference}" if invoice.creditor_reference else ""
    order = "".join(f", {k} {v}" for k, v in invoice.references.items())
    return (
        f"{invoice.id} no. {invoice.number}: {invoice.outstanding},"
        f" issued {invoice.issue_date}, due {invoice.due_date}{extra}{order}"
    )


def _engine(one: Missed) -> Iterator[str]:
    match = one.engine.match
    first = [allocation.invoice for allocation in match.allocations] or "nothing"
    yield f"engine: {match.outcome.value} at {match.confidence:.4f}, first {first}"
    for row in match.evidence:
        texts = f"{row.transaction_text!r} ~ {row.invoice_text!r}"
        yield f"  {row.weight:+8.1f}  {row.rule} {row.level} {texts}"
    for other in match.alternatives[:3]:
        ids = [allocation.invoice for allocation in other.allocations]
        yield f"  or {ids} at {other.confidence:.4f}"


def _judge(one: Missed) -> Iterator[str]:
    chosen, verdict = one.chosen, one.verdict
    truth = frozenset(one.engine.truth.invoices)
    yield f"judge: {verdict.chances[truth]:.8f}, {chosen.kind.value}; {_ways(chosen)}"
    if one.seen:
        yield f"  the same payer as in {', '.join(one.seen[:4])}, of this customer"
    for rival in _rivals(one):
        apart = [
            f"{name} {(mine - its) / _LN2:+.1f}"
            for name, mine, its in zip(_PARTS, chosen.parts, rival.parts, strict=True)
        ]
        rest = (chosen.bits - sum(chosen.parts) - rival.bits + sum(rival.parts)) / _LN2
        yield (
            f"  over {rival.kind.value} {sorted(rival.pays) or 'nothing'}"
            f" (customer {rival.debtor.customer.id}): bits "
            f"{', '.join(apart)}, account and amount {rest:+.1f}"
        )
    if not list(_rivals(one)):
        yield "  nothing else could look like this"


def _ways(chosen: Hypothesis) -> str:
    """What the customer's ways would be, most likely."""
    texts = chosen.ways[: BLOCKS[1]]
    wire, habit = divmod(int(np.argmax(texts)), len(HABITS))
    form = FORMS[int(np.argmax(chosen.ways[BLOCKS[1] : BLOCKS[2]]))]
    return f"as {HABITS[habit].value} through {WIRES[wire].value}, payer {form.value}"


def _rivals(one: Missed) -> Iterator[Hypothesis]:
    """The two likeliest explanations that pay something else."""
    truth = frozenset(one.engine.truth.invoices)
    others = [h for h in one.verdict.considered if h.pays != truth]
    others.sort(key=lambda h: -h.bits)
    yield from others[:2]
