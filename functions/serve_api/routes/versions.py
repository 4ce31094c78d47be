"""Published versions of the rulebook: which there are, what they say, what they differ in, and going back to one."""

from datetime import datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from courtesy.errors import NotFound
from courtesy.rulebook import desk
from courtesy.rulebook.versions import Change, diff
from functions.serve_api import wiring
from functions.serve_api.gate import Router, caller

router = Router("rulebook")
READS = ("marketer", "approver", "engineer")
Number = Annotated[int, Path(ge=1, le=99_999_999, description="the version's number")]


class VersionView(BaseModel):
    """Who published which version when."""

    version: int
    by: str
    at: datetime


class VersionsView(BaseModel):
    """The versions, newest first."""

    current: int
    versions: list[VersionView]
    next: str | None = Field(default=None, description="give it as `cursor` to see older ones")


class VersionFileView(BaseModel):
    """A file of a version."""

    path: str
    characters: int


class VersionFilesView(BaseModel):
    """The files that a version was made of."""

    version: int
    files: list[VersionFileView]


class VersionTextView(BaseModel):
    """A file's text."""

    path: str
    text: str


class ChangeView(BaseModel):
    """One difference; `before` or `after` is null where the value did not exist."""

    path: list[str | int]
    kind: str
    before: Any = None
    after: Any = None
    text: str


class DiffView(BaseModel):
    """What one rulebook changes against another; 0 is a draft."""

    before: int
    after: int
    changes: list[ChangeView]


class RollbackRequest(BaseModel):
    """Why the rules go back; the history of versions tells it."""

    model_config = ConfigDict(extra="forbid")

    because: str = Field(min_length=3, max_length=500)


@router.get("/rulebook/versions", roles=READS, summary="The published versions")
def list_versions(
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str, Query(pattern=r"^\d{0,8}$", description="`next` of the page before")] = "",
) -> VersionsView:
    """Who published which when, newest first."""
    rulebooks = wiring.wire().rulebooks
    older = [each for each in rulebooks.history() if not cursor or each.version < int(cursor)]
    page = older[:limit]
    return VersionsView(
        current=rulebooks.in_force(),
        versions=[VersionView(version=each.version, by=each.by, at=each.at) for each in page],
        next=str(page[-1].version) if len(older) > limit else None,
    )


@router.get("/rulebook/versions/<version>/files", roles=READS, summary="The files of a version")
def list_version_files(version: Number) -> VersionFilesView:
    """By path; a version that was published without its files is written out anew."""
    files = wiring.wire().rulebooks.files(version)
    listed = [VersionFileView(path=path, characters=len(text)) for path, text in sorted(files.items())]
    return VersionFilesView(version=version, files=listed)


@router.get("/rulebook/versions/<version>/file", roles=READS, summary="One file of a version")
def get_version_file(
    version: Number, path: Annotated[str, Query(min_length=5, max_length=200)]
) -> VersionTextView:
    """As somebody wrote it."""
    files = wiring.wire().rulebooks.files(version)
    if path not in files:
        raise NotFound("the version has no such file; GET its files for a list")
    return VersionTextView(path=path, text=files[path])


@router.get("/rulebook/versions/<version>/diff", roles=READS, summary="What a version changed")
def diff_versions(
    version: Number,
    against: Annotated[int, Query(ge=0, le=99_999_999, description="0: the version before it")] = 0,
) -> DiffView:
    """By path, values before and after."""
    rulebooks = wiring.wire().rulebooks
    before = against or version - 1
    if before == 0:
        raise NotFound("version 1 is the first; there is none before it")
    return diff_view(before, version, diff(rulebooks.version(before), rulebooks.version(version)))


@router.post(
    "/rulebook/versions/<version>/rollback",
    roles=("approver",),
    rate="heavy",
    status_code=201,
    summary="Go back to a version",
)
def roll_back(version: Number, request: Annotated[RollbackRequest, Body()]) -> Response[VersionView]:
    """Publishes its rules anew as the next version, so the history stays whole. The API shows it at once, work under
    way takes it up within five seconds."""
    outside = wiring.wire()
    by = f"{caller().id}: back to {version}: {request.because}"
    made = desk.roll_back(outside.rulebooks, version, by, outside.clock())
    return Response(
        201,
        content_type="application/json",
        body=VersionView(version=made.version, by=by, at=outside.clock()),
    )


def diff_view(before: int, after: int, changes: list[Change]) -> DiffView:
    """Differences as they are shown."""
    return DiffView(
        before=before,
        after=after,
        changes=[
            ChangeView(path=list(c.path), kind=c.kind, before=c.before, after=c.after, text=str(c))
            for c in changes
        ],
    )
