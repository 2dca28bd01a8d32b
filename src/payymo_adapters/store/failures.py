"""What a database says went wrong, as an error that says what to do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from payymo_adapters.errors import ConflictError, StoreError

_ADMIN = "ask whoever runs the server"
_UPGRADE = "Run `payymo db upgrade`"
_TAKE_IT_OUT = "Take it out where the text comes from"
# The first letters of a SQLSTATE, the longest that fits: fault and advice.
_STATES = {
    "28": ("the server does not let this user in", "Check user and password"),
    "3D000": ("there is no such database", "Create it, or mend the URL"),
    "42P01": ("a table is missing", _UPGRADE),
    "42703": ("a column is missing", _UPGRADE),
    "42501": ("this user may not do that", f"Grant it, or {_ADMIN}"),
    "53100": ("the disk is full", "Make room on the server and run again"),
    "53200": ("the server is out of memory", "Run again later"),
    "53300": (
        "the server takes no more connections",
        f"Close some, or raise max_connections: {_ADMIN}",
    ),
    "57P": ("the server is stopping or starting", "Run again in a moment"),
    "57014": ("the server cancelled it, for it took too long", "Run again"),
    "40": ("others wrote the same at once, again and again", "Run again"),
    "55P03": ("others hold what is needed for too long", "Run again"),
    "25006": ("the database is read-only", "Connect to the primary server"),
    "08": ("the connection was lost", "Run again: whatever was begun is undone"),
}
# What SQLite says, and psycopg where the server gave no SQLSTATE.
_WORDS = {
    "database or disk is full": ("the disk is full", "Make room and run again"),
    "disk i/o error": ("the disk cannot be read or written", "Check the disk"),
    "unable to open database file": (
        "the file cannot be opened",
        "Check that its folder exists and may be written to",
    ),
    "readonly database": ("the file may not be written to", "Check its permissions"),
    "file is not a database": (
        "the file is not a SQLite database",
        "Name another, or restore a backup",
    ),
    "malformed": ("the file is damaged", "Restore a backup"),
    "no such table": ("a table is missing", _UPGRADE),
    "no such column": ("a column is missing", _UPGRADE),
    "is locked": ("another process holds the file for too long", "Run again"),
    "password": ("the server does not let this user in", "Check user and password"),
    "authentication failed": (
        "the server does not let this user in",
        "Check user and password",
    ),
    "does not exist": (
        "there is no such database or user",
        "Create it, or mend the URL",
    ),
    "too many connections": (
        "the server takes no more connections",
        f"Close some, or raise the limit: {_ADMIN}",
    ),
    "too many clients": (
        "the server takes no more connections",
        f"Close some, or raise max_connections: {_ADMIN}",
    ),
    # The last ones are kept for superusers.
    "connection slots": (
        "the server takes no more connections",
        f"Close some, or raise max_connections: {_ADMIN}",
    ),
    "shutting down": ("the server is stopping or starting", "Run again in a moment"),
    "contain nul": (
        "a text holds a zero byte, which PostgreSQL does not keep",
        _TAKE_IT_OUT,
    ),
    "starting up": ("the server is stopping or starting", "Run again in a moment"),
}
_UNREACHABLE = (
    "the server cannot be reached, or the connection was lost",
    "Check host, port and network, and run again: whatever was begun is undone",
)
_CONSTRAINTS = {
    "ck_transactions_allocated": "more than the transaction's amount would be used",
    "ck_invoices_allocated": "more than an invoice's outstanding would be paid",
    "ck_invoices_open": "an invoice that is not open would be paid",
    "uq_match_decisions_active": "the transaction already has a decision that holds",
    "uq_match_decisions_proposed": "the transaction already has a proposal",
    "ck_match_decisions_live": "the decision does not hold, or its money is in use",
    "allocation_is_of_booked_money": (
        "the transaction is not booked, was withdrawn by the bank, or is in another "
        "currency"
    ),
    "allocation_is_in_the_currency_of_the_invoice": (
        "the invoice does not exist or is in another currency"
    ),
    "allocation_in_flight_is_not_released": "its posting is planned or on its way",
    "posting_state": "the posting has gone on meanwhile",
    "decision_state": "the decision has gone on meanwhile",
    "audit_log_is_append_only": "the audit log is never changed",
    "ck_call_budgets_used": "the budget of calls is used up",
}
# SQLite names the constraint in its message; of a unique one, the columns alone.
_NAMED = re.compile(r"constraint failed: (\w+)$|^(\w+)$")
_UNIQUE = {
    "match_decisions.tenant, match_decisions.transaction_id": (
        "uq_match_decisions_active"
    ),
}


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn what the database raises into a ``StoreError``.

    Args:
        where: The database as a person knows it, without a password.

    Raises:
        ConflictError: A constraint or a trigger refused.
        StoreError: Anything else that went wrong with the database.
    """
    try:
        yield
    except IntegrityError as error:
        raise _conflict(error) from None
    except UnicodeEncodeError:
        named = f"{where}: a text holds half a character, which no database keeps"
        raise StoreError(named, advice=_TAKE_IT_OUT) from None
    except PoolTimeoutError:
        named = f"{where}: all of this process's connections are in use"
        raise StoreError(named, advice="Run again, with fewer threads") from None
    except DBAPIError as error:
        fault, advice = _explained(error)
        named = f"{where}: {fault}"
        raise StoreError(named, advice=advice) from None


def constraint_of(error: IntegrityError) -> str:
    """Name what refused; "" where the database does not say."""
    named = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    if named:
        return str(named)
    said = str(error.orig)
    found = _NAMED.search(said)
    if found and "UNIQUE" not in said:
        return str(found[1] or found[2])
    return next((name for columns, name in _UNIQUE.items() if columns in said), "")


def may_be_repeated(error: DBAPIError) -> bool:
    """Whether it failed only because of what others did at the same time."""
    return _state(error).startswith("40")


def _conflict(error: IntegrityError) -> ConflictError:
    name = constraint_of(error)
    fault = _CONSTRAINTS.get(name)
    if fault is None:
        # The first line alone: the others quote the row.
        fault = str(error.orig).splitlines()[0]
    return ConflictError(fault)


def _state(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


def _explained(error: DBAPIError) -> tuple[str, str]:
    state = _state(error)
    if state == "42501" and "row-level security" in str(error.orig):
        return "a row of another tenant would be written", ""
    for length in (5, 3, 2):
        if state and state[:length] in _STATES:
            return _STATES[state[:length]]
    said = str(error.orig)
    low = said.lower()
    for words, explained in _WORDS.items():
        if words in low:
            return explained
    if not state and _is_network(error):
        return _UNREACHABLE
    return said.splitlines()[0] if said else type(error.orig).__name__, ""


def _is_network(error: DBAPIError) -> bool:
    return type(error.orig).__module__.startswith("psycopg")
