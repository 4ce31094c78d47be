"""Drafts of the rulebook: made, changed file by file, listed and given up. `desk` has what is done with one as a whole."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from courtesy.errors import NotFound, RefusedInput
from courtesy.rulebook import drafts
from courtesy.rulebook.drafts import Draft, State
from courtesy.rulebook.files import with_entry, with_section
from functions.serve_api import wiring
from functions.serve_api.etags import IfMatch, must_match, tagged
from functions.serve_api.gate import Router, caller

router = Router("drafts")
WRITES = ("marketer", "approver", "engineer")
DraftId = Annotated[str, Path(pattern=r"^d-[a-z0-9]{8,40}$", description="`draft_id`")]
FilePath = Annotated[
    str, Query(min_length=5, max_length=200, description="e.g. `triggers/welcome_cars.yaml`")
]
SectionName = Annotated[str, Path(pattern=r"^[a-z_]{1,40}$")]
EntryName = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,80}$")]


class FileChangeView(BaseModel):
    """A file that the draft adds, changes or removes."""

    path: str
    kind: str


class DraftView(BaseModel):
    """A draft as it stands; its `revision` is its ETag."""

    draft_id: str
    title: str
    state: State
    base: int = Field(description="the published version that it was made of")
    stale: bool = Field(description="another version is in force by now; take up its changes with `rebase`")
    revision: int
    created_by: str
    created_at: datetime
    changed_by: str
    changed_at: datetime
    authors: list[str] = Field(description="everybody who wrote in it; none of them approves it")
    submitted_by: str
    approved_by: str
    remark: str
    published: int = Field(description="the version that it became, 0 until then")
    changed: list[FileChangeView] = Field(description="empty in a list")


class DraftsView(BaseModel):
    """Drafts, the latest changed first."""

    drafts: list[DraftView]
    next: str | None = Field(default=None, description="give it as `cursor` to see more")


class DraftRequest(BaseModel):
    """A draft to begin, of the version in force or of an older one."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=120)
    version: int | None = Field(default=None, ge=1, le=99_999_999)


class FileEntryView(BaseModel):
    """A file of the draft."""

    path: str
    characters: int
    changed: bool


class FilesView(BaseModel):
    """All files of a draft or version, by path."""

    files: list[FileEntryView]


class DraftFileView(BaseModel):
    """A file as the draft has it, and as its base has it (none: it had no such file)."""

    path: str
    text: str
    changed: bool
    base: str | None


class TextRequest(BaseModel):
    """A file's whole text."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=200_000)


class ValueRequest(BaseModel):
    """A section or an entry as JSON; it is written as YAML, so comments in its file are lost."""

    model_config = ConfigDict(extra="forbid")

    value: dict[str, Any]


@router.post("/rulebook/drafts", roles=WRITES, status_code=201, summary="Begin a draft")
def begin_draft(request: Annotated[DraftRequest, Body()]) -> Response[DraftView]:
    """A copy of a published version's files, to be changed."""
    outside = wiring.wire()
    base = request.version or outside.rulebooks.in_force()
    draft = drafts.open_draft(
        f"d-{outside.new_id()}",
        request.title,
        base,
        outside.rulebooks.files(base),
        caller().id,
        outside.clock(),
    )
    outside.drafts.write(draft)
    return tagged(201, view_of(draft), draft.revision, Location=f"/rulebook/drafts/{draft.draft_id}")


@router.get("/rulebook/drafts", roles=WRITES, summary="The drafts")
def list_drafts(
    state: Annotated[str, Query(pattern=r"^(open|submitted|approved|published|withdrawn)?$")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[
        str, Query(pattern=r"^(d-[a-z0-9]{8,40})?$", description="`next` of the page before")
    ] = "",
) -> DraftsView:
    """The latest changed first."""
    outside = wiring.wire()
    found = [draft for draft in outside.drafts.all() if not state or draft.state == state]
    ids = [draft.draft_id for draft in found]
    start = ids.index(cursor) + 1 if cursor in ids else 0
    page = found[start : start + limit]
    current = outside.rulebooks.in_force()
    return DraftsView(
        drafts=[_view(draft, current, []) for draft in page],
        next=page[-1].draft_id if start + limit < len(found) else None,
    )


@router.get("/rulebook/drafts/<draft_id>", roles=WRITES, summary="One draft")
def get_draft(draft_id: DraftId) -> Response[DraftView]:
    """How it stands and which files it changes; its ETag is needed to change it."""
    draft = wiring.wire().drafts.read(draft_id)
    return tagged(200, view_of(draft), draft.revision)


@router.delete("/rulebook/drafts/<draft_id>", roles=WRITES, summary="Give a draft up")
def withdraw_draft(draft_id: DraftId, if_match: IfMatch = "") -> Response[DraftView]:
    """It stays readable as withdrawn."""
    draft = seen_draft(draft_id, if_match)
    return kept(drafts.withdraw(draft, caller().id, wiring.wire().clock()))


@router.get("/rulebook/drafts/<draft_id>/files", roles=WRITES, summary="The files of a draft")
def list_draft_files(draft_id: DraftId) -> FilesView:
    """By path, with those marked that it changes."""
    outside = wiring.wire()
    draft = outside.drafts.read(draft_id)
    changed = {change.path for change in drafts.changes(outside.rulebooks.files(draft.base), draft.files)}
    return FilesView(
        files=[
            FileEntryView(path=path, characters=len(text), changed=path in changed)
            for path, text in sorted(draft.files.items())
        ]
    )


@router.get("/rulebook/drafts/<draft_id>/file", roles=WRITES, summary="One file of a draft")
def get_draft_file(draft_id: DraftId, path: FilePath) -> Response[DraftFileView]:
    """Its text in the draft and in the version that the draft was made of."""
    outside = wiring.wire()
    draft = outside.drafts.read(draft_id)
    if path not in draft.files:
        raise NotFound("the draft has no such file; GET its files for a list")
    base = outside.rulebooks.files(draft.base).get(path)
    text = draft.files[path]
    return tagged(200, DraftFileView(path=path, text=text, changed=base != text, base=base), draft.revision)


@router.put("/rulebook/drafts/<draft_id>/file", roles=WRITES, summary="Write a file of a draft")
def put_draft_file(
    draft_id: DraftId, path: FilePath, request: Annotated[TextRequest, Body()], if_match: IfMatch = ""
) -> Response[DraftView]:
    """Whole, as YAML (or MJML, Typst for frames). A draft that was submitted is open again."""
    draft = seen_draft(draft_id, if_match)
    return kept(drafts.edit(draft, path, request.text, caller().id, wiring.wire().clock()))


@router.delete("/rulebook/drafts/<draft_id>/file", roles=WRITES, summary="Remove a file from a draft")
def delete_draft_file(draft_id: DraftId, path: FilePath, if_match: IfMatch = "") -> Response[DraftView]:
    """What it declared is gone with it."""
    draft = seen_draft(draft_id, if_match)
    return kept(drafts.remove(draft, path, caller().id, wiring.wire().clock()))


@router.put("/rulebook/drafts/<draft_id>/sections/<section>", roles=WRITES, summary="Write a section as JSON")
def put_draft_section(
    draft_id: DraftId, section: SectionName, request: Annotated[ValueRequest, Body()], if_match: IfMatch = ""
) -> Response[DraftView]:
    """For `population`, `decisions`, `identity`, `messages`, `divisions`, `dealers`."""
    draft = seen_draft(draft_id, if_match)
    path, text = with_section(section, request.value)
    return kept(drafts.edit(draft, path, text, caller().id, wiring.wire().clock()))


@router.put(
    "/rulebook/drafts/<draft_id>/sections/<section>/<entry>", roles=WRITES, summary="Write an entry as JSON"
)
def put_draft_entry(
    draft_id: DraftId,
    section: SectionName,
    entry: EntryName,
    request: Annotated[ValueRequest, Body()],
    if_match: IfMatch = "",
) -> Response[DraftView]:
    """A trigger, offer, source, division or dealer."""
    draft = seen_draft(draft_id, if_match)
    path, text = with_entry(draft.files, section, entry, request.value)
    return kept(drafts.edit(draft, path, text, caller().id, wiring.wire().clock()))


def seen_draft(draft_id: str, if_match: str) -> Draft:
    """The draft, if the caller has seen its last revision. Raises NotFound, Stale, Unconditional."""
    draft = wiring.wire().drafts.read(draft_id)
    must_match(if_match, draft.revision)
    return draft


def kept(draft: Draft) -> Response[DraftView]:
    """Store a changed draft and show it. Raises Stale where somebody was faster."""
    wiring.wire().drafts.write(draft)
    return tagged(200, view_of(draft), draft.revision)


def view_of(draft: Draft) -> DraftView:
    """The draft with what it changes."""
    rulebooks = wiring.wire().rulebooks
    changed = drafts.changes(rulebooks.files(draft.base), draft.files)
    return _view(draft, rulebooks.in_force(), [FileChangeView(path=c.path, kind=c.kind) for c in changed])


def _view(draft: Draft, current: int, changed: list[FileChangeView]) -> DraftView:
    fields = {name: value for name, value in msgspec.structs.asdict(draft).items() if name != "files"}
    stale = draft.state in drafts.LIVING and draft.base != current
    return DraftView(**fields, stale=stale, changed=changed)


def must_be_whole(text: str) -> None:
    """Raises RefusedInput for a remark that says nothing."""
    if not text.strip():
        raise RefusedInput("say why: give a `remark`")
