"""0001: the directory with its change feed, configuration, secrets, audit trail and imports.

Why:      the first release; nothing was there.
Deploy:   on an empty database.
Locks:    none that matter, every table is new.
Undo:     drop the database.
"""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE users (
    id {key} NOT NULL PRIMARY KEY,
    user_name {key} NOT NULL UNIQUE,
    mail {key},
    display_name TEXT NOT NULL,
    attributes TEXT NOT NULL,
    manager_id {key},
    enabled BOOLEAN NOT NULL,
    deleted_at {key},
    created_at {key} NOT NULL
);
CREATE INDEX ix_users_mail ON users (mail);
CREATE INDEX ix_users_manager_id ON users (manager_id);
CREATE INDEX ix_users_deleted_at ON users (deleted_at);

CREATE TABLE groups (
    id {key} NOT NULL PRIMARY KEY,
    display_name {key} NOT NULL UNIQUE,
    attributes TEXT NOT NULL,
    created_at {key} NOT NULL
);

CREATE TABLE memberships (
    group_id {key} NOT NULL REFERENCES groups (id),
    member_id {key} NOT NULL,
    member_kind TEXT NOT NULL,
    PRIMARY KEY (group_id, member_id)
) {by_key};
CREATE INDEX ix_memberships_member_id ON memberships (member_id);

CREATE TABLE applications (
    id {key} NOT NULL PRIMARY KEY,
    gallery_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    roles TEXT NOT NULL,
    settings TEXT NOT NULL,
    version INTEGER NOT NULL
);

CREATE TABLE application_versions (
    app_id {key} NOT NULL REFERENCES applications (id),
    version INTEGER NOT NULL,
    settings TEXT NOT NULL,
    actor TEXT NOT NULL,
    at {key} NOT NULL,
    PRIMARY KEY (app_id, version)
);

CREATE TABLE assignments (
    app_id {key} NOT NULL REFERENCES applications (id),
    principal_id {key} NOT NULL,
    principal_kind TEXT NOT NULL,
    role_id TEXT NOT NULL,
    PRIMARY KEY (app_id, principal_id)
) {by_key};
CREATE INDEX ix_assignments_principal_id ON assignments (principal_id);

CREATE TABLE secrets (
    id {key} NOT NULL PRIMARY KEY,
    owner_id {key} NOT NULL UNIQUE REFERENCES applications (id),
    key_id {key} NOT NULL,
    wrapped_key {bytes} NOT NULL,
    sealed {bytes} NOT NULL,
    last_four TEXT NOT NULL,
    sealed_at {key} NOT NULL
);

CREATE TABLE changes (
    seq BIGINT NOT NULL PRIMARY KEY,
    at {key} NOT NULL,
    actor TEXT NOT NULL,
    subject TEXT NOT NULL,
    verb TEXT NOT NULL,
    record_id {key} NOT NULL,
    other_id {key},
    other_kind TEXT,
    app_id {key},
    detail TEXT NOT NULL
);

CREATE TABLE audit (
    seq BIGINT NOT NULL PRIMARY KEY,
    at {key} NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    before TEXT,
    after TEXT,
    hash TEXT NOT NULL
);

CREATE TABLE feed_position (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seq BIGINT NOT NULL,
    audit_seq BIGINT NOT NULL,
    audit_hash TEXT NOT NULL
);
INSERT INTO feed_position (id, seq, audit_seq, audit_hash) VALUES (1, 0, 0, '');

CREATE TABLE imports (
    digest {key} NOT NULL PRIMARY KEY,
    actor TEXT NOT NULL,
    total INTEGER NOT NULL,
    applied_rows INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    groups_created INTEGER NOT NULL,
    started_at {key} NOT NULL,
    finished_at {key}
);

CREATE TABLE import_managers (
    digest {key} NOT NULL REFERENCES imports (digest),
    line INTEGER NOT NULL,
    user_id {key} NOT NULL,
    manager TEXT NOT NULL,
    counted BOOLEAN NOT NULL,
    PRIMARY KEY (digest, line)
);

CREATE TABLE engine_holder (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    pid INTEGER NOT NULL,
    host TEXT NOT NULL,
    since {key} NOT NULL
)
"""

APPEND_ONLY = {
    "sqlite": [
        f"CREATE TRIGGER audit_no_{verb} BEFORE {verb} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
        for verb in ("update", "delete")
    ],
    "postgresql": [
        "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$",
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
    ],
}

WORDS = {
    "sqlite": {"key": "TEXT", "bytes": "BLOB", "by_key": "WITHOUT ROWID"},
    "postgresql": {"key": 'TEXT COLLATE "C"', "bytes": "BYTEA", "by_key": ""},
}


def upgrade() -> None:
    """Create everything; statements are separated by semicolons."""
    dialect = op.get_bind().dialect.name
    for statement in TABLES.format(**WORDS[dialect]).split(";"):
        op.execute(statement)
    for statement in APPEND_ONLY[dialect]:
        op.execute(statement)
