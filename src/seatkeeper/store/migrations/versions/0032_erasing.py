"""0032: a person can be erased, and the audit trail stays whole without their data.

Why:      whoever left may ask that nothing of them is kept. That takes several transactions, so
          what is under way is written down. Each audit row gets a salt, so that its hash says
          nothing once its values are gone, and says which entry told that they went. The trail
          stays append-only but for that: values may go while a person is erased, nothing else.
Deploy:   additive; to the previous release the audit trail looks broken from this one's first row.
Locks:    short, on audit.
Undo:     the triggers of 0001; DROP TABLE erasures; ALTER TABLE audit DROP COLUMN salt, and
          DROP COLUMN erased_by.
"""

from alembic import op

revision = "0032"
down_revision = "0031"

ERASURES = """
    CREATE TABLE erasures (
        record_id {key} NOT NULL,
        actor TEXT NOT NULL,
        at {key} NOT NULL,
        traces TEXT,
        removed TEXT NOT NULL,
        PRIMARY KEY (record_id)
    )
"""

_SAME = " AND ".join(
    f"NEW.{name} {{same}} OLD.{name}"
    for name in ("seq", "at", "actor", "action", "subject", "hash")
)
_MAY = (
    f"{_SAME} AND NEW.salt IS NULL AND NEW.erased_by IS NOT NULL"
    " AND EXISTS (SELECT 1 FROM erasures)"
)
_REFUSED = "the audit trail is append-only"

TRIGGERS = {
    "sqlite": (
        "DROP TRIGGER audit_no_update",
        "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit"
        f" WHEN NOT ({_MAY.format(same='IS')})"
        f" BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
    ),
    "postgresql": (
        "DROP TRIGGER audit_append_only ON audit",
        "CREATE TRIGGER audit_append_only BEFORE DELETE OR TRUNCATE ON audit"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
        "CREATE FUNCTION audit_loses_values() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN IF {_MAY.format(same='IS NOT DISTINCT FROM')} THEN RETURN NEW; END IF;"
        f" RAISE EXCEPTION '{_REFUSED}'; END $$",
        "CREATE TRIGGER audit_loses_values BEFORE UPDATE ON audit"
        " FOR EACH ROW EXECUTE FUNCTION audit_loses_values()",
    ),
}

WORDS = {"sqlite": {"key": "TEXT"}, "postgresql": {"key": 'TEXT COLLATE "C"'}}


def upgrade() -> None:
    """Add the table and the columns, and let values of the trail go while somebody is erased."""
    dialect = op.get_bind().dialect.name
    op.execute(ERASURES.format(**WORDS[dialect]))
    op.execute("ALTER TABLE audit ADD COLUMN salt TEXT")
    op.execute("ALTER TABLE audit ADD COLUMN erased_by BIGINT")
    for statement in TRIGGERS[dialect]:
        op.execute(statement)
