"""A stream tells an open page what differs from what it shows, and not more than that."""

from markupsafe import Markup

from seatkeeper.console.live import LARGEST, Shown, mark_of_blocks

BEFORE = {"cycle": Markup("<p>1 of 9</p>"), "recent": Markup("<tr></tr>")}
AFTER = {**BEFORE, "cycle": Markup("<p>2 of 9</p>\n<p>0 failed</p>")}


def shown(blocks: dict[str, Markup]) -> Shown:
    return Shown(mark_of_blocks(blocks).split("."), frozenset({"recent"}))


def test_a_page_that_shows_all_of_it_is_told_nothing() -> None:
    assert shown(BEFORE).message(BEFORE, 0) == ""


def test_only_the_block_that_differs_is_sent_and_only_once() -> None:
    page = shown(BEFORE)

    first, second = page.message(AFTER, 0), page.message(AFTER, 1)

    assert first.splitlines() == [
        f"id: {mark_of_blocks(AFTER)}",
        'data: <hx-partial hx-target="#cycle" hx-swap="innerMorph"><p>2 of 9</p>',
        "data: <p>0 failed</p></hx-partial>",
        "",
    ]
    assert second == ""


def test_rows_are_replaced_where_all_else_is_changed_in_place() -> None:
    message = shown(BEFORE).message({**BEFORE, "recent": Markup("<tr><td>x</td></tr>")}, 0)

    assert '<hx-partial hx-target="#recent" hx-swap="innerHTML">' in message


def test_a_page_goes_on_from_the_id_of_the_last_event_that_it_saw() -> None:
    page = shown(BEFORE)
    last = page.message(AFTER, 0).partition("\n")[0].removeprefix("id: ")

    again = Shown(last.split("."), frozenset())

    assert again.message(AFTER, 0) == ""


def test_a_page_of_an_earlier_program_is_told_all() -> None:
    message = Shown(["abc"], frozenset()).message(BEFORE, 0)

    assert "#cycle" in message
    assert "#recent" in message


def test_a_message_is_never_larger_than_allowed_and_the_rest_follows() -> None:
    page = Shown([], frozenset())
    large = {name: Markup("ä") * (LARGEST // 4) for name in ("a", "b", "c")}

    messages = [page.message(large, second) for second in range(4)]

    assert all(len(one.encode()) < LARGEST + 200 for one in messages)
    assert [one.count("<hx-partial") for one in messages] == [1, 1, 1, 0]


def test_a_block_that_no_message_holds_keeps_nothing_else_waiting() -> None:
    page = Shown([], frozenset())

    message = page.message({"a": Markup("x") * LARGEST, "b": Markup("y")}, 0)

    assert "#a" not in message
    assert "#b" in message


def test_what_is_read_aloud_changes_every_ten_seconds_at_most() -> None:
    page = Shown([], frozenset())
    said = [page.message({"said": Markup("%s done") % second}, second) for second in range(12)]

    assert [second for second, message in enumerate(said) if message] == [0, 10]
