"""How records are compared, as one frozen value: the ruleset."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum, unique
from functools import cache

from attrs import Factory, field, fields, frozen

from payymo_core.declarations import Arguments, Bounds, Faults, beyond, made, well_typed
from payymo_core.errors import RulesetError
from payymo_core.learnt import Learnt, learnt_faults
from payymo_core.patterns import compile_pattern
from payymo_core.results import OTHER_ROWS


@unique
class Exactness(StrEnum):
    """How a reference in a text may differ from the invoice's."""

    EXACT = "exact"
    """The same letters and digits, one token for one."""
    JOINED = "joined"
    """The same, with tokens joined or split by the payer or the bank."""
    DIGITS = "digits"
    """Its digits without its letters, or its last run of digits alone."""
    LOOK_ALIKE = "look_alike"
    """The same but for look-alike characters: O and 0, I and 1, S and 5."""
    ONE_EDIT = "one_edit"
    """One character replaced, left out, added or swapped with its neighbour."""
    TRUNCATED = "truncated"
    """Cut off where the field ends."""


@unique
class CounterpartyEvidence(StrEnum):
    """What may tell who paid."""

    IBAN = "iban"
    ACCOUNT = "account"
    NAME = "name"
    TEXT = "text"
    """The customer's name in the remittance information."""


@unique
class Treatment(StrEnum):
    """What becomes of a proposal of some kind that is sure enough."""

    MATCH = "match"
    REVIEW = "review"


@unique
class TiePolicy(StrEnum):
    """What becomes of invoices of one customer that explain a payment equally well."""

    REFUSE = "refuse"
    """A review: nobody knows which one the payer meant."""
    OLDEST_DUE_FIRST = "oldest_due_first"
    """The one that fell due first is paid first."""


@frozen(kw_only=True)
class ReferenceRule:
    """Where a reference is looked for, and how it may be written.

    Attributes:
        name: Names the rule in the evidence; unique in the ruleset.
        transaction_fields: Of ``remittance``, ``creditor_reference``,
            ``end_to_end_id``, ``mandate_id``, ``metadata.KEY``, ``metadata.*``.
        invoice_fields: Of ``number``, ``id``, ``creditor_reference``,
            ``references.KEY``, ``references.*``.
        pattern: How it is written in a text ("PO{digits:6}", or a regular
            expression); None looks for the invoices' own values.
        exactness: The ways in which it may differ.
        reliability: Share in (0, 1) of the texts with such a reference that pay the
            invoice it names.
    """

    name: str
    transaction_fields: tuple[str, ...] = (
        "remittance",
        "creditor_reference",
        "end_to_end_id",
        "metadata.*",
    )
    invoice_fields: tuple[str, ...] = ("number",)
    pattern: str | None = None
    exactness: tuple[Exactness, ...] = tuple(Exactness)
    reliability: float = 0.99


@frozen(kw_only=True)
class AmountRule:
    """How far an amount may be off and still be the whole invoice.

    Attributes:
        short_percent: Short by a bank's fee: at most this share of the invoice, in
            percent of it.
        short_most: And at most this many euros, roughly: as many major units of the
            invoice's currency, or ten, a hundred, ... times as many of small ones.
    """

    short_percent: Decimal = Decimal(3)
    short_most: Decimal = Decimal(50)


@frozen(kw_only=True)
class CounterpartyRule:
    """Which fields may tell who paid.

    Attributes:
        evidence: The kinds in use; empty for a ledger without customers.
    """

    evidence: tuple[CounterpartyEvidence, ...] = tuple(CounterpartyEvidence)


@frozen(kw_only=True)
class DateRule:
    """When a payment is plausible.

    Attributes:
        stale_after_days: An invoice due (or issued) longer ago than this is offered
            for review, never matched.
    """

    stale_after_days: int = 365


@frozen(kw_only=True)
class GroupLimits:
    """Bounds of the search for several invoices paid together.

    Attributes:
        invoices: Invoices in a set, at most (2 to 12).
        open_items: Open items of one customer that are searched, at most (2 to 40).
    """

    invoices: int = 12
    open_items: int = 40


@frozen(kw_only=True)
class Thresholds:
    """When a proposal is applied, offered, or dropped.

    Attributes:
        match: Confidence in (0, 1) from which it is a match.
        review: Confidence in (0, 1) from which it is offered to a human.
        margin: Lead over the next rival for the same record, in [0, 1), that a
            match needs.
    """

    match: float = 0.99
    review: float = 0.05
    margin: float = 0.9


@frozen(kw_only=True)
class Policies:
    """What a sure proposal of each kind may do, and who wins a tie.

    Attributes:
        part: A part of the invoice is paid.
        short: Short by a bank's fee.
        over: More is paid than is owed.
        several: Several invoices are paid together.
        ties: Invoices of one customer that nothing tells apart.
    """

    part: Treatment = Treatment.MATCH
    short: Treatment = Treatment.MATCH
    over: Treatment = Treatment.MATCH
    several: Treatment = Treatment.MATCH
    ties: TiePolicy = TiePolicy.REFUSE


@frozen(kw_only=True)
class Priors:
    """How often a transaction is of each kind, before any evidence: shares.

    Attributes:
        full: Pays one invoice in full.
        several: Pays several invoices.
        part: Pays a part of one.
        short: Pays one, short by a bank's fee.
        over: Pays one, and more than is owed.
        closed: Pays one that is not open (again, or late).
        nothing: Has to do with no invoice at all.
    """

    full: float = 0.725
    several: float = 0.12
    part: float = 0.04
    short: float = 0.02
    over: float = 0.01
    closed: float = 0.04
    nothing: float = 0.045


DEFAULT_REFERENCES = (
    ReferenceRule(
        name="creditor reference",
        invoice_fields=("creditor_reference",),
        reliability=0.995,
    ),
    ReferenceRule(name="invoice number"),
    ReferenceRule(name="invoice id", invoice_fields=("id",), reliability=0.98),
    ReferenceRule(
        name="further reference", invoice_fields=("references.*",), reliability=0.97
    ),
)


@frozen(kw_only=True)
class Ruleset:
    """The whole configuration of a run; checked as a whole.

    Attributes:
        version: Version of this format; 1.
        references: Where references are looked for.
        amount: Tolerances.
        counterparty: What may tell who paid.
        dates: When a payment is plausible.
        groups: Bounds of the search for sets.
        thresholds: When a proposal is applied or offered.
        policies: What a sure proposal of each kind may do.
        priors: How often each kind occurs.
        learnt: What verdicts taught; see ``feedback.learn``.

    Raises:
        RulesetError: One error that lists every fault with its path.
    """

    version: int = 1
    references: tuple[ReferenceRule, ...] = field(default=DEFAULT_REFERENCES)
    amount: AmountRule = Factory(AmountRule)
    counterparty: CounterpartyRule = Factory(CounterpartyRule)
    dates: DateRule = Factory(DateRule)
    groups: GroupLimits = Factory(GroupLimits)
    thresholds: Thresholds = Factory(Thresholds)
    policies: Policies = Factory(Policies)
    priors: Priors = Factory(Priors)
    learnt: Learnt = Factory(Learnt)

    def __attrs_post_init__(self) -> None:
        arguments, faults = well_typed(self)
        if faults:
            raise _refusal(arguments, faults)
        if faults := tuple(_faults(self)):
            raise RulesetError(faults)

    @classmethod
    def from_toml(cls, text: str) -> "Ruleset":
        """Read a ruleset from TOML; what it does not mention keeps its default.

        Raises:
            RulesetError: Not TOML, an unknown key, a wrong type or value; all faults.
        """
        # Imported here: reading a file is rare, importing the package is not.
        import tomllib  # noqa: PLC0415

        from payymo_core.structuring import structured  # noqa: PLC0415

        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise RulesetError((f"not TOML: {error}",)) from error
        arguments, faults = structured(document, cls)
        if faults:
            raise _refusal(arguments, faults)
        return made(cls, arguments)


def _refusal(arguments: Arguments, faults: Faults) -> RulesetError:
    """An error with these faults, and those of what could be read beside them."""
    try:
        made(Ruleset, arguments)
    except RulesetError as error:
        faults += error.faults
    return RulesetError(faults)


_SHARE = (lambda share: 0 < share < 1, "is not between 0 and 1")
_BOUNDS: Mapping[str, Bounds] = {
    "references": {"reliability": _SHARE},
    "amount": {
        "short_percent": (lambda part: 0 <= part < 50, "is not between 0 and 50"),
        "short_most": (lambda most: 0 <= most < 10**9, "is not 0 to below 10**9"),
    },
    "dates": {"stale_after_days": (lambda n: 1 <= n < 10**5, "is not 1 to 99999")},
    "groups": {
        "invoices": (lambda size: 2 <= size <= 12, "is not between 2 and 12"),
        "open_items": (lambda count: 2 <= count <= 40, "is not between 2 and 40"),
    },
    "thresholds": {
        "match": _SHARE,
        "review": _SHARE,
        "margin": (lambda lead: 0 <= lead < 1, "is not between 0 and 1"),
    },
    "priors": dict.fromkeys([field.name for field in fields(Priors)], _SHARE),
}


def _faults(ruleset: Ruleset) -> Iterator[str]:
    if ruleset.version != 1:
        yield f"version: {ruleset.version!r} is not known; this engine reads 1"
    names = [rule.name for rule in ruleset.references]
    for place, rule in enumerate(ruleset.references):
        path = f"references[{place}]"
        yield from _reference_faults(rule, path, names)
        yield from beyond(rule, _BOUNDS["references"], path)
    for part in ("amount", "dates", "groups", "thresholds", "priors"):
        yield from beyond(getattr(ruleset, part), _BOUNDS[part], part)
    match, review = ruleset.thresholds.match, ruleset.thresholds.review
    if match <= 0.5:
        yield f"thresholds.match: {match!r} would match a coin toss"
    if review > match:
        yield f"thresholds.review: {review!r} is above thresholds.match ({match!r})"
    total = sum(getattr(ruleset.priors, name) for name in _BOUNDS["priors"])
    if abs(total - 1) > 1e-6:
        yield f"priors: the shares add up to {total:.6f}, not to 1"
    yield from learnt_faults(ruleset.learnt, tuple(Exactness))


TRANSACTION_FIELDS = ("remittance", "creditor_reference", "end_to_end_id", "mandate_id")
"""The text fields of a transaction that have a name of their own."""
_REFERENCES = ("number", "id", "creditor_reference")
_KNOWN_FIELDS = {
    "transaction_fields": (*TRANSACTION_FIELDS, "metadata.KEY", "metadata.*"),
    "invoice_fields": (*_REFERENCES, "references.KEY", "references.*"),
}


def _reference_faults(
    rule: ReferenceRule, path: str, names: list[str]
) -> Iterator[str]:
    if not rule.name.strip():
        yield f"{path}.name: is empty"
    if rule.name in OTHER_ROWS:
        yield f"{path}.name: {rule.name!r} is a row of the evidence already"
    if names.count(rule.name) > 1:
        yield f"{path}.name: {rule.name!r} is used by more than one rule"
    for key in _KNOWN_FIELDS:
        yield from _field_faults(getattr(rule, key), key, path)
    if not rule.exactness:
        yield f"{path}.exactness: is empty"
    if rule.pattern is not None:
        try:
            compile_pattern(rule.pattern)
        except ValueError as error:
            yield f"{path}.pattern: {error}"


def _field_faults(chosen: tuple[str, ...], key: str, path: str) -> Iterator[str]:
    known = _KNOWN_FIELDS[key]
    if not chosen:
        yield f"{path}.{key}: is empty"
    for name in chosen:
        mapping, _, inner = name.partition(".")
        if name not in known and not (inner and f"{mapping}.KEY" in known):
            yield f"{path}.{key}: {name!r} is not one of {', '.join(known)}"


@cache
def default_ruleset() -> Ruleset:
    """The one of those who configure nothing; checked once, not in every run."""
    return Ruleset()
