"""Run a stand-in on a real socket, in the process of whoever asks.

Before the walk: the command line and the tests start it here.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from seatkeeper.gallery.schema import GalleryApp
from seatkeeper.sandbox.faults.closing import closable_protocol
from seatkeeper.sandbox.faults.live import LiveFaults
from seatkeeper.sandbox.guard import LOOPBACK
from seatkeeper.sandbox.report_page import checked_report_file, report_of, write_report
from seatkeeper.sandbox.site import sandbox_app
from seatkeeper.sandbox.state import SandboxState
from seatkeeper.service_provider.listening import address_of, listening, plain_or, serve_app
from seatkeeper.service_provider.profile import profile_of
from seatkeeper.store.resource_archive import ResourceArchive
from seatkeeper.store.resource_file import ResourceFile


@contextmanager
def opened_state(app: GalleryApp, db_path: Path) -> Iterator[SandboxState]:
    """Yield the contents of the stand-in for ``app``, to change them before it runs."""
    profile = profile_of(app)
    file = ResourceFile(db_path)
    try:
        yield SandboxState(ResourceArchive(file, profile.keys_of), profile, lambda: None)
    finally:
        file.close()


async def serve_sandbox(
    app: GalleryApp,
    *,
    host: str,
    port: int,
    db_path: Path,
    token: str | None,
    on_ready: Callable[[str], None],
    faults: LiveFaults | None = None,
    auth_page: bool = True,
    report: Path | None = None,
) -> None:
    """Serve the stand-in for ``app`` until cancelled; ``on_ready`` gets its address.

    ``report`` is a file that gets the judgement of this run's requests at the end.
    Raises ``BadInput`` for a host others could reach, ``Occupied`` for a taken port.
    """
    file = None if report is None else checked_report_file(report)
    with listening(host, port) as bound:
        site = sandbox_app(
            app,
            db_path,
            token=token,
            allowed_hosts=LOOPBACK,
            faults=faults,
            auth_page=auth_page,
        )
        try:
            await serve_app(
                site,
                bound,
                lambda: on_ready(address_of(host, bound)),
                protocol=partial(plain_or, site.state.desk, closable_protocol),
            )
        finally:
            site.state.desk.close()
            if file is not None:
                write_report(report_of(site.state.site), file)
            site.state.file.close()
