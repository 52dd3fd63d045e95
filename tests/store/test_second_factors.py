"""A second factor is set up, asked for after the passphrase, and never worked around."""

import datetime as dt
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from tests.store.test_administrators import ANA, NOW, WORDS, first, joined

from seatkeeper.administration.model import Administrator
from seatkeeper.administration.second_factor import (
    FAILURES,
    PENDING,
    RECOVERY_CODES,
    SETTING_UP,
    STEP,
    WINDOW,
    code_at,
    step_at,
)
from seatkeeper.administration.sessions import FAILURES_FROM
from seatkeeper.errors import (
    BadInput,
    InvalidValue,
    KeyMissing,
    NotFound,
    NotYet,
    SignInOver,
    SlowedDown,
    WrongCode,
)
from seatkeeper.store import administration_tables as t
from seatkeeper.store.administrators import SqlAdministrators
from seatkeeper.store.audit_chain import broken_audit
from seatkeeper.store.code_entry import SqlCodeEntry
from seatkeeper.store.database import Database
from seatkeeper.store.news import audit_entries
from seatkeeper.store.other_devices import SqlOtherDevices
from seatkeeper.store.second_factors import SqlSecondFactors
from seatkeeper.store.secrets import MasterKey
from seatkeeper.store.sign_ins import Admission, SqlSignIns

KEY = MasterKey(b"k" * 32)
LATER = NOW + dt.timedelta(minutes=2)
SECOND = dt.timedelta(seconds=1)


class App:
    """Somebody's authenticator app: it knows the secret, and shows codes."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def code(self, now: dt.datetime) -> str:
        return code_at(self._secret, step_at(now))

    def wrong(self, now: dt.datetime) -> str:
        """A code that is right neither now nor a step before or after."""
        near = {code_at(self._secret, step_at(now) + away) for away in (-1, 0, 1)}
        return next(one for one in ("000000", "111111", "222222", "333333") if one not in near)


def turned_on(database: Database, owner: Administrator) -> tuple[App, Sequence[str]]:
    """Let somebody set their app up; return it with their recovery codes."""
    factors = SqlSecondFactors(database, KEY)
    factors.begin(owner.id, NOW)
    secret = factors.being_set_up(owner.id, NOW)
    assert secret is not None
    app = App(secret.reveal())
    return app, factors.confirm(owner, app.code(NOW), session="", now=NOW)


def passphrase(database: Database, now: dt.datetime = LATER, email: str = ANA) -> Admission:
    return SqlSignIns(database).sign_in(email, WORDS, address="192.0.2.7", browser="", now=now)


def entered(database: Database, pending: str, typed: str, now: dt.datetime = LATER) -> str:
    return SqlCodeEntry(database, KEY).enter(
        pending, typed, address="192.0.2.7", browser="Firefox", now=now
    )


def turned_off(database: Database, owner: Administrator, typed: str) -> None:
    SqlSecondFactors(database, KEY).turn_off(owner, typed, address="192.0.2.7", now=LATER)


def renewed(database: Database, owner: Administrator, typed: str) -> Sequence[str]:
    return SqlSecondFactors(database, KEY).renew_codes(owner, typed, address="192.0.2.7", now=LATER)


def actions(database: Database) -> list[str]:
    """What the audit trail tells of second factors and slowed sign-ins, oldest first."""
    told = database.read_now(lambda c: audit_entries(c, None, 100))
    assert database.read_now(broken_audit) is None
    wanted = ("second_factor.", "session.slowed")
    return [one.action for one in reversed(told) if one.action.startswith(wanted)]


def other_device(database: Database, owner: Administrator, typed: str, session: str) -> App:
    """Let somebody set up another app in a session; return it, not confirmed yet."""
    devices = SqlOtherDevices(database, KEY)
    devices.begin(owner, typed, session=session, address="192.0.2.7", now=LATER)
    secret = devices.waiting(owner.id, session=session, now=LATER)
    assert secret is not None
    return App(secret.reveal())


def test_the_passphrase_alone_signs_in_who_has_no_second_factor(database: Database) -> None:
    ana = first(database)
    SqlSecondFactors(database, KEY).begin(ana.id, NOW)

    let_in = passphrase(database)

    assert not let_in.needs_code
    assert SqlSignIns(database).session(let_in.secret, LATER) is not None


def test_who_has_one_is_signed_in_by_passphrase_and_code(database: Database) -> None:
    ana = first(database)
    app, _ = turned_on(database, ana)

    let_in = passphrase(database)
    waiting = SqlCodeEntry(database, KEY).waiting(let_in.secret, LATER)
    session = entered(database, let_in.secret, app.code(LATER))

    ins = SqlSignIns(database)
    assert let_in.needs_code
    assert waiting == ana
    assert ins.session(let_in.secret, LATER) is None
    assert ins.session(session, LATER) is not None
    assert SqlCodeEntry(database, KEY).waiting(let_in.secret, LATER) is None


def test_a_link_asks_for_the_code_too(database: Database) -> None:
    ana = first(database)
    turned_on(database, ana)

    let_in = SqlSignIns(database).begin(ana, address="", browser="", now=LATER)

    assert let_in.needs_code


def test_a_code_is_used_once_also_by_two_sign_ins_at_once(database: Database) -> None:
    app, _ = turned_on(database, first(database))
    pending = [passphrase(database).secret, passphrase(database).secret]

    def enter(one: str) -> bool:
        try:
            entered(database, one, app.code(LATER))
        except WrongCode:
            return False
        return True

    with ThreadPoolExecutor(2) as two:
        done = list(two.map(enter, pending))

    assert sorted(done) == [False, True]


def test_the_code_that_turned_it_on_signs_nobody_in(database: Database) -> None:
    app, _ = turned_on(database, first(database))

    pending = passphrase(database, NOW).secret

    with pytest.raises(WrongCode, match="was used already"):
        entered(database, pending, app.code(NOW), NOW)


def test_after_five_wrong_codes_only_a_recovery_code_is_looked_at(database: Database) -> None:
    app, recovery = turned_on(database, first(database))
    for _ in range(FAILURES):
        with pytest.raises(WrongCode):
            entered(database, passphrase(database).secret, app.wrong(LATER))
    pending = passphrase(database).secret

    with pytest.raises(SlowedDown, match="Try again in 15 min, or use a recovery code") as slowed:
        entered(database, pending, app.code(LATER))

    assert slowed.value.seconds == WINDOW.total_seconds()
    assert entered(database, pending, recovery[0])
    assert actions(database)[-2:] == ["session.slowed", "second_factor.recovery_used"]


def test_wrong_codes_of_a_clock_that_was_ahead_are_forgotten_and_those_of_now_count(
    database: Database,
) -> None:
    app, _ = turned_on(database, first(database))
    ahead = {"email": ANA, "at": LATER + dt.timedelta(days=1), "address": "", "at_code": True}
    rows = [{"id": f"{n:016}", **ahead} for n in range(FAILURES)]
    database.write_now(lambda c: c.execute(t.FAILURES.insert(), rows).rowcount)
    pending = passphrase(database).secret

    with pytest.raises(WrongCode):
        entered(database, pending, app.wrong(LATER))

    kept = database.read_now(lambda c: list(c.execute(select(t.FAILURES.c.at)).scalars()))
    assert kept == [LATER]
    assert entered(database, pending, app.code(LATER))


def test_the_wait_ends_and_the_next_code_is_looked_at(database: Database) -> None:
    app, _ = turned_on(database, first(database))
    for _ in range(FAILURES):
        with pytest.raises(WrongCode):
            entered(database, passphrase(database).secret, app.wrong(LATER))

    after = LATER + WINDOW
    pending = passphrase(database, after).secret

    assert entered(database, pending, app.code(after), after)


def test_of_twenty_wrong_codes_at_once_five_are_looked_at(database: Database) -> None:
    app, _ = turned_on(database, first(database))
    pending = passphrase(database).secret

    def enter(_: int) -> type[BadInput]:
        with pytest.raises(BadInput) as caught:
            entered(database, pending, app.wrong(LATER))
        return caught.type

    with ThreadPoolExecutor(4) as four:
        told = list(four.map(enter, range(20)))

    assert (told.count(WrongCode), told.count(SlowedDown)) == (FAILURES, 20 - FAILURES)
    assert actions(database).count("session.slowed") == 1


def test_the_right_passphrase_forgets_no_wrong_code_and_wrong_codes_slow_no_passphrase(
    database: Database,
) -> None:
    app, _ = turned_on(database, first(database))
    pending = passphrase(database).secret
    for _ in range(FAILURES):
        with pytest.raises(WrongCode):
            entered(database, pending, app.wrong(LATER))

    again = passphrase(database)

    with pytest.raises(SlowedDown):
        entered(database, again.secret, app.code(LATER))


def test_a_recovery_code_works_once_in_any_writing(database: Database) -> None:
    ana = first(database)
    _, recovery = turned_on(database, ana)
    typed = recovery[3].lower().replace("-", " ")

    entered(database, passphrase(database).secret, typed)

    with pytest.raises(WrongCode):
        entered(database, passphrase(database).secret, recovery[3])
    left = SqlSecondFactors(database, KEY).of(ana.id)
    assert len(set(recovery)) == RECOVERY_CODES
    assert left is not None
    assert left.recovery_codes == RECOVERY_CODES - 1


def test_a_recovery_code_of_somebody_else_opens_nothing(database: Database) -> None:
    turned_on(database, first(database))
    bo = joined(database, "bo@larkspur.example", "viewer")
    _, of_bo = turned_on(database, bo)

    with pytest.raises(WrongCode):
        entered(database, passphrase(database).secret, of_bo[0])

    assert entered(database, passphrase(database, email=bo.email).secret, of_bo[0])


def test_wrong_recovery_codes_neither_slow_the_owner_nor_fill_the_audit_trail(
    database: Database,
) -> None:
    app, recovery = turned_on(database, first(database))
    pending = passphrase(database).secret

    for _ in range(FAILURES + 2):
        with pytest.raises(WrongCode):
            entered(database, pending, "AAAA-AAAA-AAAA-AAAA")

    assert actions(database) == ["second_factor.on"]
    assert entered(database, pending, app.code(LATER))
    assert entered(database, passphrase(database).secret, recovery[0])


def test_wrong_codes_slow_no_passphrase_of_others_behind_the_same_address(
    database: Database,
) -> None:
    turned_on(database, first(database))
    bo = joined(database, "bo@larkspur.example", "viewer")
    at_code = {"email": ANA, "at": LATER, "address": "192.0.2.7", "at_code": True}
    rows = [{"id": f"{n:016}", **at_code} for n in range(FAILURES_FROM)]
    database.write_now(lambda c: c.execute(t.FAILURES.insert(), rows).rowcount)

    let_in = passphrase(database, email=bo.email)

    assert SqlSignIns(database).session(let_in.secret, LATER) is not None


def test_renewed_recovery_codes_replace_the_old_ones(database: Database) -> None:
    ana = first(database)
    app, old = turned_on(database, ana)

    new = renewed(database, ana, app.code(LATER))

    with pytest.raises(WrongCode):
        entered(database, passphrase(database).secret, old[0])
    assert entered(database, passphrase(database).secret, new[0])


def test_neither_a_wrong_nor_a_used_code_turns_it_off_or_renews(database: Database) -> None:
    ana = first(database)
    app, recovery = turned_on(database, ana)
    entered(database, passphrase(database).secret, app.code(LATER))

    for work in (turned_off, renewed):
        for typed in ("", app.wrong(LATER), app.code(LATER)):
            with pytest.raises((WrongCode, SlowedDown)):
                work(database, ana, typed)

    assert SqlSecondFactors(database, KEY).of(ana.id) is not None
    assert entered(database, passphrase(database).secret, recovery[0])


def test_a_code_used_to_renew_signs_nobody_in(database: Database) -> None:
    ana = first(database)
    app, _ = turned_on(database, ana)
    renewed(database, ana, app.code(LATER))

    with pytest.raises(WrongCode, match="was used already"):
        entered(database, passphrase(database).secret, app.code(LATER))


def test_wrong_codes_at_the_settings_and_at_sign_in_count_as_one(database: Database) -> None:
    ana = first(database)
    app, _ = turned_on(database, ana)
    for _ in range(FAILURES):
        with pytest.raises(WrongCode):
            turned_off(database, ana, app.wrong(LATER))

    with pytest.raises(SlowedDown):
        entered(database, passphrase(database).secret, app.code(LATER))

    assert actions(database).count("session.slowed") == 1


def test_what_is_required_of_everybody_is_not_turned_off_and_no_code_is_used_up(
    database: Database,
) -> None:
    ana = first(database)
    app, _ = turned_on(database, ana)
    SqlSecondFactors(database, KEY).require(True, by=ana)

    with pytest.raises(NotYet, match="Use another device"):
        turned_off(database, ana, app.code(LATER))

    assert entered(database, passphrase(database).secret, app.code(LATER))


@pytest.mark.parametrize("change", ["late", "off", "removed", "link", "signed out", "unknown"])
def test_a_sign_in_that_waits_ends(change: str, database: Database) -> None:
    ana = first(database)
    app, codes = turned_on(database, ana)
    kept, pending, now = SqlAdministrators(database), passphrase(database).secret, LATER
    match change:
        case "late":
            now = LATER + PENDING
        case "off":
            turned_off(database, ana, codes[0])
        case "removed":
            SqlSecondFactors(database, KEY).remove(ana, actor="root")
        case "link":
            link = kept.invite(ANA, "viewer", actor="bo", now=NOW)[1]
            kept.use_link(link, name="Ana", email="", passphrase=f"{WORDS} too", now=NOW)
        case "signed out":
            SqlSignIns(database).end_all(ana.id, actor="bo")
        case _:
            pending = "never made"

    assert SqlCodeEntry(database, KEY).waiting(pending, now) is None
    with pytest.raises(SignInOver, match="Sign in again"):
        entered(database, pending, app.code(now), now)


def test_turning_it_on_ends_every_session_but_this_one(database: Database) -> None:
    ana = first(database)
    ins, factors = SqlSignIns(database), SqlSecondFactors(database, KEY)
    here, elsewhere = passphrase(database).secret, passphrase(database).secret
    this = ins.session(here, LATER)
    factors.begin(ana.id, LATER)
    secret = factors.being_set_up(ana.id, LATER)
    assert this is not None
    assert secret is not None

    factors.confirm(ana, App(secret.reveal()).code(LATER), session=this.id, now=LATER)

    assert ins.session(here, LATER) is not None
    assert ins.session(elsewhere, LATER) is None


def test_a_wrong_first_code_turns_nothing_on_and_a_secret_waits_a_quarter_of_an_hour(
    database: Database,
) -> None:
    ana = first(database)
    factors = SqlSecondFactors(database, KEY)
    factors.begin(ana.id, NOW)
    secret = factors.being_set_up(ana.id, NOW + SETTING_UP - SECOND)
    assert secret is not None
    app = App(secret.reveal())

    with pytest.raises(WrongCode, match="compare the clock"):
        factors.confirm(ana, app.wrong(NOW), session="", now=NOW)
    late = NOW + SETTING_UP
    with pytest.raises(NotYet, match="quarter of an hour"):
        factors.confirm(ana, app.code(late), session="", now=late)

    assert factors.of(ana.id) is None
    assert factors.being_set_up(ana.id, late) is None


@pytest.mark.parametrize("proof", ["the old device", "a recovery code"])
def test_another_device_takes_over_while_one_is_required_of_everybody(
    proof: str, database: Database
) -> None:
    ana = first(database)
    old, recovery = turned_on(database, ana)
    SqlSecondFactors(database, KEY).require(True, by=ana)
    ins, after = SqlSignIns(database), LATER + dt.timedelta(minutes=2)
    here = entered(database, passphrase(database).secret, recovery[0])
    elsewhere = entered(database, passphrase(database).secret, recovery[1])
    this = ins.session(here, LATER)
    assert this is not None

    typed = old.code(LATER) if proof == "the old device" else recovery[2]
    new = other_device(database, ana, typed, this.id)
    fresh = SqlOtherDevices(database, KEY).confirm(ana, new.code(LATER), session=this.id, now=LATER)

    assert ins.session(here, LATER) is not None
    assert ins.session(elsewhere, LATER) is None
    for opens_nothing in (old.code(after), recovery[3]):
        with pytest.raises(WrongCode):
            entered(database, passphrase(database, after).secret, opens_nothing, after)
    assert entered(database, passphrase(database, after).secret, new.code(after), after)
    assert entered(database, passphrase(database, after).secret, fresh[0], after)
    assert "second_factor.replaced" in actions(database)


def test_until_the_other_device_has_shown_a_code_the_old_one_is_asked_for(
    database: Database,
) -> None:
    ana = first(database)
    old, recovery = turned_on(database, ana)
    devices, late = SqlOtherDevices(database, KEY), LATER + SETTING_UP
    new = other_device(database, ana, recovery[0], "here")

    with pytest.raises(WrongCode, match="compare the clock"):
        devices.confirm(ana, new.wrong(LATER), session="here", now=LATER)
    with pytest.raises(NotYet, match="your old one is still asked for"):
        devices.confirm(ana, new.code(LATER), session="another session", now=LATER)
    with pytest.raises(NotYet):
        devices.confirm(ana, new.code(late), session="here", now=late)

    assert devices.waiting(ana.id, session="another session", now=LATER) is None
    assert devices.waiting(ana.id, session="here", now=late) is None
    assert entered(database, passphrase(database).secret, old.code(LATER))
    assert "second_factor.replaced" not in actions(database)


def test_neither_a_wrong_code_nor_none_begins_another_device(database: Database) -> None:
    ana = first(database)
    app, recovery = turned_on(database, ana)
    devices = SqlOtherDevices(database, KEY)

    for typed in ("", app.wrong(LATER), "AAAA-AAAA-AAAA-AAAA"):
        with pytest.raises(WrongCode):
            other_device(database, ana, typed, "here")

    assert devices.waiting(ana.id, session="here", now=LATER) is None
    assert entered(database, passphrase(database).secret, recovery[0])


@pytest.mark.parametrize("how", ["given up", "turned off", "removed"])
def test_a_device_that_waits_is_forgotten(how: str, database: Database) -> None:
    ana = first(database)
    _, recovery = turned_on(database, ana)
    devices = SqlOtherDevices(database, KEY)
    new = other_device(database, ana, recovery[0], "here")
    match how:
        case "given up":
            devices.give_up(ana.id)
        case "turned off":
            turned_off(database, ana, recovery[1])
        case _:
            SqlSecondFactors(database, KEY).remove(ana, actor="root")

    with pytest.raises(NotYet):
        devices.confirm(ana, new.code(LATER), session="here", now=LATER)

    assert (SqlSecondFactors(database, KEY).of(ana.id) is not None) == (how == "given up")


def test_who_has_none_sets_no_other_device_up(database: Database) -> None:
    ana = first(database)

    with pytest.raises(NotFound):
        other_device(database, ana, "000000", "here")

    assert SqlOtherDevices(database, KEY).waiting(ana.id, session="here", now=LATER) is None


def test_what_is_on_is_not_set_up_over(database: Database) -> None:
    ana = first(database)
    app, _ = turned_on(database, ana)
    factors = SqlSecondFactors(database, KEY)

    with pytest.raises(InvalidValue, match="on already"):
        factors.begin(ana.id, LATER)
    with pytest.raises(NotYet):
        factors.confirm(ana, app.code(LATER), session="", now=LATER)

    assert factors.being_set_up(ana.id, LATER) is None


def test_without_one_there_is_nothing_to_renew_turn_off_or_remove(database: Database) -> None:
    ana = first(database)
    factors = SqlSecondFactors(database, KEY)

    for work in (renewed, turned_off):
        with pytest.raises(NotFound, match="has no second factor"):
            work(database, ana, "000000")
    with pytest.raises(NotFound, match="has no second factor"):
        factors.remove(ana, actor="root")


def test_who_lost_it_is_let_in_by_the_passphrase_again_and_signed_out(database: Database) -> None:
    ana = first(database)
    app, _ = turned_on(database, ana)
    session = entered(database, passphrase(database).secret, app.code(LATER))

    SqlSecondFactors(database, KEY).remove(ana, actor="root")

    assert SqlSignIns(database).session(session, LATER) is None
    assert not passphrase(database).needs_code


def test_what_lies_in_the_database_opens_nothing(database: Database) -> None:
    ana = first(database)
    _, recovery = turned_on(database, ana)
    secret = passphrase(database).secret
    tables = (t.SECOND_FACTORS, t.RECOVERY_CODES, t.PENDING)

    rows = str(database.read_now(lambda c: [list(c.execute(select(one))) for one in tables]))

    assert secret not in rows
    assert not any(one.replace("-", "") in rows or one in rows for one in recovery)
    with pytest.raises(KeyMissing):
        SqlCodeEntry(database, MasterKey(b"x" * 32)).enter(
            secret, "000000", address="", browser="", now=LATER
        )


def test_where_the_key_is_lost_a_recovery_code_still_opens(database: Database) -> None:
    _, recovery = turned_on(database, first(database))
    other_key = SqlCodeEntry(database, MasterKey(b"x" * 32))

    session = other_key.enter(
        passphrase(database).secret, recovery[0], address="", browser="", now=LATER
    )

    assert SqlSignIns(database).session(session, LATER) is not None


def test_every_change_is_in_the_audit_trail_without_secrets(database: Database) -> None:
    ana = first(database)
    factors = SqlSecondFactors(database, KEY)
    _, recovery = turned_on(database, ana)
    renewed_codes = renewed(database, ana, recovery[0])
    shown = [*recovery, *renewed_codes]
    factors.require(True, by=ana)
    factors.require(True, by=ana)
    factors.require(False, by=ana)
    turned_off(database, ana, renewed_codes[0])
    turned_on(database, ana)
    factors.remove(ana, actor="root")

    told = database.read_now(lambda c: audit_entries(c, None, 100, action="second_factor"))

    assert [one.action.removeprefix("second_factor.") for one in reversed(told)] == [
        "on", "recovery_used", "recovery_codes", "required", "required", "recovery_used", "off",
        "on", "remove",
    ]  # fmt: skip
    assert [one.after for one in told if one.action.endswith("required")] == [
        {"required": False},
        {"required": True},
    ]
    assert not any(one in str(told) for one in shown)
    assert database.read_now(broken_audit) is None


def test_only_who_has_one_can_ask_everybody_for_one(database: Database) -> None:
    ana = first(database)
    factors = SqlSecondFactors(database, KEY)

    with pytest.raises(NotYet, match="Turn on your own first"):
        factors.require(True, by=ana)
    before = factors.required()
    turned_on(database, ana)
    factors.require(True, by=ana)

    assert (before, factors.required()) == (False, True)


def test_what_somebody_had_goes_with_them(database: Database) -> None:
    first(database)
    bo = joined(database, "bo@larkspur.example", "viewer")
    turned_on(database, bo)
    passphrase(database, email=bo.email)

    SqlAdministrators(database).remove(bo.id, actor=ANA)

    tables = (t.SECOND_FACTORS, t.RECOVERY_CODES, t.PENDING)
    assert database.read_now(lambda c: [list(c.execute(select(one))) for one in tables]) == [
        [],
        [],
        [],
    ]


def test_a_code_of_the_step_before_still_counts(database: Database) -> None:
    app, _ = turned_on(database, first(database))
    typed = app.code(LATER)

    session = entered(
        database, passphrase(database).secret, typed, LATER + dt.timedelta(seconds=STEP)
    )

    assert SqlSignIns(database).session(session, LATER) is not None


def test_a_session_says_whether_a_second_factor_is_missing(database: Database) -> None:
    ana = first(database)
    app, _ = turned_on(database, ana)
    bo = joined(database, "bo@larkspur.example", "viewer")
    ins, factors = SqlSignIns(database), SqlSecondFactors(database, KEY)
    having = entered(database, passphrase(database).secret, app.code(LATER))
    without = passphrase(database, email=bo.email).secret

    def missing() -> list[bool]:
        found = [ins.session(one, LATER) for one in (having, without)]
        return [one.factor_missing for one in found if one is not None]

    before = missing()
    factors.require(True, by=ana)
    required = missing()
    factors.begin(bo.id, LATER)
    begun = missing()

    assert (before, required, begun) == ([False, False], [False, True], [False, True])
