"""What revision 0002 forbids and keeps in step.

The totals ``invoices.allocated``, ``transactions.allocated`` and
``match_decisions.live`` move with the allocations, one row at a time and under the
row's lock; check constraints on those rows then hold for whoever writes, at whatever
isolation.
"""

# ruff: noqa: S608 - statements are made of names that stand in this package

from payymo_adapters.store.migrations.guards import Effect, Guard, Refusal, not_deleted

_INVOICE = "tenant = NEW.tenant AND id = NEW.invoice_id"
_TRANSACTION = "tenant = NEW.tenant AND id = NEW.transaction_id"
_DECISION = "tenant = NEW.tenant AND id = NEW.decision_id"
_POSTINGS = (
    "SELECT 1 FROM postings p WHERE p.tenant = NEW.tenant"
    " AND p.decision_id = NEW.decision_id AND p.invoice_id = NEW.invoice_id"
)
_ALLOCATION = (
    "tenant = NEW.tenant AND decision_id = NEW.decision_id"
    " AND invoice_id = NEW.invoice_id"
)


def transitions(*allowed: str) -> str:
    """Every other change of state, as a condition."""
    pairs = (pair.split(" > ") for pair in allowed)
    cases = " OR ".join(
        f"(OLD.state = '{before}' AND NEW.state IN ("
        + ", ".join(f"'{state}'" for state in after.split())
        + "))"
        for before, after in pairs
    )
    return f"OLD.state <> NEW.state AND NOT ({cases})"


def _from_to(before: str, after: str) -> str:
    return f"OLD.state = '{before}' AND NEW.state = '{after}'"


def _kept(table: str, *columns: str) -> Guard:
    return Refusal(
        f"{table}_are_kept", table, "UPDATE OF " + ", ".join(columns), "1 = 1"
    )


_ALLOCATIONS: tuple[Guard, ...] = (
    Refusal(
        "allocation_begins_reserved", "allocations", "INSERT", "NEW.state <> 'reserved'"
    ),
    Refusal(
        "allocation_is_of_booked_money",
        "allocations",
        "INSERT",
        f"NOT EXISTS (SELECT 1 FROM transactions WHERE {_TRANSACTION}"
        " AND currency = NEW.currency AND status = 'booked' AND gone_at IS NULL)",
    ),
    Refusal(
        "allocation_is_in_the_currency_of_the_invoice",
        "allocations",
        "INSERT",
        f"NOT EXISTS (SELECT 1 FROM invoices WHERE {_INVOICE}"
        " AND currency = NEW.currency)",
    ),
    _kept(
        "allocations",
        *("tenant", "decision_id", "transaction_id", "invoice_id"),
        *("amount", "currency"),
    ),
    not_deleted("allocations"),
    Refusal(
        "allocation_state",
        "allocations",
        "UPDATE OF state",
        transitions("reserved > settled released", "settled > reversed"),
    ),
    Refusal(
        "allocation_settles_by_its_posting",
        "allocations",
        "UPDATE OF state",
        f"{_from_to('reserved', 'settled')} AND NOT EXISTS ({_POSTINGS}"
        " AND p.kind = 'payment' AND p.state = 'confirmed')",
    ),
    Refusal(
        "allocation_in_flight_is_not_released",
        "allocations",
        "UPDATE OF state",
        f"{_from_to('reserved', 'released')} AND EXISTS ({_POSTINGS}"
        " AND p.kind = 'payment' AND p.state NOT IN ('refused', 'stopped'))",
    ),
    Refusal(
        "allocation_reverses_by_its_posting",
        "allocations",
        "UPDATE OF state",
        f"{_from_to('settled', 'reversed')} AND NOT EXISTS ({_POSTINGS}"
        " AND p.kind = 'reversal' AND p.state = 'confirmed')",
    ),
    Effect(
        "allocation_reserves",
        "allocations",
        "INSERT",
        "1 = 1",
        (
            f"UPDATE match_decisions SET live = live + 1 WHERE {_DECISION}",
            (
                "UPDATE transactions SET allocated = allocated + NEW.amount"
                f" WHERE {_TRANSACTION}"
            ),
            f"UPDATE invoices SET allocated = allocated + NEW.amount WHERE {_INVOICE}",
        ),
    ),
    Effect(
        "allocation_settles",
        "allocations",
        "UPDATE OF state",
        _from_to("reserved", "settled"),
        (
            (
                "UPDATE invoices SET allocated = allocated - NEW.amount,"
                " outstanding = outstanding - NEW.amount, digest = '',"
                " as_of = NEW.changed_at, status = CASE"
                " WHEN outstanding = NEW.amount THEN 'paid' ELSE status END"
                f" WHERE {_INVOICE}"
            ),
        ),
    ),
    Effect(
        "allocation_releases",
        "allocations",
        "UPDATE OF state",
        _from_to("reserved", "released"),
        (
            f"UPDATE match_decisions SET live = live - 1 WHERE {_DECISION}",
            (
                "UPDATE transactions SET allocated = allocated - NEW.amount"
                f" WHERE {_TRANSACTION}"
            ),
            f"UPDATE invoices SET allocated = allocated - NEW.amount WHERE {_INVOICE}",
        ),
    ),
    Effect(
        "allocation_reverses",
        "allocations",
        "UPDATE OF state",
        _from_to("settled", "reversed"),
        (
            f"UPDATE match_decisions SET live = live - 1 WHERE {_DECISION}",
            (
                "UPDATE transactions SET allocated = allocated - NEW.amount"
                f" WHERE {_TRANSACTION}"
            ),
            (
                "UPDATE invoices SET outstanding = outstanding + NEW.amount, digest"
                " = '',"
                " as_of = NEW.changed_at, status = CASE"
                " WHEN status = 'paid' THEN 'open' ELSE status END"
                f" WHERE {_INVOICE}"
            ),
        ),
    ),
)

_DECISIONS: tuple[Guard, ...] = (
    not_deleted("match_decisions"),
    _kept("match_decisions", "tenant", "id", "transaction_id", "proposal", "invoices"),
    Refusal(
        "decision_state",
        "match_decisions",
        "UPDATE OF state",
        transitions(
            "proposed > active rejected superseded",
            "rejected > proposed superseded",
            "active > undone stopped",
        ),
    ),
    Effect(
        "decision_is_made",
        "match_decisions",
        "INSERT",
        "NEW.state = 'active'",
        (f"UPDATE transactions SET decision_id = NEW.id WHERE {_TRANSACTION}",),
    ),
    Effect(
        "decision_is_taken",
        "match_decisions",
        "UPDATE OF state",
        "OLD.state <> 'active' AND NEW.state = 'active'",
        (f"UPDATE transactions SET decision_id = NEW.id WHERE {_TRANSACTION}",),
    ),
    Effect(
        "decision_ends",
        "match_decisions",
        "UPDATE OF state",
        "OLD.state = 'active' AND NEW.state <> 'active'",
        (f"UPDATE transactions SET decision_id = NULL WHERE {_TRANSACTION}",),
    ),
)

_PAYMENT_ENDS = (
    "NEW.kind = 'payment' AND OLD.state <> NEW.state AND NEW.state IN ({states})"
)
_POSTING_GUARDS: tuple[Guard, ...] = (
    not_deleted("postings"),
    _kept(
        "postings",
        *("tenant", "id", "decision_id", "invoice_id", "kind", "amount", "currency"),
        "posting_key",
    ),
    Refusal("posting_begins_planned", "postings", "INSERT", "NEW.state <> 'planned'"),
    Refusal(
        "posting_is_of_an_allocation",
        "postings",
        "INSERT",
        f"NOT EXISTS (SELECT 1 FROM allocations WHERE {_ALLOCATION}"
        " AND amount = NEW.amount AND currency = NEW.currency AND state = CASE"
        " WHEN NEW.kind = 'payment' THEN 'reserved' ELSE 'settled' END)",
    ),
    # A limit or a missing permission sends it back to planned: nothing was done.
    Refusal(
        "posting_state",
        "postings",
        "UPDATE OF state",
        transitions(
            "planned > sending stopped",
            "sending > planned confirmed unknown refused",
            "unknown > planned confirmed refused",
        )
        # Nothing was taken back, so that it can be tried again.
        + " AND NOT (NEW.kind = 'reversal' AND OLD.state = 'refused'"
        " AND NEW.state = 'planned')",
    ),
    Effect(
        "payment_is_confirmed",
        "postings",
        "UPDATE OF state",
        _PAYMENT_ENDS.format(states="'confirmed'"),
        (
            (
                "UPDATE allocations SET state = 'settled', changed_at = NEW.changed_at"
                f" WHERE {_ALLOCATION}"
            ),
        ),
    ),
    Effect(
        "payment_is_not_made",
        "postings",
        "UPDATE OF state",
        _PAYMENT_ENDS.format(states="'refused', 'stopped'"),
        (
            (
                "UPDATE allocations SET state = 'released', changed_at = NEW.changed_at"
                f" WHERE {_ALLOCATION}"
            ),
        ),
    ),
    Effect(
        "reversal_is_confirmed",
        "postings",
        "UPDATE OF state",
        "NEW.kind = 'reversal' AND OLD.state <> 'confirmed'"
        " AND NEW.state = 'confirmed'",
        (
            (
                "UPDATE allocations SET state = 'reversed', changed_at = NEW.changed_at"
                f" WHERE {_ALLOCATION}"
            ),
        ),
    ),
)

GUARDS = (*_ALLOCATIONS, *_DECISIONS, *_POSTING_GUARDS)
