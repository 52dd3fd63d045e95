"""Commands that stay: serve, worker, sandbox, demo.

Each imports what it runs when it is called: console and stand-in take as long to import
as a short command takes to answer, and every command's start would wait for them.
"""

from pathlib import Path

import cyclopts

from seatkeeper.cli.out import DONE, FAILED, installation, show
from seatkeeper.cli.parameters import Flag, Json
from seatkeeper.engine.runner import AT_ONCE
from seatkeeper.errors import BadInput
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.settings import read_settings

MOST_AT_ONCE = 1000


def register(app: cyclopts.App) -> None:
    """Add these commands to the command line."""
    app.command(demo)
    app.command(serve)
    app.command(worker)
    app.command(sandbox)


async def serve(*, host: str = "127.0.0.1", port: int = 8080, workers: int = AT_ONCE) -> int:
    """Run the engine and the console, until Ctrl-C or SIGTERM.

    Parameters
    ----------
    host
        Where to listen; beyond loopback only with a certificate, or behind a trusted proxy.
    port
        Where the page answers; 0 takes any free port.
    workers
        How many apps' cycles run at the same time at most. Whoever waits longest is next.
    """
    from seatkeeper.cli.serving import (
        first_link,
        first_welcome,
        serve_installation,
        until_signalled,
    )

    async with installation() as opened:

        def ready(address: str) -> None:
            welcome = first_welcome(first_link(opened, address))
            show(f"Seatkeeper runs at {address}/ (end it with Ctrl-C)\n{welcome}".rstrip())

        await until_signalled(
            serve_installation(
                opened, host=host, port=port, on_ready=ready, at_once=checked_workers(workers)
            )
        )
    show("Seatkeeper has ended; everything is kept.")
    return DONE


async def worker(*, workers: int = AT_ONCE) -> int:
    """Run cycles beside a server on another machine or this one, until Ctrl-C or SIGTERM.

    Parameters
    ----------
    workers
        How many apps' cycles run here at the same time at most.
    """
    from seatkeeper.cli.serving import run_engine, until_signalled

    at_once = checked_workers(workers)
    async with installation() as opened:
        if not opened.holder.shares:
            raise BadInput(
                "On SQLite one process runs all cycles, and that is seatkeeper serve.",
                advice="For several, move to PostgreSQL and set SEATKEEPER_DATABASE_URL.",
            )
        with opened.lock():
            show("This worker runs cycles (end it with Ctrl-C)")
            await until_signalled(run_engine(opened.running.runner(at_once=at_once)))
    show("The worker has ended; what it had begun is gone on with elsewhere.")
    return DONE


def sandbox(
    app_id: str,
    /,
    *,
    host: str = "127.0.0.1",
    port: int = 8081,
    token: str | None = None,
    token_file: Path | None = None,
    db: Path | None = None,
    faults: str = "",
    seed: int = 0,
    reset: Flag = False,
    restore: Path | None = None,
    prefill: int | None = None,
    snapshot: Path | None = None,
    no_auth_page: Flag = False,
    report: Path | None = None,
) -> int:
    """Run a stand-in for an app of the gallery, with its admin page, until Ctrl-C or SIGTERM.

    Parameters
    ----------
    app_id
        Its id in the gallery.
    host
        A loopback address.
    port
        Where it answers; 0 takes any free port.
    token
        Accept this text as an account admin's token. Others on this machine can
        read a command line: for tests only.
    token_file
        Accept the text in this file as an account admin's token.
    db
        The file that keeps what the app holds.
    faults
        What goes wrong on purpose, such as "POST /Users: 5% 500", a scenario
        such as "flaky", or a YAML file that lists them.
    seed
        The same one meets the same faults, and prefills the same people.
    reset
        Delete all accounts and groups first.
    restore
        Put what this snapshot file holds in the place of everything first.
    prefill
        Add so many believable people, and groups, first.
    snapshot
        Write all accounts and groups to this file, and exit.
    no_auth_page
        Issue no tokens: accept only what --token or --token-file gives.
    report
        Write there, at the end, what the app says of its client: needless reads, hasty
        retries, departures from the RFC. Text, or JSON where the name ends in .json.
    """
    from seatkeeper.cli.serving import serve_many
    from seatkeeper.sandbox.faults.file import faults_text
    from seatkeeper.sandbox.faults.live import LiveFaults
    from seatkeeper.sandbox.serve import opened_state, serve_sandbox
    from seatkeeper.service_provider.listening import other_name_of

    app = gallery_app(app_id)
    live = LiveFaults(faults_text(faults), seed)
    accepted = token or _token_of(token_file)
    if no_auth_page and not accepted:
        raise BadInput(
            "Without the page that issues tokens nobody can connect.",
            advice="Give --token or --token-file beside --no-auth-page.",
        )
    file = db or read_settings().home / f"sandbox-{app_id}.db"
    file.parent.mkdir(parents=True, exist_ok=True)
    with opened_state(app, file) as state:
        if reset:
            state.reset()
        if restore is not None:
            state.read_file(restore)
        if prefill is not None:
            state.prefill(prefill, seed)
        if snapshot is not None:
            state.write_file(snapshot)
            show(f"{snapshot} holds what {app.name} (stand-in) holds.")
            return DONE

    def ready(address: str) -> None:
        site = other_name_of(address)
        page = f"faults {site}/faults" if no_auth_page else f"admin page {site}/"
        show(
            f"{app.name} (stand-in) runs: {page}, "
            f"SCIM base URL {address}{app.base_url.path} (end it with Ctrl-C)"
        )

    serve_many(
        serve_sandbox(
            app,
            host=host,
            port=port,
            db_path=file,
            token=accepted,
            on_ready=ready,
            faults=live,
            auth_page=not no_auth_page,
            report=report,
        )
    )
    if report is not None:
        show(f"What {app.name} says of its client is in {report}.")
    return DONE


async def demo(
    *,
    users: int = 250,
    headless: Flag = False,
    wizard: Flag = False,
    port: int = 8080,
    json: Json = False,
) -> int:
    """Provision a sample company into a stand-in for 15Five, and stay running.

    Parameters
    ----------
    users
        How many people the company has (at least 100).
    headless
        Run an initial and an incremental cycle and one more, compare the app
        with what it should hold, print the summary, and exit.
    wizard
        Begin with an empty installation; the console leads through the first steps.
    port
        Where the console answers; the stand-in takes the next one.
    """
    from seatkeeper.cli.demo import DemoWishes, run_demo

    wishes = DemoWishes(users, port, headless=headless, as_json=json, wizard=wizard)
    return DONE if await run_demo(wishes) else FAILED


def checked_workers(workers: int) -> int:
    """Return how many cycles may run at once. Raises ``BadInput`` for none, or too many."""
    if not 1 <= workers <= MOST_AT_ONCE:
        raise BadInput(
            f"{workers} cycles at the same time are not possible.",
            advice=f"Give --workers 1 to {MOST_AT_ONCE}; it is {AT_ONCE} where left out.",
        )
    return workers


def _token_of(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read as a token.") from error
    if not text:
        raise BadInput(f"{file} is empty.")
    return text
