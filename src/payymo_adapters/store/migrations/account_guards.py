"""What revision 0005 holds a transaction to: its account, which stays.

SQLite keeps the foreign key. PostgreSQL asks one of each row by itself, for a quarter
of the time that a row takes; so it asks once a statement, for all of its rows. That
holds whoever writes at the same time, for an account is never taken away.
"""

from payymo_adapters.store.migrations.guards import Guard, Refusal, not_deleted

ACCOUNT_CHECK = "transactions_have_their_account"
"""The trigger that does the work of a foreign key."""

GUARDS: tuple[Guard, ...] = (
    not_deleted("accounts"),
    Refusal(
        "accounts_keep_their_id",
        "accounts",
        "UPDATE OF tenant, id",
        "OLD.tenant <> NEW.tenant OR OLD.id <> NEW.id",
    ),
    Refusal(
        "transactions_keep_their_account",
        "transactions",
        "UPDATE OF tenant, account_id",
        "OLD.tenant <> NEW.tenant OR OLD.account_id <> NEW.account_id",
    ),
)

_RAISE = (
    "RAISE EXCEPTION 'a transaction of no account' USING "
    "ERRCODE = 'foreign_key_violation', CONSTRAINT = 'fk_transactions_accounts'"
)
_FUNCTION = (
    "CREATE FUNCTION payymo_{name}() RETURNS trigger LANGUAGE plpgsql AS "
    "$guard$ BEGIN IF {condition} THEN {refuse}; END IF; RETURN NULL; END $guard$"
)
_TRIGGER = (
    "CREATE TRIGGER {name} AFTER {event} FOR EACH STATEMENT "
    "EXECUTE FUNCTION payymo_{name}()"
)
_CHECKS = (
    {
        "name": ACCOUNT_CHECK,
        "event": "INSERT ON transactions REFERENCING NEW TABLE AS came",
        "condition": (
            "EXISTS (SELECT 1 FROM came WHERE NOT EXISTS (SELECT 1 FROM accounts a"
            " WHERE a.tenant = came.tenant AND a.id = came.account_id))"
        ),
    },
    {
        # Row-level security hides rows from the table's owner as well, not their size.
        "name": "accounts_are_emptied_with_their_transactions",
        "event": "TRUNCATE ON accounts",
        "condition": "pg_relation_size('transactions') > 0",
    },
)

SET_UP = tuple(
    template.format(**check, refuse=_RAISE)
    for check in _CHECKS
    for template in (_FUNCTION, _TRIGGER)
)
"""What makes the checks, on PostgreSQL."""
TAKE_DOWN = tuple(
    f"DROP FUNCTION payymo_{check['name']}() CASCADE" for check in _CHECKS
)
