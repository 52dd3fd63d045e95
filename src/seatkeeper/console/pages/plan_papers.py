"""What is kept of a plan outside the console: its export, and sheets to print as evidence.

After sign-in, beside the pages of plans. A sheet and the file behind it hold the
same data; the SHA-256 on the sheet is that of exactly that file. (Console design, 14.)
"""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from seatkeeper.console.app_head import AppHead, app_head
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import Doors
from seatkeeper.console.exports import export
from seatkeeper.console.language import _
from seatkeeper.console.plan_looking import filter_of
from seatkeeper.console.views.plan_rows import change_text, mark_of, outlook_words
from seatkeeper.console.visit import Visit
from seatkeeper.errors import NotFound
from seatkeeper.ports.plans import KeptPlan, PlanState
from seatkeeper.provisioning.naming import by_name
from seatkeeper.provisioning.preview import PlannedRecord

EXPORTED: Final = (
    "action", "kind", "record", "display_name", "account", "cause", "reason", "held", "code",
    "advice", "changes", "requests", "waiting",
)  # fmt: skip
ON_A_SHEET: Final = 500
"""Records on one sheet of evidence; a longer plan has several, each with its own sum."""

_PIECE: Final = 500


class PlanPapers:
    """A plan as files and as sheets to print."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        plan = "/apps/{app}/plan/{plan}"
        return [
            doors.route("GET", f"{plan}/export", self.exported, bare=True),
            doors.route("GET", f"{plan}/evidence", self.evidence),
        ]

    async def exported(self, visit: Visit) -> Response:
        """Give the whole plan as a file, in the order of its causes."""
        head, plan = await self._plan(visit)
        form = visit.request.query_params.get("form", "")
        return export(form, _file_name(head, plan), EXPORTED, self._rows(plan, text=form == "csv"))

    async def evidence(self, visit: Visit) -> Response:
        """Show a sheet of the plan to be printed, or give its data as a file."""
        head, plan = await self._plan(visit)
        query = visit.request.query_params
        after = filter_of(query).after
        found = await self._desk.work.plans.records(plan, after=after, limit=ON_A_SHEET + 1)
        sheet, more = found[:ON_A_SHEET], len(found) > ON_A_SHEET
        data = _data(head, plan, [record for _place, record in sheet], after, more=more)
        if query.get("form") == "json":
            name = f"{_file_name(head, plan)}-{after + 1}"
            headers = {"Content-Disposition": f'attachment; filename="{name}.json"'}
            return Response(data, media_type="application/json", headers=headers)
        words = outlook_words()
        called = await self._desk.work.called(
            head.id, [change for _place, record in sheet for change in record.changes]
        )
        place = f"/apps/{head.id}/plan/{plan.number}"
        return self._desk.templates.page(
            "plan_evidence.html",
            visit=visit,
            head=head,
            plan=plan,
            place=place,
            counts=[
                (words[one], (plan.counters or {}).get(one.value, 0))
                for one in words
                if (plan.counters or {}).get(one.value)
            ],
            rows=[(record, words[record.verb], mark_of(record.verb)) for _place, record in sheet],
            change_text=lambda one: change_text(by_name(one, called)),
            first=after + 2 if sheet else 0,
            last=after + 1 + len(sheet),
            data=f"{place}/evidence?form=json&after={after}" if after >= 0
            else f"{place}/evidence?form=json",
            next_sheet=f"{place}/evidence?after={sheet[-1][0]}" if more else "",
            digest=hashlib.sha256(data).hexdigest(),
        )  # fmt: skip

    async def _plan(self, visit: Visit) -> tuple[AppHead, KeptPlan]:
        """Return the plan of the address. Raises ``NotFound``, also for one that is not ready."""
        head = await app_head(self._desk, visit.request.path_params["app"])
        plan = await self._desk.planning.numbered(head.id, visit.request.path_params["plan"])
        if plan.undoes or plan.state is not PlanState.READY:
            raise NotFound(
                _("Plan %(number)s is not ready, or takes a cycle back.") % {"number": plan.number},
                advice=_("Choose one that is ready on the app's page Plan."),
            )
        return head, plan

    async def _rows(self, plan: KeptPlan, *, text: bool) -> AsyncIterator[Mapping[str, object]]:
        after = -1
        while page := await self._desk.work.plans.records(plan, after=after, limit=_PIECE):
            for _place, record in page:
                yield _plain(record, text=text)
            after = page[-1][0]


def _plain(record: PlannedRecord, *, text: bool) -> Mapping[str, object]:
    """Return a record for a file; ``text``: each change in a line of its own words."""
    changes: Sequence[object] = [
        change_text(one) if text else {"path": one.path, "old": one.old, "new": one.new}
        for one in record.changes
    ]
    return {
        "action": record.verb.value,
        "kind": record.kind.value,
        "record": record.record_id,
        "display_name": record.display_name,
        "account": record.account_id,
        "cause": record.cause,
        "reason": record.reason,
        "held": record.held,
        "code": record.code,
        "advice": record.advice,
        "changes": changes,
        "requests": record.requests,
        "waiting": record.waiting,
    }


def _data(
    head: AppHead, plan: KeptPlan, records: Sequence[PlannedRecord], after: int, *, more: bool
) -> bytes:
    """Return the data of a sheet; the same plan gives the same bytes, whoever asks."""
    plain = {
        "app": head.id,
        "plan": plan.number,
        "made_at": plan.at.isoformat(timespec="seconds"),
        "made_by": plan.actor,
        "configuration_version": plan.settings_version,
        "kind": plan.kind,
        "digest_of_actions": plan.action_digest,
        "counters": plan.counters,
        "first": after + 2,
        "is_whole": after < 0 and not more,
        "records": [_plain(one, text=False) for one in records],
    }
    return msgspec.json.encode(plain, order="deterministic")


def _file_name(head: AppHead, plan: KeptPlan) -> str:
    safe = "".join(char if char.isalnum() or char in "-._" else "-" for char in head.id)
    return f"seatkeeper-{safe}-plan-{plan.number}"
