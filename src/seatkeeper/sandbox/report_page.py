"""The judgement of this run's client, as a page and for programs; and as a file at the end.

Beside the walk. What is judged, and how, is ``judgement``'s; this reads the
journal for it.
"""

from pathlib import Path

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from seatkeeper.errors import BadInput
from seatkeeper.sandbox.exchange import exchange_of
from seatkeeper.sandbox.guard import HEADERS
from seatkeeper.sandbox.judgement import Report, judge, report_json, report_text
from seatkeeper.sandbox.standin import StandIn, html


def report_routes(site: StandIn) -> list[Route]:
    """Return the routes of the report."""

    def shown(request: Request) -> str:
        everything = request.query_params.get("of") == "all"
        return site.render(
            request,
            "report.html",
            report=report_of(site, everything=everything),
            everything=everything,
            newest=site.journal.newest(),
        )

    async def page(request: Request) -> Response:
        return html(await to_thread.run_sync(shown, request))

    async def plain(request: Request) -> Response:
        everything = request.query_params.get("of") == "all"
        found = await to_thread.run_sync(lambda: report_of(site, everything=everything))
        return Response(report_json(found), media_type="application/json", headers=HEADERS)

    return [Route("/report", page), Route("/report.json", plain)]


def report_of(site: StandIn, *, everything: bool = False) -> Report:
    """Return the report on this run, or on everything that the journal keeps."""
    rows = site.journal.each(after=0 if everything else site.began)
    return judge((exchange_of(row, site.bases) for row in rows), site.app.name)


def checked_report_file(file: Path) -> Path:
    """Refuse a file that cannot be written, before anything is started."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.open("a", encoding="utf-8").close()
    except OSError as error:
        raise BadInput(
            f"The report cannot be written to {file}: {error.strerror}.",
            advice="Name a file in a folder that you may write to.",
        ) from error
    return file


def write_report(report: Report, file: Path) -> None:
    """Write a report as text, or as JSON where the name of the file ends in ``.json``."""
    of_programs = file.suffix.casefold() == ".json"
    text = report_json(report) if of_programs else report_text(report)
    part = file.with_name(file.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(file)
