"""Administrators come by links, sign in with a passphrase, and somebody always stays."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from seatkeeper.administration.model import Administrator, Role
from seatkeeper.administration.sessions import ABSOLUTE, FAILURES, FAILURES_FROM, IDLE, LINK
from seatkeeper.errors import InvalidValue, LinkUsedUp, NotFound, SlowedDown, WrongPassphrase
from seatkeeper.store.administration_tables import ADMINISTRATORS, LINKS, SESSIONS
from seatkeeper.store.administration_tables import FAILURES as FAILED
from seatkeeper.store.administrators import SqlAdministrators
from seatkeeper.store.audit_chain import broken_audit
from seatkeeper.store.database import Database
from seatkeeper.store.news import audit_entries
from seatkeeper.store.sign_ins import SqlSignIns

NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
WORDS = "copper lantern drifts"
ANA = "ana@larkspur.example"


def first(database: Database) -> Administrator:
    """Make Ana the first administrator."""
    kept = SqlAdministrators(database)
    link = kept.first_link(NOW)
    assert link is not None
    return kept.use_link(link, name="Ana", email=ANA, passphrase=WORDS, now=NOW)


def joined(database: Database, email: str, role: str) -> Administrator:
    """Let Ana invite somebody, who then chooses a passphrase."""
    kept = SqlAdministrators(database)
    link = kept.invite(email, role, actor=ANA, now=NOW)[1]
    return kept.use_link(link, name=email, email="", passphrase=WORDS, now=NOW)


def sign_in(database: Database, words: str = WORDS, now: dt.datetime = NOW) -> str:
    """Sign Ana in; return the secret id of her session."""
    let_in = SqlSignIns(database).sign_in(
        "Ana@Larkspur.example", words, address="192.0.2.7", browser="Firefox", now=now
    )
    return let_in.secret


def test_the_first_link_makes_one_administrator_and_then_there_is_none(database: Database) -> None:
    ana = first(database)

    again = SqlAdministrators(database).first_link(NOW)

    assert (ana.email, ana.role, ana.ready) == (ANA, Role.ADMINISTRATOR, True)
    assert again is None


def test_a_link_works_once_and_not_after_a_quarter_of_an_hour(database: Database) -> None:
    kept = SqlAdministrators(database)
    late, link = kept.first_link(NOW - LINK), kept.first_link(NOW)
    assert late is not None
    assert link is not None

    kept.use_link(link, name="Ana", email=ANA, passphrase=WORDS, now=NOW)

    for used_up in (late, link, "never made"):
        with pytest.raises(LinkUsedUp, match="used, or is older"):
            kept.use_link(used_up, name="Bo", email="bo@x.example", passphrase=WORDS, now=NOW)
    assert [one.email for one in kept.everybody()] == [ANA]


def test_a_link_of_a_clock_that_was_ahead_never_comes_to_life(database: Database) -> None:
    first(database)
    kept, tomorrow = SqlAdministrators(database), NOW + dt.timedelta(days=1)
    link = kept.invite("bo@larkspur.example", "viewer", actor=ANA, now=tomorrow)[1]

    with pytest.raises(LinkUsedUp):
        kept.link_is_for(link, NOW)
    kept.first_link(NOW)  # as every start of the server asks

    with pytest.raises(LinkUsedUp):
        kept.link_is_for(link, tomorrow)


def test_a_refused_passphrase_leaves_the_link_usable(database: Database) -> None:
    kept = SqlAdministrators(database)
    link = kept.first_link(NOW)
    assert link is not None

    with pytest.raises(InvalidValue, match="fewer than 12"):
        kept.use_link(link, name="Ana", email=ANA, passphrase="short", now=NOW)

    assert kept.use_link(link, name="Ana", email=ANA, passphrase=WORDS, now=NOW).ready


def test_of_two_who_use_first_links_at_once_one_is_administrator(database: Database) -> None:
    kept = SqlAdministrators(database)
    link = kept.first_link(NOW)
    assert link is not None

    def use(email: str) -> bool:
        try:
            kept.use_link(link, name="X Y", email=email, passphrase=WORDS, now=NOW)
        except LinkUsedUp:
            return False
        return True

    with ThreadPoolExecutor(2) as two:
        done = list(two.map(use, ["ana@larkspur.example", "bo@larkspur.example"]))

    assert sorted(done) == [False, True]
    assert len(kept.everybody()) == 1


def test_two_administrators_who_remove_each_other_at_once_leave_one(database: Database) -> None:
    ana = first(database)
    bo = joined(database, "bo@larkspur.example", "administrator")
    kept = SqlAdministrators(database)

    def remove(whom: str) -> bool:
        try:
            kept.remove(whom, actor="them")
        except InvalidValue:
            return False
        return True

    with ThreadPoolExecutor(2) as two:
        done = list(two.map(remove, [ana.id, bo.id]))

    assert sorted(done) == [False, True]
    assert len(kept.everybody()) == 1


def test_the_last_administrator_is_neither_removed_nor_demoted(database: Database) -> None:
    ana = first(database)
    kept = SqlAdministrators(database)
    kept.invite("bo@larkspur.example", "administrator", actor=ANA, now=NOW)

    with pytest.raises(InvalidValue, match="last administrator"):
        kept.remove(ana.id, actor=ANA)
    with pytest.raises(InvalidValue, match="last administrator"):
        kept.change_role(ana.id, "viewer", actor=ANA)

    assert kept.by_email(ANA).role is Role.ADMINISTRATOR


def test_a_session_is_known_by_its_secret_and_kept_only_as_its_digest(database: Database) -> None:
    first(database)
    session = sign_in(database)

    found = SqlSignIns(database).session(session, NOW)

    assert found is not None
    assert (found.administrator.email, found.address) == (ANA, "192.0.2.7")
    rows = database.read_now(
        lambda c: [list(c.execute(select(table))) for table in (ADMINISTRATORS, SESSIONS, LINKS)]
    )
    assert session not in str(rows)
    assert WORDS not in str(rows)
    assert SqlSignIns(database).session(found.id, NOW) is None


def test_a_session_ends_unused_or_after_half_a_day(database: Database) -> None:
    first(database)
    ins = SqlSignIns(database)
    unused, used = sign_in(database), sign_in(database)

    at = NOW
    while (at := at + IDLE - SECOND) < NOW + ABSOLUTE:
        assert ins.session(used, at) is not None

    assert ins.session(unused, NOW + IDLE) is None
    assert ins.session(used, NOW + ABSOLUTE) is None


def test_who_fails_ten_times_waits_and_is_never_shut_out(database: Database) -> None:
    first(database)
    for _ in range(FAILURES):
        with pytest.raises(WrongPassphrase):
            sign_in(database, "wrong words entirely")

    with pytest.raises(SlowedDown, match="Try again in 1 s"):
        sign_in(database)

    assert sign_in(database, now=NOW + SECOND)
    assert database.read_now(lambda c: c.execute(select(FAILED)).all()) == []


def tried(
    database: Database,
    words: str = WORDS,
    known: str = "",
    now: dt.datetime = NOW,
    address: str = "203.0.113.9",
) -> str:
    """Try a passphrase for Ana's address; return the secret id of the session it gave."""
    ins = SqlSignIns(database)
    return ins.sign_in(ANA, words, address=address, browser="", now=now, known=known).secret


def guess(database: Database, times: int = FAILURES, known: str = "") -> None:
    """Let somebody who knows Ana's address try passphrases."""
    for _ in range(times):
        with pytest.raises(WrongPassphrase):
            tried(database, "wrong words entirely", known)


def known_to_be_anas(database: Database) -> str:
    """Sign Ana in; return what her browser is known by from now on."""
    told = SqlSignIns(database).known_browser(sign_in(database), NOW)
    assert told is not None
    assert told[0] == ANA
    return told[1]


def test_a_stranger_who_keeps_guessing_slows_no_browser_that_ana_uses(database: Database) -> None:
    first(database)
    known = known_to_be_anas(database)
    guess(database)

    with pytest.raises(SlowedDown, match="for this address"):
        tried(database)
    with pytest.raises(SlowedDown, match="for this address"):
        tried(database, known=f"{known[:-1]}{'0' if known[-1] != '0' else '1'}")

    assert tried(database, known=known) != ""


def test_strangers_behind_the_same_address_slow_no_browser_that_ana_uses(
    database: Database,
) -> None:
    first(database)
    known = known_to_be_anas(database)
    for number in range(FAILURES_FROM):
        with pytest.raises(WrongPassphrase):
            SqlSignIns(database).sign_in(
                f"p{number}@x.example", WORDS, address="192.0.2.7", browser="", now=NOW
            )

    with pytest.raises(SlowedDown, match="from where you are"):
        tried(database, address="192.0.2.7")

    assert tried(database, known=known, address="192.0.2.7") != ""


def test_a_known_browser_that_fails_is_slowed_for_itself(database: Database) -> None:
    first(database)
    mine, other = known_to_be_anas(database), known_to_be_anas(database)
    guess(database, known=mine)

    with pytest.raises(SlowedDown, match="from this browser"):
        tried(database, known=mine)

    assert tried(database, known=other) != ""
    assert sign_in(database) != ""
    assert tried(database, known=mine, now=NOW + SECOND) != ""
    assert database.read_now(lambda c: c.execute(select(FAILED)).all()) == []


def test_a_browser_of_before_the_passphrase_changed_is_a_strangers(database: Database) -> None:
    ana = first(database)
    known = known_to_be_anas(database)
    kept = SqlAdministrators(database)
    link = kept.invite(ANA, "administrator", actor=ANA, now=NOW)[1]
    kept.use_link(link, name="Ana", email="", passphrase="other words drift by", now=NOW)
    guess(database)

    with pytest.raises(SlowedDown, match="for this address"):
        tried(database, "other words drift by", known)

    assert kept.by_email(ANA).id == ana.id


def test_a_passphrase_asked_for_again_is_counted_for_its_session_alone(database: Database) -> None:
    first(database)
    ins = SqlSignIns(database)
    mine, other = sign_in(database), sign_in(database)
    guess(database)

    ins.confirm(mine, WORDS, address="192.0.2.7", now=NOW)
    for _ in range(FAILURES):
        with pytest.raises(WrongPassphrase):
            ins.confirm(mine, "wrong words entirely", address="192.0.2.7", now=NOW)
    with pytest.raises(SlowedDown, match="from this browser"):
        ins.confirm(mine, WORDS, address="192.0.2.7", now=NOW)

    later = ins.confirm(other, WORDS, address="192.0.2.7", now=NOW)
    assert later.confirmed_at == NOW


def test_whose_session_has_ended_has_no_browser_that_is_known(database: Database) -> None:
    assert SqlSignIns(database).known_browser("never began", NOW) is None


def test_guessing_is_in_the_audit_trail_once_and_only_for_who_is_there(database: Database) -> None:
    ana = first(database)
    for email in (ANA, "nobody@larkspur.example"):
        for number in range(FAILURES + 2):
            with pytest.raises(WrongPassphrase):
                SqlSignIns(database).sign_in(
                    email,
                    "wrong words entirely",
                    address="192.0.2.7",
                    browser="",
                    now=NOW + number * 10 * SECOND,
                )

    trail = database.read_now(lambda c: audit_entries(c, None, 100, action="session.slowed"))

    assert [(one.subject, one.after) for one in trail] == [
        (ana.id, {"address": "192.0.2.7", "failures": FAILURES})
    ]
    assert database.read_now(broken_audit) is None


def test_nobody_learns_who_there_is(database: Database) -> None:
    first(database)
    ins = SqlSignIns(database)
    invited = SqlAdministrators(database).invite("bo@x.example", "viewer", actor=ANA, now=NOW)[0]

    said = set()
    for email in (ANA, invited.email, "nobody@larkspur.example"):
        with pytest.raises(WrongPassphrase) as caught:
            ins.sign_in(email, "wrong words entirely", address="", browser="", now=NOW)
        said.add(str(caught.value))

    assert len(said) == 1


def test_a_hash_of_lower_cost_is_made_anew_at_sign_in(database: Database) -> None:
    first(database)
    weak = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(WORDS)
    database.write_now(lambda c: c.execute(update(ADMINISTRATORS).values(passphrase=weak)).rowcount)

    sign_in(database)

    kept = database.read_now(lambda c: c.execute(select(ADMINISTRATORS.c.passphrase)).scalar_one())
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert sign_in(database)


@pytest.mark.parametrize("change", ["role", "link", "remove", "end"])
def test_sessions_end_when_rights_or_passphrase_change(change: str, database: Database) -> None:
    ana = first(database)
    joined(database, "bo@larkspur.example", "administrator")
    kept, ins = SqlAdministrators(database), SqlSignIns(database)
    session = sign_in(database)

    match change:
        case "role":
            kept.change_role(ana.id, "viewer", actor="bo")
        case "link":
            link = kept.invite(ANA, "viewer", actor="bo", now=NOW)[1]
            kept.use_link(link, name="Ana", email="", passphrase=f"{WORDS} too", now=NOW)
        case "remove":
            kept.remove(ana.id, actor="bo")
        case _:
            assert ins.end_all(ana.id, actor="bo") == 1

    assert ins.session(session, NOW) is None
    assert ins.sessions_of(ana.id, NOW) == []


def test_one_ends_their_own_session_and_no_other(database: Database) -> None:
    ana = first(database)
    bo = joined(database, "bo@larkspur.example", "viewer")
    ins = SqlSignIns(database)
    sign_in(database)
    [session] = ins.sessions_of(ana.id, NOW)

    with pytest.raises(NotFound, match="no such session"):
        ins.end(session.id, owner=bo.id, actor=bo.email)
    ins.end(session.id, owner=ana.id, actor=ana.email)

    assert ins.sessions_of(ana.id, NOW) == []


def test_every_change_is_in_the_audit_trail_without_secrets(database: Database) -> None:
    ana = first(database)
    bo = joined(database, "bo@larkspur.example", "viewer")
    kept, ins = SqlAdministrators(database), SqlSignIns(database)
    session = sign_in(database)
    kept.change_role(bo.id, "app-admin", ["15five"], actor=ANA)
    kept.change_role(bo.id, "app-admin", ["15five"], actor=ANA)
    kept.remove(bo.id, actor=ANA)
    ins.end_all(ana.id, actor=ANA)

    trail = database.read_now(lambda c: audit_entries(c, None, 100))

    assert [one.action.removeprefix("administrator.") for one in reversed(trail)] == [
        "passphrase", "invite", "passphrase", "session.begin", "role", "remove", "session.end",
    ]  # fmt: skip
    assert database.read_now(broken_audit) is None
    assert session not in str(trail)
    assert "argon2" not in str(trail)


def test_who_is_not_there_is_said_so(database: Database) -> None:
    kept = SqlAdministrators(database)

    with pytest.raises(NotFound, match=r"is called nobody@x\.example"):
        kept.by_email("nobody@x.example")
    with pytest.raises(NotFound, match="has this id"):
        kept.remove("nobody", actor=ANA)
