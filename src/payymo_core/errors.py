"""Every error the engine raises, and the value it returns for a bad record."""

from attrs import frozen


class PayymoError(Exception):
    """Base of all.

    * PayymoError
      - RulesetError (ValueError)   your configuration; lists every fault with its path
      - RecordError (ValueError)    a value that no record may carry
    """


class RulesetError(PayymoError, ValueError):
    """A ruleset is not self-consistent.

    Attributes:
        faults: One line a fault, each beginning with the path of the field.
    """

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class RecordError(PayymoError, ValueError):
    """A value that a record may not carry, or records that contradict each other.

    A float amount, an unknown currency; a proposal both confirmed and rejected.
    """


@frozen(kw_only=True)
class Rejected:
    """A record left out of the run, and why.

    Attributes:
        record_id: Its id, or "" where it could not be read.
        fault: What is wrong, in a sentence that names the value.
        field: The key at fault, or "" where it is the record as a whole.
        where: File and line as the reader knows them ("bank.jsonl:12"), or "".
    """

    record_id: str
    fault: str
    field: str = ""
    where: str = ""

    def __str__(self) -> str:
        """All of it on one line."""
        parts = (self.where, self.record_id and f"record {self.record_id!r}")
        head = ": ".join(part for part in (*parts, self.field) if part)
        return f"{head}: {self.fault}" if head else self.fault
