"""Tables of what came: tenants and connections, transactions and invoices."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from payymo_adapters.store.kinds import Utc
from payymo_adapters.store.tables import (
    Name,
    index_where,
    key,
    metadata,
    of_tenant,
    one_of,
    tenants_own,
    to,
)

tenants = Table(
    "tenants",
    metadata,
    Column("id", Name, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    # The end of the audit log's chain: what was cut off it is missed.
    Column("audit_seq", BigInteger, nullable=False, server_default=text("0")),
    Column("audit_hash", Text, nullable=False, server_default=""),
    CheckConstraint("id <> ''", name="id"),
)

connections = tenants_own(
    "connections",
    Column("id", Name, nullable=False),
    Column("provider", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("credentials", LargeBinary),
    Column("expires_at", Utc),
    Column("fault", Text),
    Column("changed_at", Utc, nullable=False),
    of_tenant(),
    key("id"),
)

accounts = tenants_own(
    "accounts",
    Column("id", Name, nullable=False),
    Column("connection_id", Name),
    Column("name", Text, nullable=False),
    Column("identifier", Text),
    Column("currency", Text),
    Column("created_at", Utc, nullable=False),
    of_tenant(),
    key("id"),
    to("connections", "connection_id"),
    CheckConstraint("id <> '' AND id NOT LIKE '%/%'", name="id"),
)

transactions = tenants_own(
    "transactions",
    Column("id", Name, nullable=False),
    Column("account_id", Name, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("fee", BigInteger),
    Column("gross", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("booking_date", Date),
    Column("value_date", Date),
    Column("status", Text, nullable=False),
    Column("remittance", Text),
    Column("creditor_reference", Text),
    Column("end_to_end_id", Text),
    Column("mandate_id", Text),
    Column("counterparty", Text),
    Column("own_account", Text),
    Column("metadata", Text),
    Column("version", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    # What was sent last, word for word; what was before it is in the history.
    Column("payload", Text, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    Column("changed_at", Utc, nullable=False),
    # The bank no longer lists it, or shows it under the id that took its place.
    Column("gone_at", Utc),
    Column("replaced_by", Text),
    # Kept by triggers.
    Column("allocated", BigInteger, nullable=False, server_default=text("0")),
    Column("decision_id", BigInteger),
    key("id"),
    # On PostgreSQL a trigger asks for it, once a statement.
    to("accounts", "account_id").ddl_if(dialect="sqlite"),
    one_of("status", "booked pending"),
    CheckConstraint("id = account_id || '/' || external_id", name="id"),
    CheckConstraint("length(currency) = 3", name="currency"),
    CheckConstraint(
        "(gross > 0 AND allocated <= gross) OR (gross < 0 AND allocated >= gross)"
        " OR (gross = 0 AND allocated = 0)",
        name="allocated",
    ),
    index_where(
        "ix_transactions_undecided",
        "tenant id",
        "decision_id IS NULL AND status = 'booked' AND gone_at IS NULL",
    ),
)

transaction_versions = tenants_own(
    "transaction_versions",
    Column("transaction_id", Name, nullable=False),
    Column("version", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    key("transaction_id", "version"),
    # Not of the transaction: that would take half the time of a bulk upsert.
    of_tenant(),
)

invoices = tenants_own(
    "invoices",
    Column("id", Name, nullable=False),
    Column("connection_id", Name),
    Column("outstanding", BigInteger, nullable=False),
    Column("total", BigInteger),
    Column("currency", Text, nullable=False),
    Column("number", Text),
    Column("issue_date", Date),
    Column("due_date", Date),
    Column("status", Text, nullable=False),
    Column("creditor_reference", Text),
    Column("reference_fields", Text),
    Column("customer", Text),
    Column("metadata", Text),
    Column("version", Integer, nullable=False),
    # "" where the row is no longer as the last snapshot had it.
    Column("digest", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("as_of", Utc, nullable=False),
    # When its ledger was seen to have it so; ``as_of`` moves with what we post.
    Column("changed_at", Utc),
    Column("allocated", BigInteger, nullable=False, server_default=text("0")),
    of_tenant(),
    key("id"),
    to("connections", "connection_id"),
    one_of("status", "open paid cancelled refunded draft"),
    CheckConstraint("length(currency) = 3", name="currency"),
    CheckConstraint(
        "(outstanding >= 0 AND allocated >= 0 AND allocated <= outstanding)"
        " OR (outstanding < 0 AND allocated <= 0 AND allocated >= outstanding)",
        name="allocated",
    ),
    CheckConstraint("status = 'open' OR allocated = 0", name="open"),
    index_where(
        "ix_invoices_open",
        "tenant id",
        "status = 'open'",
    ),
)

invoice_snapshots = tenants_own(
    "invoice_snapshots",
    Column("invoice_id", Name, nullable=False),
    Column("version", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Column("taken_at", Utc, nullable=False),
    key("invoice_id", "version"),
    of_tenant(),
)

rejected_records = tenants_own(
    "rejected_records",
    Column("connection_id", Name, nullable=False),
    # What it was read from, as ``file:march.csv``.
    Column("stream", Name, nullable=False),
    Column("place", Integer, nullable=False),
    Column("found_in", Text, nullable=False),
    Column("record_id", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("fault", Text, nullable=False),
    Column("read_at", Utc, nullable=False),
    key("connection_id", "stream", "place"),
    to("connections", "connection_id"),
)
