"""Columns in, columns out: NumPy arrays, and Arrow, pandas and Polars frames.

A frame is a mapping of names to sequences of values, or whatever speaks the Arrow
PyCapsule interface: a pyarrow table, a pandas or a Polars frame, a DuckDB relation. The
names are the keys of the exchange format, those of objects parted by a dot:
``counterparty.iban``, ``references.purchase_order``, ``customer.id``.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from payymo_core.engine import Matcher
from payymo_core.errors import RecordError
from payymo_core.records import Counterparty, Customer, Invoice, Transaction
from payymo_core.rules import Ruleset
from payymo_core.tabular import MatchColumns

if TYPE_CHECKING:
    from concurrent.futures import Executor

_Part = TypeVar("_Part", Counterparty, Customer)


@runtime_checkable
class ArrowFrame(Protocol):
    """Whoever exports a table through the Arrow PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """A capsule that holds a stream of batches."""
        ...


Values = Sequence[object] | NDArray[np.generic]  # type: ignore[explicit-any]
Frame = Mapping[str, Values] | ArrowFrame


def match_columns(
    transactions: Frame,
    invoices: Frame | Matcher,
    ruleset: Ruleset | None = None,
    *,
    executor: "Executor | None" = None,
) -> MatchColumns:
    """Say which payment pays which invoice, from columns to columns.

    Args:
        transactions: A frame.
        invoices: A frame; or a ledger prepared already, for a ruleset of its own.
        ruleset: How records are compared; the default works for most.
        executor: Who compares the chunks, as ``match`` takes it.

    Raises:
        RecordError: A frame lacks a column that it needs, has one that is not known,
            or columns that differ in length. A bad value only sets its row aside.
    """
    held = (
        invoices
        if isinstance(invoices, Matcher)
        else Matcher(invoices_of(invoices), ruleset)
    )
    result = held.match(transactions_of(transactions), executor=executor)
    return MatchColumns.of(result)


def transactions_of(frame: Frame) -> list[Transaction]:
    """Transactions, one a row.

    Raises:
        RecordError: As of ``match_columns``.
    """
    table = _Table.of(frame, _TRANSACTION)
    others = table.parts("counterparty.", Counterparty)
    return [
        Transaction(**row, counterparty=other, metadata=carried)  # type: ignore[arg-type]
        for row, other, carried in zip(
            table.rows(needed=_TRANSACTION.required),
            others,
            table.rows("metadata."),
            strict=True,
        )
    ]


def invoices_of(frame: Frame) -> list[Invoice]:
    """Invoices, one a row; customers of equal columns are one object.

    Raises:
        RecordError: As of ``match_columns``.
    """
    table = _Table.of(frame, _INVOICE)
    customers = table.parts("customer.", Customer, ("id",))
    return [
        Invoice(**row, customer=customer, references=references, metadata=carried)  # type: ignore[arg-type]
        for row, customer, references, carried in zip(
            table.rows(needed=_INVOICE.required),
            customers,
            table.rows("references."),
            table.rows("metadata."),
            strict=True,
        )
    ]


@frozen
class _Kind:
    """Columns that a frame may have.

    Attributes:
        name: Of what it is a frame.
        required: Those that must be there.
        known: How the values of each are taken; by its beginning, with a dot at the
            end, where the rest of the name is free.
    """

    name: str
    required: tuple[str, ...]
    known: Mapping[str, Callable[[object], object]]

    def reader(self, column: str) -> Callable[[object], object] | None:
        """How the values of a column are taken; None for one that is not known."""
        head, dot, rest = column.partition(".")
        free = self.known.get(head + dot) if rest else None
        return free or (None if column.endswith(".") else self.known.get(column))


def _as_it_is(value: object) -> object:
    return value


def _money(value: object) -> object:
    """A decimal text as a Decimal; what is none is left for the engine to refuse."""
    if isinstance(value, str):
        try:
            return Decimal(value)
        except InvalidOperation:
            return value
    return value


def _day(value: object) -> object:
    """An ISO date, or midnight of no time zone, as a date."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    if isinstance(value, datetime) and value.timetz() == time():
        return value.date()
    return value


def _texts(value: object) -> object:
    return tuple(value) if isinstance(value, list | np.ndarray) else value


_TRANSACTION = _Kind(
    "transactions",
    ("id", "amount", "currency"),
    {
        **dict.fromkeys(
            (
                *("id", "currency", "status", "remittance", "creditor_reference"),
                *("end_to_end_id", "mandate_id", "account", "metadata."),
                *("counterparty.name", "counterparty.iban", "counterparty.account"),
            ),
            _as_it_is,
        ),
        **dict.fromkeys(("amount", "fee"), _money),
        **dict.fromkeys(("booking_date", "value_date"), _day),
    },
)
_INVOICE = _Kind(
    "invoices",
    ("id", "outstanding", "currency"),
    {
        **dict.fromkeys(
            (
                *("id", "currency", "number", "status", "creditor_reference"),
                *("references.", "metadata.", "customer.id", "customer.name"),
                *("customer.company", "customer.email"),
            ),
            _as_it_is,
        ),
        **dict.fromkeys(("outstanding", "total"), _money),
        **dict.fromkeys(("issue_date", "due_date"), _day),
        **dict.fromkeys(
            ("customer.ibans", "customer.accounts", "customer.aliases"), _texts
        ),
    },
)


@frozen
class _Table:
    """The columns of a frame, as lists of equal length; None for what is not known."""

    columns: Mapping[str, Sequence[object]]

    @classmethod
    def of(cls, frame: Frame, kind: _Kind) -> "_Table":
        columns = {}
        for name, values in _columns(frame, kind.name):
            reader = kind.reader(name)
            if reader is None:
                msg = f"{kind.name}: unknown column {name!r}"
                raise RecordError(msg)
            columns[name] = [None if v is None else reader(v) for v in values]
        for name in kind.required:
            if name not in columns:
                msg = f"{kind.name}: there is no column {name!r}"
                raise RecordError(msg)
        sizes = {name: len(values) for name, values in columns.items()}
        if len(set(sizes.values())) > 1:
            msg = f"{kind.name}: columns differ in length: {sizes}"
            raise RecordError(msg)
        return cls(columns)

    def __len__(self) -> int:
        return len(self.columns["id"])

    def rows(
        self, prefix: str = "", needed: Sequence[str] = ()
    ) -> Iterator[dict[str, object]]:
        """What each row says under names that begin so, by the rest of the name.

        What is not known is left out, but for what is needed: the engine refuses it.
        """
        names = [name for name in self.columns if _under(prefix, name)]
        keys = [name.removeprefix(prefix) for name in names]
        lacking = dict.fromkeys(needed)
        if not names:
            yield from ({} for _ in range(len(self)))
            return
        for values in zip(*(self.columns[name] for name in names), strict=True):
            row = zip(keys, values, strict=True)
            yield lacking | {key: value for key, value in row if value is not None}

    def parts(
        self, prefix: str, build: type[_Part], needed: Sequence[str] = ()
    ) -> Iterator[_Part | None]:
        """An object of each row's columns that begin so; None where all are empty."""
        empty = repr(dict.fromkeys(needed))
        made: dict[str, _Part | None] = {repr({}): None, empty: None}
        for row in self.rows(prefix, needed):
            key = repr(row)  # a bad value may have no hash
            if key not in made:
                made[key] = build(**row)  # type: ignore[arg-type]
            yield made[key]


def _under(prefix: str, name: str) -> bool:
    return name.startswith(prefix) if prefix else "." not in name


def _columns(frame: Frame, name: str) -> Iterator[tuple[str, Sequence[object]]]:
    if isinstance(frame, ArrowFrame):
        yield from _of_arrow(frame, name)
        return
    for column, given in frame.items():
        yield column, _listed(given)


def _of_arrow(frame: ArrowFrame, name: str) -> Iterator[tuple[str, list[object]]]:
    # Imported here: who has mappings of arrays needs no Arrow.
    from arro3.core import Table  # noqa: PLC0415

    try:
        table = Table.from_arrow(frame)
        yield from [(c, [*table.column(c).to_pylist()]) for c in table.column_names]
    except Exception as error:
        msg = f"{name}: not readable through Arrow: {error}"
        raise RecordError(msg) from error


def _listed(values: Values) -> Sequence[object]:
    if not isinstance(values, np.ndarray):
        return list(values)
    if values.dtype.kind == "M":
        days = values.astype("datetime64[D]")
        # What is not midnight is no day, and is left for the engine to refuse.
        values = days if np.all((days == values) | np.isnat(days)) else values
    held: list[object] = values.tolist()
    return held
