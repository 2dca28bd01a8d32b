"""Tables of what was decided, what was applied, and what was told to others."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Float,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)

from payymo_adapters.store.kinds import Utc
from payymo_adapters.store.tables import (
    Name,
    index_where,
    key,
    of_tenant,
    one_of,
    tenants_own,
    to,
    unique_where,
)

rulesets = tenants_own(
    "rulesets",
    Column("version", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
    # The one that matching uses; a new one is taken by an explicit step.
    Column("taken_at", Utc),
    of_tenant(),
    key("version"),
)

match_decisions = tenants_own(
    "match_decisions",
    Column("id", BigInteger, nullable=False, autoincrement=False),
    Column("transaction_id", Name, nullable=False),
    Column("state", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("ruleset_version", Integer),
    Column("confidence", Float),
    Column("outcome", Text),
    # What the engine said, or the allocations that a person chose.
    Column("proposal", Text, nullable=False),
    # The invoices, sorted, as JSON: what a rejection is of.
    Column("invoices", Text, nullable=False),
    Column("reason", Text),
    Column("actor", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("decided_at", Utc),
    Column("closed_at", Utc),
    # The second person, where four eyes are wanted.
    Column("seconded_by", Text),
    Column("seconded_at", Utc),
    # Allocations reserved or settled; kept by triggers.
    Column("live", Integer, nullable=False, server_default=text("0")),
    key("id"),
    UniqueConstraint("tenant", "id", "transaction_id", name="transaction"),
    to("transactions", "transaction_id"),
    to("rulesets", "ruleset_version", keys=("version",)),
    one_of("state", "proposed active rejected superseded stopped undone"),
    one_of("kind", "match split ignore"),
    CheckConstraint("live >= 0 AND (state = 'active' OR live = 0)", name="live"),
    CheckConstraint("kind <> 'ignore' OR live = 0", name="ignore"),
    CheckConstraint("kind = 'match' OR reason <> ''", name="reason"),
    CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence"),
    unique_where(
        "uq_match_decisions_active",
        "tenant transaction_id",
        "state = 'active'",
    ),
    unique_where(
        "uq_match_decisions_proposed",
        "tenant transaction_id",
        "state = 'proposed'",
    ),
    Index("ix_match_decisions_transaction", "tenant", "transaction_id"),
)

allocations = tenants_own(
    "allocations",
    Column("decision_id", BigInteger, nullable=False),
    Column("transaction_id", Name, nullable=False),
    Column("invoice_id", Name, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("changed_at", Utc, nullable=False),
    key("decision_id", "invoice_id"),
    to(
        "match_decisions",
        *("decision_id", "transaction_id"),
        keys=("id", "transaction_id"),
    ),
    to("invoices", "invoice_id"),
    one_of("state", "reserved settled released reversed"),
    CheckConstraint("amount <> 0", name="amount"),
    Index("ix_allocations_invoice", "tenant", "invoice_id"),
)

postings = tenants_own(
    "postings",
    Column("id", BigInteger, nullable=False, autoincrement=False),
    Column("decision_id", BigInteger, nullable=False),
    Column("invoice_id", Name, nullable=False),
    Column("kind", Name, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    # What the provider knows it by; the same after a crash, never the same for two.
    Column("posting_key", Name, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("fault", Text),
    Column("planned_at", Utc, nullable=False),
    Column("changed_at", Utc, nullable=False),
    # Who had it sent again while its outcome was unknown, or gave it up.
    Column("ruled_by", Text),
    key("id"),
    UniqueConstraint("tenant", "posting_key", name="key"),
    UniqueConstraint("tenant", "decision_id", "invoice_id", "kind", name="once"),
    to(
        "allocations",
        *("decision_id", "invoice_id"),
        keys=("decision_id", "invoice_id"),
    ),
    one_of("kind", "payment reversal"),
    one_of("state", "planned sending confirmed unknown refused stopped"),
    index_where(
        "ix_postings_unresolved",
        "tenant invoice_id",
        "state IN ('planned', 'sending', 'unknown')",
    ),
)

four_eyes = tenants_own(
    "four_eyes",
    Column("currency", Name, nullable=False),
    # Minor units: what posts more waits for a second person.
    Column("above", BigInteger, nullable=False),
    Column("set_at", Utc, nullable=False),
    of_tenant(),
    key("currency"),
    CheckConstraint("above >= 0", name="above"),
)

labels = tenants_own(
    "labels",
    Column("id", BigInteger, nullable=False, autoincrement=False),
    Column("decision_id", BigInteger, nullable=False),
    Column("transaction_id", Name, nullable=False),
    Column("invoices", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("given_at", Utc, nullable=False),
    Column("retracted_at", Utc),
    key("id"),
    to(
        "match_decisions",
        *("decision_id", "transaction_id"),
        keys=("id", "transaction_id"),
    ),
    one_of("verdict", "confirm reject"),
    index_where(
        "ix_labels_held",
        "tenant transaction_id",
        "retracted_at IS NULL",
    ),
)

sync_cursors = tenants_own(
    "sync_cursors",
    Column("account_id", Name, nullable=False),
    Column("stream", Name, nullable=False),
    Column("position", Text, nullable=False),
    Column("moved_at", Utc, nullable=False),
    key("account_id", "stream"),
    to("accounts", "account_id"),
)

call_budgets = tenants_own(
    "call_budgets",
    Column("connection_id", Name, nullable=False),
    Column("budget", Name, nullable=False),
    Column("day", Date, nullable=False),
    Column("used", Integer, nullable=False),
    Column("allowed", Integer, nullable=False),
    key("connection_id", "budget", "day"),
    to("connections", "connection_id"),
    CheckConstraint("used >= 0 AND used <= allowed", name="used"),
)

audit_log = tenants_own(
    "audit_log",
    Column("seq", BigInteger, nullable=False, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Name, nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous_hash", Name, nullable=False),
    Column("hash", Text, nullable=False),
    of_tenant(),
    key("seq"),
    UniqueConstraint("tenant", "previous_hash", name="chain"),
    Index("ix_audit_log_subject", "tenant", "subject"),
)

outbox_events = tenants_own(
    "outbox_events",
    Column("seq", BigInteger, nullable=False, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("subject", Name, nullable=False),
    Column("payload", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_at", Utc, nullable=False),
    Column("delivered_at", Utc),
    of_tenant(),
    key("seq"),
    index_where(
        "ix_outbox_events_waiting",
        "tenant subject seq",
        "delivered_at IS NULL",
    ),
)

webhook_inbox = tenants_own(
    "webhook_inbox",
    Column("provider", Name, nullable=False),
    Column("event_id", Name, nullable=False),
    Column("payload", Text, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("handled_at", Utc),
    of_tenant(),
    key("provider", "event_id"),
    index_where(
        "ix_webhook_inbox_waiting",
        "tenant received_at",
        "handled_at IS NULL",
    ),
)
