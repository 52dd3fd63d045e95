"""0002: what the engine knows of each app, what it is doing, and what it did.

Why:      cycles, links, escrow, the provisioning log, orders and mails need a place.
Deploy:   additive; the tables of 0001 stay as they are.
Locks:    none that matter, every table is new.
Undo:     drop these tables; the next initial cycle matches everybody again.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE cycles (
    id {key} NOT NULL,
    app_id {key} NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    from_seq BIGINT NOT NULL,
    to_seq BIGINT NOT NULL,
    digest TEXT NOT NULL,
    started {key} NOT NULL,
    ended {key},
    counters TEXT NOT NULL,
    total INTEGER NOT NULL,
    done INTEGER NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_cycles_number UNIQUE (app_id, number),
    FOREIGN KEY(app_id) REFERENCES applications (id) ON DELETE CASCADE
);

CREATE TABLE positions (
    app_id {key} NOT NULL,
    seq BIGINT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (app_id),
    FOREIGN KEY(app_id) REFERENCES applications (id) ON DELETE CASCADE
);

CREATE TABLE links (
    app_id {key} NOT NULL,
    kind {key} NOT NULL,
    record_id {key} NOT NULL,
    account_id {key} NOT NULL,
    known TEXT NOT NULL,
    display_name TEXT NOT NULL,
    since {key},
    PRIMARY KEY (app_id, kind, record_id),
    CONSTRAINT uq_links_account UNIQUE (app_id, kind, account_id),
    FOREIGN KEY(app_id) REFERENCES applications (id) ON DELETE CASCADE
);

CREATE TABLE link_members (
    app_id {key} NOT NULL,
    group_id {key} NOT NULL,
    member_id {key} NOT NULL,
    account_id {key} NOT NULL,
    PRIMARY KEY (app_id, group_id, member_id),
    FOREIGN KEY(app_id) REFERENCES applications (id) ON DELETE CASCADE
);
CREATE INDEX ix_link_members_member ON link_members (app_id, member_id);

CREATE TABLE waiting (
    app_id {key} NOT NULL,
    kind {key} NOT NULL,
    record_id {key} NOT NULL,
    path {key} NOT NULL,
    missing_id {key} NOT NULL,
    PRIMARY KEY (app_id, kind, record_id, path, missing_id),
    FOREIGN KEY(app_id) REFERENCES applications (id) ON DELETE CASCADE
);
CREATE INDEX ix_waiting_missing ON waiting (app_id, missing_id);

CREATE TABLE claims (
    app_id {key} NOT NULL,
    kind {key} NOT NULL,
    path {key} NOT NULL,
    value {key} NOT NULL,
    record_id {key} NOT NULL,
    PRIMARY KEY (app_id, kind, path, value, record_id),
    FOREIGN KEY(app_id) REFERENCES applications (id) ON DELETE CASCADE
);
CREATE INDEX ix_claims_record ON claims (app_id, kind, record_id);

CREATE TABLE journal (
    cycle_id {key} NOT NULL,
    kind {key} NOT NULL,
    record_id {key} NOT NULL,
    display_name TEXT NOT NULL,
    state {key} NOT NULL,
    verb TEXT NOT NULL,
    level INTEGER NOT NULL,
    changes TEXT NOT NULL,
    found_id {key},
    found TEXT,
    reason TEXT NOT NULL,
    retry BOOLEAN NOT NULL,
    in_doubt BOOLEAN NOT NULL,
    exchanges TEXT NOT NULL,
    PRIMARY KEY (cycle_id, kind, record_id),
    FOREIGN KEY(cycle_id) REFERENCES cycles (id) ON DELETE CASCADE
);
CREATE INDEX ix_journal_turn ON journal (cycle_id, state, kind, level, record_id);

CREATE TABLE escrows (
    app_id {key} NOT NULL,
    kind {key} NOT NULL,
    record_id {key} NOT NULL,
    display_name TEXT NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    advice TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    first_at {key} NOT NULL,
    last_at {key} NOT NULL,
    retry_at {key},
    PRIMARY KEY (app_id, kind, record_id),
    FOREIGN KEY(app_id) REFERENCES applications (id) ON DELETE CASCADE
);
CREATE INDEX ix_escrows_due ON escrows (app_id, retry_at);

CREATE TABLE health (
    app_id {key} NOT NULL,
    state TEXT NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    advice TEXT NOT NULL,
    since {key},
    attempts INTEGER NOT NULL,
    next_try {key},
    PRIMARY KEY (app_id),
    FOREIGN KEY(app_id) REFERENCES applications (id) ON DELETE CASCADE
);

CREATE TABLE log (
    seq {number} NOT NULL,
    id {key} NOT NULL,
    app_id {key} NOT NULL,
    cycle_id {key} NOT NULL,
    at {key} NOT NULL,
    kind TEXT NOT NULL,
    record_id {key} NOT NULL,
    display_name TEXT NOT NULL,
    action TEXT NOT NULL,
    status TEXT NOT NULL,
    account_id TEXT,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    steps TEXT NOT NULL,
    modified TEXT NOT NULL,
    exchanges TEXT NOT NULL,
    milliseconds INTEGER NOT NULL,
    PRIMARY KEY (seq),
    UNIQUE (id)
);
CREATE INDEX ix_log_app ON log (app_id, seq);
CREATE INDEX ix_log_record ON log (record_id, app_id, seq);
CREATE INDEX ix_log_status ON log (app_id, status, seq);

CREATE TABLE notices (
    id {number} NOT NULL,
    app_id {key} NOT NULL,
    cause {key} NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    still_holds BOOLEAN NOT NULL,
    sent_at {key},
    attempts INTEGER NOT NULL,
    next_try {key},
    last_error TEXT NOT NULL,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX uq_notices_cause ON notices (app_id, cause) WHERE still_holds;

CREATE TABLE orders (
    id {number} NOT NULL,
    app_id {key} NOT NULL,
    verb TEXT NOT NULL,
    options TEXT NOT NULL,
    actor TEXT NOT NULL,
    at {key} NOT NULL,
    state {key} NOT NULL,
    answer TEXT,
    PRIMARY KEY (id),
    FOREIGN KEY(app_id) REFERENCES applications (id) ON DELETE CASCADE
);
CREATE INDEX ix_orders_state ON orders (state, id)
"""

WORDS = {
    "sqlite": {"key": "TEXT", "number": "INTEGER"},
    "postgresql": {"key": 'TEXT COLLATE "C"', "number": "BIGSERIAL"},
}


def upgrade() -> None:
    """Create everything; statements are separated by semicolons."""
    for statement in TABLES.format(**WORDS[op.get_bind().dialect.name]).split(";"):
        op.execute(statement)
