"""The tables of the ledger, for SQLite and PostgreSQL alike, and the triggers that refuse to change what is written."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

VERSION: Final = 1

# Ids and keys sort by code point, as upstream's do, whatever the server's language.
_ID: Final = Text().with_variant(Text(collation="C"), "postgresql")
# In SQLite only an INTEGER primary key is the row's own number.
NUMBER: Final = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData()

record = Table(
    "record",
    metadata,
    Column("sequence", NUMBER, primary_key=True, autoincrement=False),
    Column("record_id", _ID, nullable=False),
    Column("kind", Text),
    Column("created_at", Text),
    Column("signer", Text),
    Column("decision_count", BigInteger),
    Column("blocked_count", BigInteger),
    Column("approval_required_count", BigInteger),
    Column("payload", Text, nullable=False),
    Column("payload_sha256", Text, nullable=False),
    Column("idempotency_key", _ID, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("record_by_key", "idempotency_key", unique=True),
    Index("record_by_id", "record_id"),
)

head = Table(
    "head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("schema_version", Integer, nullable=False),
    Column("sequence", NUMBER, nullable=False),
    Column("hash", Text, nullable=False),
)

source_state = Table(
    "source_state",
    metadata,
    Column("source", Text, primary_key=True),
    Column("alias", Text, nullable=False),
    Column("state", Text, nullable=False),
)

_ABORT: Final = "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
_EACH: Final = "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"

TRIGGERS: Final = {
    "sqlite": (
        f"CREATE TRIGGER record_no_update BEFORE UPDATE ON record {_ABORT}",
        f"CREATE TRIGGER record_no_delete BEFORE DELETE ON record {_ABORT}",
        f"CREATE TRIGGER head_no_delete BEFORE DELETE ON head {_ABORT}",
        f"CREATE TRIGGER head_only_forward BEFORE UPDATE ON head WHEN new.sequence <= old.sequence {_ABORT}",
    ),
    "postgresql": (
        """CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$""",
        f"CREATE TRIGGER record_only_append BEFORE UPDATE OR DELETE OR TRUNCATE ON record {_EACH}",
        f"CREATE TRIGGER head_no_delete BEFORE DELETE OR TRUNCATE ON head {_EACH}",
        """CREATE TRIGGER head_only_forward BEFORE UPDATE ON head FOR EACH ROW
            WHEN (new.sequence <= old.sequence) EXECUTE FUNCTION ledger_refuse()""",
    ),
}
