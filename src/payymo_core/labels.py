"""A reviewer's verdict on a proposal, and the truth that a run is measured against."""

from enum import StrEnum, unique

from attrs import frozen


@unique
class Verdict(StrEnum):
    """What the reviewer said of the proposal."""

    CONFIRM = "confirm"
    REJECT = "reject"


@frozen(kw_only=True)
class Label:
    """One verdict: does this transaction pay exactly these invoices?"""

    transaction: str
    invoices: tuple[str, ...]
    verdict: Verdict


@frozen(kw_only=True)
class Truth:
    """The invoices a transaction really pays; empty where it pays nothing open."""

    transaction: str
    invoices: tuple[str, ...]
