"""Sources: which files came, and how each of their rows ended."""

from datetime import datetime
from itertools import islice
from typing import Annotated

import msgspec
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from courtesy.errors import RefusedInput, UnknownName
from courtesy.intake.report import FileReport
from functions.serve_api import wiring
from functions.serve_api.gate import Router, caller

router = Router("sources")
_ROLES = ("marketer", "engineer", "source")


class RowsView(BaseModel):
    """How many rows a file had and how they ended: `in` = `loaded` + `unchanged` + `quarantined`."""

    model_config = ConfigDict(populate_by_name=True)

    rows_in: int = Field(alias="in")
    loaded: int
    unchanged: int
    quarantined: int


class FileView(BaseModel):
    """One dropped file: how it ended, why, and what became of its rows."""

    file_id: str
    key: str = Field(description="the object's key in the drops bucket")
    outcome: str = Field(description="loading, loaded, repeated or refused")
    at: datetime = Field(description="when it was read")
    rows: RowsView
    reason: str = Field(description="a word; empty where the file was taken")
    text: str = Field(description="what was found, where, what was expected, what to do")
    line: int
    column: str
    reasons: list[dict[str, object]] = Field(
        description="why rows are in quarantine: column, reason, rows, first line"
    )
    drift: list[dict[str, object]] = Field(description="changes of shape against the file before")


class FilesView(BaseModel):
    """The files of one source, newest first."""

    source: str
    files: list[FileView]
    next: str | None = Field(default=None, description="give it as `cursor` to see older files")


class SourcesView(BaseModel):
    """The names of the caller's sources in the rulebook."""

    sources: list[str]


@router.get("/sources", roles=_ROLES, summary="The sources of the rulebook")
def list_sources() -> SourcesView:
    """Names of the sources, sorted; a source system sees those that its token names (`custom:sources`)."""
    return SourcesView(sources=caller().own_sources(wiring.wire().rulebooks.current().sources))


@router.get("/sources/<name>/files", roles=_ROLES, summary="Files of a source and how their rows ended")
def list_files(
    name: Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,60}$")],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]*$")] = "",
) -> FilesView:
    """Files of a source, newest first. `rows in = loaded + unchanged + quarantined` holds for each that has ended."""
    must_be_own(name)
    reports = wiring.wire().reports.newest(name)
    if cursor and all(report.file_id != cursor for report in reports):  # reads on to the one after it
        raise RefusedInput("cursor: no file of this source has this id; begin without one")
    page = list(islice(reports, limit + 1))
    return FilesView(
        source=name,
        files=[_view(report) for report in page[:limit]],
        next=page[limit - 1].file_id if len(page) > limit else None,
    )


def must_be_own(name: str) -> None:
    """Raises UnknownName for a source that the rulebook does not have, or that is not the caller's; nobody learns which."""
    own = caller().own_sources(wiring.wire().rulebooks.current().sources)
    if name not in own:
        raise UnknownName("source", name, own)


def _view(report: FileReport) -> FileView:
    return FileView(
        file_id=report.file_id,
        key=report.key,
        outcome=report.outcome,
        at=report.at,
        rows=RowsView(
            rows_in=report.rows_in,
            loaded=report.loaded,
            unchanged=report.unchanged,
            quarantined=report.quarantined,
        ),
        reason=report.reason,
        text=report.text,
        line=report.line,
        column=report.column,
        reasons=[msgspec.to_builtins(count) for count in report.reasons],
        drift=[msgspec.to_builtins(drift) for drift in report.drift],
    )
