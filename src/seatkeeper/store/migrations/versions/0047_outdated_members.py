"""0047: a written member knows whether the account is still that of the member's link.

Why:      a group of a hundred thousand is compared by who is in it here and who was written, which
          two indexes answer, and by account only where the link changed since. The database keeps
          that itself, so that no program that writes can forget it.
Deploy:   additive; what the previous release writes is marked by the triggers, too.
Locks:    links and link_members, for as long as every written member is looked up once: some
          seconds for a million.
Undo:     the triggers (on PostgreSQL with their functions); ALTER TABLE link_members DROP
          COLUMN outdated.
"""

from alembic import op

revision = "0047"
down_revision = "0046"

_OF_A_LINK = """EXISTS (
    SELECT 1 FROM links WHERE links.app_id = {row}.app_id AND links.kind IN ('user', 'group')
    AND links.record_id = {row}.member_id AND links.account_id = {row}.account_id)"""

_MARK = """
    UPDATE link_members SET outdated = {outdated}
    WHERE app_id = {row}.app_id AND member_id = {row}.record_id AND outdated <> {outdated};"""
_ENDED = _MARK.format(row="OLD", outdated="true")
_NOW = _MARK.format(row="NEW", outdated="(account_id <> NEW.account_id)")
"""A link that is held keeps its marks: its members are compared by account anyway. One that begins
needs none: of whom there was no link, what is written is marked already."""

_SQLITE_MEMBER = f"""
    UPDATE link_members SET outdated = NOT {_OF_A_LINK.format(row="NEW")}
    WHERE app_id = NEW.app_id AND group_id = NEW.group_id AND member_id = NEW.member_id
    AND outdated <> NOT {_OF_A_LINK.format(row="NEW")};"""

TRIGGERS = {
    "sqlite": (
        "CREATE TRIGGER link_changes AFTER UPDATE OF account_id ON links"
        " WHEN NEW.former_id IS NULL AND OLD.account_id <> NEW.account_id"
        f" BEGIN {_NOW} END",
        f"CREATE TRIGGER link_ends AFTER DELETE ON links BEGIN {_ENDED} END",
        f"CREATE TRIGGER member_is_written AFTER INSERT ON link_members BEGIN {_SQLITE_MEMBER} END",
        "CREATE TRIGGER member_is_written_again AFTER UPDATE OF member_id, account_id"
        f" ON link_members BEGIN {_SQLITE_MEMBER} END",
    ),
    "postgresql": (
        "CREATE FUNCTION link_was_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF TG_OP = 'DELETE' THEN {_ENDED}"
        " ELSIF NEW.former_id IS NULL AND OLD.account_id <> NEW.account_id THEN"
        f" {_NOW} END IF; RETURN NULL; END $$",
        "CREATE TRIGGER link_was_changed AFTER DELETE OR UPDATE OF account_id ON links"
        " FOR EACH ROW EXECUTE FUNCTION link_was_changed()",
        "CREATE FUNCTION member_is_written() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" NEW.outdated := NOT {_OF_A_LINK.format(row='NEW')}; RETURN NEW; END $$",
        "CREATE TRIGGER member_is_written BEFORE INSERT OR UPDATE OF member_id, account_id"
        " ON link_members FOR EACH ROW EXECUTE FUNCTION member_is_written()",
    ),
}


def upgrade() -> None:
    """Add the mark, find out whom it is true of, and have the database keep it."""
    op.execute("ALTER TABLE link_members ADD COLUMN outdated BOOLEAN NOT NULL DEFAULT false")
    op.execute(
        f"UPDATE link_members SET outdated = true WHERE NOT {_OF_A_LINK.format(row='link_members')}"
    )
    op.execute(
        "CREATE INDEX ix_link_members_outdated ON link_members (app_id, group_id) WHERE outdated"
    )
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)
