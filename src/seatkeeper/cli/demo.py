"""The main job, end to end, for somebody who has just cloned the project.

On top of everything: the sample company, a stand-in for 15Five on a real
socket, the whole product between them. Staying, it ends with three things to
try; headless, it makes everyday changes, runs again, and compares the app with
an independent recomputation (``demo_check``).
"""

import os
import shlex
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from seatkeeper.bootstrap import Installation
from seatkeeper.cli import sample_company as sample
from seatkeeper.cli.browser import open_console
from seatkeeper.cli.demo_check import read_app, whats_wrong
from seatkeeper.cli.out import print_json, show
from seatkeeper.cli.running import ProgressBar, run_somewhere, told
from seatkeeper.cli.serving import (
    first_link,
    first_welcome,
    serve_installation,
    until_signalled,
)
from seatkeeper.cli.stand_in import stand_in
from seatkeeper.configuration.applying import apply_document, change_settings, document_of
from seatkeeper.configuration.documents import AppDocument, DocumentAssignment
from seatkeeper.configuration.settings import AppSettings, Notification, default_settings
from seatkeeper.console.starting import Sandbox
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.errors import BadInput
from seatkeeper.facts.cycles import cycle_plain
from seatkeeper.facts.forecast import pacing_of
from seatkeeper.gallery.schema import GalleryApp, gallery_app
from seatkeeper.ports import PersonRow, UserEdit
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.settings import Settings, read_settings

APP: Final = "15five"
ACTOR: Final = "demo"
WIZARD: Final = "first-steps"
"""The folder of the installation that ``--wizard`` begins with, below the home."""

_SUMMARY: Final = (
    "created", "updated", "disabled", "deleted", "skipped", "failed", "waiting", "requests",
    "seconds",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DemoWishes:
    """What was asked for on the command line."""

    users: int
    port: int
    headless: bool
    as_json: bool
    wizard: bool = False


async def run_demo(wishes: DemoWishes) -> bool:
    """Run the demo; return whether the app ended up as it should (always, when staying)."""
    sample.sample_edits(wishes.users)
    settings = read_settings()
    if wishes.wizard:
        if wishes.headless:
            raise BadInput("--wizard needs somebody who looks; leave --headless out.")
        await until_signalled(_first_steps(settings, wishes))
        show("The demo has ended; everything is kept.")
        return True
    if wishes.headless and "SEATKEEPER_HOME" not in os.environ:
        with tempfile.TemporaryDirectory(prefix="seatkeeper-demo-") as folder:
            home = Path(folder)
            return await _headless(msgspec.structs.replace(settings, home=home), wishes)
    if wishes.headless:
        return await _headless(settings, wishes)
    await until_signalled(_stay(settings, wishes))
    show("The demo has ended; everything is kept.")
    return True


async def _stay(settings: Settings, wishes: DemoWishes) -> None:
    opened = Installation.open(settings)
    try:
        async with stand_in(settings.home, APP, port=wishes.port + 1) as app:
            await _set_up(opened, app, wishes.users)
            say = _say(wishes)
            say(f"Connection: {await opened.test_connection(APP)}")
            cycle = await _run(opened, wishes)
            say(told(APP, cycle))
            await change_settings(
                opened.configuration, APP, actor=ACTOR, status="on", mode="automatic"
            )

            def ready(address: str) -> None:
                link = first_link(opened, address)
                show(things_to_try(address, app.site, wishes.users, first_welcome(link)))
                open_console(settings.home, address, link)

            await serve_installation(
                opened, host="127.0.0.1", port=wishes.port, on_ready=ready, sandbox_port=None
            )
    finally:
        await opened.close()


async def _first_steps(settings: Settings, wishes: DemoWishes) -> None:
    """Serve an installation in which nobody has begun: the console leads through the first steps.

    It lies beside the usual one, unless a home was named: what is there is not touched.
    """
    if "SEATKEEPER_HOME" not in os.environ:
        settings = msgspec.structs.replace(settings, home=settings.home / WIZARD)
    opened = Installation.open(settings)
    try:

        def ready(address: str) -> None:
            link = first_link(opened, address)
            show(
                f"\nConsole         {address}/\n\n{first_welcome(link)}"
                "The console leads through the first steps. For commands beside it:\n"
                f"   export SEATKEEPER_HOME={shlex.quote(str(settings.home))}\n\n"
                "End the demo with Ctrl-C; everything is kept, and you can go on later."
            )
            open_console(settings.home, address, link)

        await serve_installation(
            opened,
            host="127.0.0.1",
            port=wishes.port,
            on_ready=ready,
            sandbox_port=wishes.port + 1 if wishes.port else 0,
        )
    finally:
        await opened.close()


async def _headless(settings: Settings, wishes: DemoWishes) -> bool:
    opened = Installation.open(settings)
    try:
        if await opened.ledger.last_change():
            raise BadInput(
                f"{settings.home} already holds an installation.",
                advice="Use an empty SEATKEEPER_HOME, or none: then a temporary one is used.",
            )
        async with stand_in(settings.home, APP, port=0) as app:
            await _set_up(opened, app, wishes.users)
            say = _say(wishes)
            initial = await _run(opened, wishes)
            say(told(APP, initial))
            await _everyday_changes(opened, wishes.users)
            incremental = await _run(opened, wishes)
            say(told(APP, incremental))
            again = await _run(opened, wishes)
            say(told(APP, again))
            return await _judge(opened, app, wishes, initial, incremental, again)
    finally:
        await opened.close()


async def _judge(
    opened: Installation,
    app: Sandbox,
    wishes: DemoWishes,
    initial: Cycle,
    incremental: Cycle,
    again: Cycle,
) -> bool:
    held = await read_app(app.base_url, app.token)
    wrong = await whats_wrong(opened, APP, held, sample.sample_expectations(wishes.users))
    in_step = not wrong and all(one.finished for one in (initial, incremental, again))
    print_json(
        {
            "app": APP,
            "initial": _summary(initial),
            "incremental": _summary(incremental),
            "no_change": {
                "requests": again.counters.requests - again.counters.retry_requests,
                "retry_requests": again.counters.retry_requests,
            },
            "target": {
                "users": len(held.users),
                "active": sum(one.get("active") is True for one in held.users),
                "groups": len(held.groups),
                "memberships": sum(len(group.get("members") or ()) for group in held.groups),
            },
            "in_step": in_step,
        }
    )
    for line in wrong[:20]:
        show(f"not in step: {line}", sys.stderr)
    return in_step


def _summary(cycle: Cycle) -> dict[str, object]:
    plain = cycle_plain(cycle)
    return {name: plain[name] for name in _SUMMARY}


async def _set_up(opened: Installation, app: Sandbox, users: int) -> None:
    """Bring the sample company in and connect the app; what is there already stays."""
    configured = [one.application.id for one in await opened.configuration.apps()]
    if APP not in configured:
        if await opened.ledger.last_change():
            raise BadInput(
                f"{opened.settings.home} already holds people that are not the sample company's.",
                advice="Set SEATKEEPER_HOME to an empty folder and run the demo again.",
            )
        await opened.people_import.apply_rows(
            sample.sample_digest(users), _rows(users), total=users, actor=ACTOR
        )
        settings = _settings(gallery_app(APP), app.base_url)
        document = AppDocument(APP, settings, assignments=_assignments(users))
    else:
        known = await document_of(opened.configuration, opened.directory, APP)
        assert known is not None  # noqa: S101 - it is among those configured
        settings = msgspec.structs.replace(known.settings, tenant_url=app.base_url)
        document = msgspec.structs.replace(known, settings=settings)
    await apply_document(
        opened.configuration,
        opened.directory,
        document,
        actor=ACTOR,
        places=opened.secret_places(),
        typed_secret=app.token.encode(),
    )


async def _rows(users: int) -> AsyncIterator[PersonRow]:
    for row in sample.sample_people(users):
        yield row


def _settings(app: GalleryApp, base_url: str) -> AppSettings:
    return msgspec.structs.replace(
        default_settings(app),
        tenant_url=base_url,
        allow_loopback=True,
        mode="automatic",
        notification=Notification("it@larkspur.example", on_failure=True),
    )


def _assignments(users: int) -> tuple[DocumentAssignment, ...]:
    groups = [
        DocumentAssignment("group", group.display_name, "User")
        for group in sample.sample_groups(users)
        if group.assigned
    ]
    people = [
        DocumentAssignment("user", one.user_principal_name, one.role)
        for one in sample.sample_direct_assignments(users)
    ]
    return (*groups, *people)


async def _run(opened: Installation, wishes: DemoWishes) -> Cycle:
    bar = ProgressBar(quiet=wishes.as_json, pacing=await pacing_of(opened, APP))
    cycle = await run_somewhere(opened, APP, Wish(), bar)
    bar.end()
    return cycle


async def _everyday_changes(opened: Installation, users: int) -> None:
    """Somebody gets a title, joins, leaves, is disabled, gets a manager; a group is renamed."""
    edits, directory = sample.sample_edits(users), opened.directory
    mover = await directory.user(edits.title_of)
    await directory.edit_user(mover.id, UserEdit({"jobTitle": edits.new_title}), actor=ACTOR)
    joined = await directory.group(edits.joined_group)
    joiner = await directory.user(edits.joiner)
    await directory.change_members(joined.id, add=[joiner.id], actor=ACTOR)
    left = await directory.group(edits.left_group)
    leaver = await directory.user(edits.leaver)
    await directory.change_members(left.id, remove=[leaver.id], actor=ACTOR)
    disabled = await directory.user(edits.disabled)
    await directory.edit_user(disabled.id, UserEdit(enabled=False), actor=ACTOR)
    manager = await directory.user(edits.new_manager)
    report = await directory.user(edits.report)
    await directory.edit_user(report.id, UserEdit(manager_id=manager.id), actor=ACTOR)
    renamed = await directory.group(edits.renamed_group)
    await directory.edit_group(renamed.id, {"displayName": edits.new_group_name}, actor=ACTOR)


def _say(wishes: DemoWishes) -> Callable[[str], None]:
    """Return how the demo speaks: beside the summary, which stands alone on standard output."""

    def say(text: str) -> None:
        if not wishes.as_json:
            show(text, sys.stderr if wishes.headless else sys.stdout)

    return say


def things_to_try(address: str, site: str, users: int, welcome: str = "") -> str:
    """Return what the demo says at the end; the README shows the same commands.

    ``welcome`` says how somebody signs in who could not yet.
    """
    edits = sample.sample_edits(users)
    return (
        f"\nConsole         {address}/\n"
        f"15Five stand-in {site}/\n\n"
        f"{welcome}"
        "Three things to try, in another terminal:\n\n"
        "1. Change a title and see it arrive\n"
        f'   .venv/bin/seatkeeper people set {edits.title_of} jobTitle="{edits.new_title}"\n'
        f"   .venv/bin/seatkeeper run {APP}\n\n"
        "2. Remove somebody from a group and see the account disabled\n"
        f'   .venv/bin/seatkeeper groups remove "{edits.left_group}" {edits.leaver}\n'
        f"   .venv/bin/seatkeeper run {APP}\n\n"
        "3. Ask why somebody is (not) there\n"
        f"   .venv/bin/seatkeeper explain {APP} {edits.leaver}\n"
        f"   .venv/bin/seatkeeper explain {APP} {edits.joiner}\n"
        f"   .venv/bin/seatkeeper logs {APP}\n\n"
        "End the demo with Ctrl-C; everything is kept, and make demo goes on with it."
    )
