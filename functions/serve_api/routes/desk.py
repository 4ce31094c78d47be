"""What is done with a draft as a whole: check, compare, try on customers, submit, approve by another person, publish."""

from typing import Annotated, Any

import msgspec
from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import BaseModel, ConfigDict, Field

from courtesy.decisions.trial import try_draft
from courtesy.errors import NotFound, UnknownName
from courtesy.messages.compile import compile_messages
from courtesy.population.audience import judge, rehearse
from courtesy.population.catalogue import catalogue_of
from courtesy.rulebook import desk, drafts
from courtesy.rulebook.versions import diff
from functions.serve_api import wiring
from functions.serve_api.etags import IfMatch, tagged
from functions.serve_api.gate import Router, caller
from functions.serve_api.routes.drafts import (
    WRITES,
    DraftId,
    DraftView,
    kept,
    must_be_whole,
    seen_draft,
    view_of,
)
from functions.serve_api.routes.population import PreviewView, ShiftView, VerdictView, verdict_view
from functions.serve_api.routes.versions import DiffView, diff_view

router = Router("drafts")
APPROVES = ("approver",)


class ComplaintView(BaseModel):
    """One thing wrong (`error`) or doubtful (`warning`)."""

    severity: str
    text: str
    path: str = Field(description="where in the rulebook, e.g. `triggers.welcome_cars.criteria`")
    file: str
    line: int = Field(description="from 1; 0 where it has none")
    position: int = Field(description="characters from 0 into a criterion; -1 where it has none")


class CheckedView(BaseModel):
    """What the check of a draft came to. Only a sound one can be published; warnings let it pass."""

    sound: bool
    problems: list[ComplaintView]


class AudienceRequest(BaseModel):
    """The trigger whose audience is asked for, as the draft has it."""

    model_config = ConfigDict(extra="forbid")

    trigger: str = Field(pattern=r"^[a-z0-9_]{1,80}$")


class DraftSegmentsRequest(BaseModel):
    """The cycle whose customers are looked at; the latest where left out."""

    model_config = ConfigDict(extra="forbid")

    cycle_id: str = Field(default="", pattern=r"^(\d{4}-\d{2}-\d{2}-[A-Za-z0-9-]{1,60})?$")


class RehearsalRequest(BaseModel):
    """How long and with how many customers; both bound by what answers within half a minute."""

    model_config = ConfigDict(extra="forbid")

    days: int = Field(default=14, ge=1, le=28)
    customers: int = Field(default=500, ge=1, le=2000)


class TrialView(BaseModel):
    """The coming days as they are (`before`) and as the draft would have them (`after`), on a share of the customers."""

    cycle_id: str
    days: int
    looked_at: int
    customers: int
    before: dict[str, Any]
    after: dict[str, Any]
    difference: dict[str, Any]


class RemarkRequest(BaseModel):
    """What to say with the step."""

    model_config = ConfigDict(extra="forbid")

    remark: str = Field(default="", max_length=2000)


@router.get("/rulebook/drafts/<draft_id>/check", roles=WRITES, summary="What is wrong with a draft")
def check_draft(draft_id: DraftId) -> CheckedView:
    """Everything wrong or doubtful, with file, line and position; errors first."""
    found = desk.check_files(wiring.wire().drafts.read(draft_id).files, compile_messages)
    return CheckedView(
        sound=not any(each.severity == "error" for each in found),
        problems=[ComplaintView.model_validate(msgspec.structs.asdict(each)) for each in found],
    )


@router.get("/rulebook/drafts/<draft_id>/diff", roles=WRITES, summary="What a draft changes")
def diff_draft(draft_id: DraftId) -> DiffView:
    """Against the version that it was made of; by path, values before and after. Compiled messages are left out."""
    outside = wiring.wire()
    draft = outside.drafts.read(draft_id)
    before = desk.rulebook_of(outside.rulebooks.files(draft.base))
    return diff_view(draft.base, 0, diff(before, desk.rulebook_of(draft.files)))


@router.post(
    "/rulebook/drafts/<draft_id>/audience", roles=WRITES, asks=True, summary="Whom a drafted trigger is about"
)
def count_draft(draft_id: DraftId, request: Annotated[AudienceRequest, Body()]) -> VerdictView:
    """Checks the trigger's criterion as drafted and counts for whom it holds in the latest cycle."""
    outside = wiring.wire()
    rulebook = desk.rulebook_of(outside.drafts.read(draft_id).files)
    if request.trigger not in rulebook.triggers:
        raise UnknownName("trigger", request.trigger, rulebook.triggers)
    trigger, latest = rulebook.triggers[request.trigger], outside.cycles.ended(1)
    catalogue = catalogue_of(rulebook.sources)
    return verdict_view(
        judge(trigger.criteria, catalogue, outside.lake, latest[0] if latest else "", trigger.division)
    )


@router.post(
    "/rulebook/drafts/<draft_id>/segments",
    roles=WRITES,
    rate="heavy",
    asks=True,
    summary="Who would move under a draft's segments",
)
def preview_draft(draft_id: DraftId, request: Annotated[DraftSegmentsRequest, Body()]) -> PreviewView:
    """Runs the draft's segment rules beside those in force over a cycle's snapshot. Nothing is written."""
    outside = wiring.wire()
    drafted = desk.rulebook_of(outside.drafts.read(draft_id).files)
    done = rehearse(outside.lake, outside.rulebooks.current(), drafted.population, _cycle(request.cycle_id))
    return PreviewView(
        cycle_id=done.cycle_id, looked_at=done.looked_at, customers=done.customers,
        shifts=[ShiftView(**vars(shift)) for shift in done.found.shifts],
        before=done.found.before, after=done.found.after,
    )  # fmt: skip


@router.post(
    "/rulebook/drafts/<draft_id>/rehearsal",
    roles=WRITES,
    rate="heavy",
    asks=True,
    summary="The coming days under a draft",
)
def rehearse_draft(draft_id: DraftId, request: Annotated[RehearsalRequest, Body()]) -> TrialView:
    """A cycle a day under the full law, as things are and as drafted. Nothing is sent, written or counted."""
    outside = wiring.wire()
    drafted = desk.rulebook_of(outside.drafts.read(draft_id).files)
    done = try_draft(
        outside.store, outside.lake, outside.rulebooks.current(), drafted, _cycle(""), outside.clock(),
        request.days, request.customers, outside.key(),
    )  # fmt: skip
    return TrialView.model_validate(msgspec.to_builtins(done))


@router.post("/rulebook/drafts/<draft_id>/rebase", roles=WRITES, summary="Take up what others published")
def rebase_draft(draft_id: DraftId, if_match: IfMatch = "") -> Response[DraftView]:
    """Makes the draft one of the version in force; 409 names the files that both changed."""
    outside = wiring.wire()
    draft, current = seen_draft(draft_id, if_match), outside.rulebooks.current().version
    ours, theirs = outside.rulebooks.files(draft.base), outside.rulebooks.files(current)
    return kept(drafts.rebase(draft, ours, current, theirs, caller().id, outside.clock()))


@router.post("/rulebook/drafts/<draft_id>/submit", roles=WRITES, summary="Ask for approval")
def submit_draft(
    draft_id: DraftId, request: Annotated[RemarkRequest, Body()], if_match: IfMatch = ""
) -> Response[DraftView]:
    """From now on a change opens the draft again."""
    draft = seen_draft(draft_id, if_match)
    return kept(drafts.submit(draft, request.remark, caller().id, wiring.wire().clock()))


@router.post("/rulebook/drafts/<draft_id>/approve", roles=APPROVES, summary="Approve another person's draft")
def approve_draft(
    draft_id: DraftId, request: Annotated[RemarkRequest, Body()], if_match: IfMatch = ""
) -> Response[DraftView]:
    """403 for whoever wrote or submitted it."""
    draft = seen_draft(draft_id, if_match)
    return kept(drafts.approve(draft, request.remark, caller().id, wiring.wire().clock()))


@router.post("/rulebook/drafts/<draft_id>/reject", roles=APPROVES, summary="Send a draft back")
def reject_draft(
    draft_id: DraftId, request: Annotated[RemarkRequest, Body()], if_match: IfMatch = ""
) -> Response[DraftView]:
    """With the reason in `remark`; the draft is open again."""
    must_be_whole(request.remark)
    draft = seen_draft(draft_id, if_match)
    return kept(drafts.reject(draft, request.remark, caller().id, wiring.wire().clock()))


@router.post(
    "/rulebook/drafts/<draft_id>/publish", roles=APPROVES, rate="heavy", summary="Publish an approved draft"
)
def publish_draft(draft_id: DraftId, if_match: IfMatch = "") -> Response[DraftView]:
    """Makes it the version in force. 409 where another version was published meanwhile, 400 where it is not sound."""
    outside = wiring.wire()
    draft = seen_draft(draft_id, if_match)
    done = desk.publish_draft(
        outside.rulebooks, outside.drafts, draft, compile_messages, caller().id, outside.clock()
    )
    return tagged(200, view_of(done), done.revision)


def _cycle(asked: str) -> str:
    """The cycle asked for, else the latest. Raises NotFound before the first."""
    latest = [asked] if asked else wiring.wire().cycles.ended(1)
    if not latest:
        raise NotFound("no cycle has ended yet, so there is nothing to try the draft on; start one")
    return latest[0]
