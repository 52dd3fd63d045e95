"""Run a stand-in on a real socket, in the process of whoever asks.

Before the walk: the command line and the tests start it here.
"""

from collections.abc import Callable
from pathlib import Path

from seatkeeper.gallery.schema import GalleryApp
from seatkeeper.sandbox.guard import LOOPBACK
from seatkeeper.sandbox.report_page import checked_report_file, report_of, write_report
from seatkeeper.sandbox.site import sandbox_app
from seatkeeper.service_provider.listening import address_of, listening, serve_app


async def serve_sandbox(
    app: GalleryApp,
    *,
    host: str,
    port: int,
    db_path: Path,
    token: str | None,
    on_ready: Callable[[str], None],
    report: Path | None = None,
) -> None:
    """Serve the stand-in for ``app`` until cancelled; ``on_ready`` gets its address.

    ``report`` is a file that gets the judgement of this run's requests at the end.
    Raises ``BadInput`` for a host others could reach, ``Occupied`` for a taken port.
    """
    file = None if report is None else checked_report_file(report)
    with listening(host, port) as bound:
        site = sandbox_app(app, db_path, token=token, allowed_hosts=LOOPBACK)
        try:
            await serve_app(site, bound, lambda: on_ready(address_of(host, bound)))
        finally:
            if file is not None:
                write_report(report_of(site.state.site), file)
            site.state.file.close()
