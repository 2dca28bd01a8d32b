"""How a CSV file is written: as detected, and as a mapping says."""

import tomllib
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from payymo_adapters.errors import FileError
from payymo_adapters.files.amounts import MARKS, Mark
from payymo_adapters.files.dates import DateOrder
from payymo_adapters.files.headers import BANK, LEDGER
from payymo_core.money import EXPONENTS

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_ORDERS = {
    DateOrder.DAY_FIRST: "day first",
    DateOrder.MONTH_FIRST: "month first",
    DateOrder.YEAR_FIRST: "year first",
}


@frozen(kw_only=True)
class CsvFormat:
    """What a CSV file was found to be; ``str()`` says all but the columns in words.

    Attributes:
        encoding: Name of the encoding.
        delimiter: What stands between cells.
        header_line: Line of the headers, from 1.
        decimal: Decimal mark; None where no amount has one.
        date_order: Order of day and month; None where no date needs one.
        currency: The one currency of the file, or "" where a column names it.
        columns: Role and header, in the order of the file.
        unused: Headers of the columns that nothing was taken from.
    """

    encoding: str
    delimiter: str
    header_line: int
    decimal: Mark | None
    date_order: DateOrder | None
    currency: str
    columns: tuple[tuple[str, str], ...]
    unused: tuple[str, ...]

    def __str__(self) -> str:
        """As a person would put it."""
        words = [
            f"CSV in {self.encoding}, cells between {_DELIMITERS[self.delimiter]}",
            f"headers on line {self.header_line}",
        ]
        if self.decimal:
            name = "point" if self.decimal == "." else "comma"
            words.append(f"decimal {name}")
        if self.date_order:
            words.append(f"dates {_ORDERS[self.date_order]}")
        if self.currency:
            words.append(f"all in {self.currency}")
        return ", ".join(words)

    @property
    def uses(self) -> tuple[tuple[str, str], ...]:
        """Each column's use and header, those that are not used last."""
        return (*self.columns, *(("not used", header) for header in self.unused))


@frozen(kw_only=True)
class CsvMapping:
    """What a user says of a CSV file; whatever is left out is detected.

    Attributes:
        encoding: Name of an encoding Python knows.
        delimiter: ``,``, ``;``, a tab or ``|``.
        decimal: ``.`` or ``,``.
        date_order: ``DMY``, ``MDY`` or ``YMD``.
        currency: ISO 4217 code of amounts that name none.
        skip: Lines before the header.
        columns: Role -> headers, exactly as in the file; texts of several are joined.
    """

    encoding: str | None = None
    delimiter: str | None = None
    decimal: Mark | None = None
    date_order: DateOrder | None = None
    currency: str | None = None
    skip: int | None = None
    columns: Mapping[str, tuple[str, ...]] = field(factory=dict)

    @classmethod
    def from_toml(cls, text: str, name: str = "mapping") -> "CsvMapping":
        """Read a mapping.

        >>> CsvMapping.from_toml('columns.amount = "Summe"').columns
        {'amount': ('Summe',)}

        Args:
            text: TOML.
            name: What to call it in a fault.

        Raises:
            FileError: Not TOML, or with faults; all of them are listed.
        """
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            fault = f"not TOML: {error}"
            raise FileError(name, fault) from None
        except RecursionError:
            fault = "not TOML: nested too deeply"
            raise FileError(name, fault) from None
        faults = [*_scalar_faults(data), *_column_faults(data.get("columns", {}))]
        if faults:
            raise FileError(name, "\n".join(faults))
        order = data.pop("date_order", None)
        columns = {
            role: (given,) if isinstance(given, str) else tuple(given)
            for role, given in data.pop("columns", {}).items()
        }
        return cls(**data, date_order=order and DateOrder(order), columns=columns)


def _knows_encoding(value: object) -> bool:
    try:
        return isinstance(value, str) and isinstance("".encode(value), bytes)
    except (LookupError, ValueError):
        return False


# Key -> what it may be, in words, and the test of it.
_SCALARS = {
    "encoding": ("an encoding, as 'cp1250'", _knows_encoding),
    "delimiter": ("one of , ; | or a tab", lambda value: value in tuple(_DELIMITERS)),
    "decimal": ("'.' or ','", lambda value: value in MARKS),
    "date_order": ("one of DMY, MDY, YMD", lambda value: value in tuple(DateOrder)),
    "currency": ("an ISO 4217 code", lambda value: value in tuple(EXPONENTS)),
    "skip": (
        "a number of lines, 0 or more",
        lambda value: type(value) is int and value >= 0,
    ),
}


def _scalar_faults(data: Mapping[str, Any]) -> list[str]:
    faults = [
        f"{key}: {data[key]!r} is not {wanted}"
        for key, (wanted, allows) in _SCALARS.items()
        if key in data and not allows(data[key])
    ]
    unknown = sorted(data.keys() - _SCALARS.keys() - {"columns"})
    return faults + [f"{key}: unknown key" for key in unknown]


def _column_faults(columns: object) -> list[str]:
    if not isinstance(columns, dict):
        return ["columns: not a table of roles"]
    roles = {**BANK, **LEDGER}
    faults = [
        f"columns.{role}: unknown role; the roles are {', '.join(roles)}"
        for role in columns
        if role not in roles and not role.startswith("references.")
    ]
    return faults + [
        f"columns.{role}: {given!r} is not a header or a list of headers"
        for role, given in columns.items()
        if not _are_headers(given)
    ]


def _are_headers(given: object) -> bool:
    listed = given if isinstance(given, list) else [given]
    return bool(listed) and all(isinstance(header, str) for header in listed)
