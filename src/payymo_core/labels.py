"""A reviewer's verdict on a proposal, and the truth that a run is measured against."""

from enum import StrEnum, unique

from attrs import field, frozen


@unique
class Verdict(StrEnum):
    """What the reviewer said of the proposal."""

    CONFIRM = "confirm"
    REJECT = "reject"


@frozen(kw_only=True)
class Label:
    """One verdict: does this transaction pay exactly these invoices?

    Attributes:
        transaction: Its id.
        invoices: Their ids; none where it pays nothing that is open.
        verdict: Yes or no.
        where: File and line as the reader knows them ("labels.jsonl:12"), or "".
    """

    transaction: str
    invoices: tuple[str, ...]
    verdict: Verdict
    where: str = field(default="", eq=False)


@frozen(kw_only=True)
class Truth:
    """The invoices a transaction really pays; empty where it pays nothing open."""

    transaction: str
    invoices: tuple[str, ...]
