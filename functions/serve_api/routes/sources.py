"""Sources: which files came, and how each of their rows ended."""

from typing import Annotated

import orjson
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import BaseModel, Field

from courtesy.errors import UnknownName
from functions.serve_api import wiring
from functions.serve_api.caller import require

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


class FilesView(BaseModel):
    """The files of one source, newest first; each with outcome, rows in / loaded / unchanged / quarantined and reasons."""

    source: str
    files: list[dict[str, object]]
    next: str | None = Field(default=None, description="give it as `cursor` to see older files")


class SourcesView(BaseModel):
    """The names of all sources in the rulebook."""

    sources: list[str]


@router.get("/sources", tags=["sources"], summary="The sources of the rulebook")
def list_sources() -> SourcesView:
    """Names of the sources, sorted."""
    require(router.current_event, "marketer", "engineer", "source")
    return SourcesView(sources=sorted(wiring.wire().rulebooks.current().sources))


@router.get("/sources/<name>/files", tags=["sources"], summary="Files of a source and how their rows ended")
def list_files(
    name: Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,60}$")],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]*$")] = "",
) -> FilesView:
    """Files of a source, newest first. `rows in = loaded + unchanged + quarantined` holds for each that has ended."""
    require(router.current_event, "marketer", "engineer", "source")
    outside = wiring.wire()
    known = outside.rulebooks.current().sources
    if name not in known:
        raise UnknownName("source", name, known)
    reports = [
        orjson.loads(outside.lake.get(path))
        for path in outside.lake.list(f"outcomes/files/{name}/")
        if path.endswith(".json") and path.count("/") == 3
    ]
    reports.sort(
        key=lambda report: (str(report.get("received", "")), str(report.get("file_id", ""))), reverse=True
    )
    ids = [str(report.get("file_id", "")) for report in reports]
    start = ids.index(cursor) + 1 if cursor in ids else 0
    page = reports[start : start + limit]
    more = start + limit < len(reports)
    return FilesView(
        source=name, files=page, next=str(page[-1].get("file_id", "")) if more and page else None
    )
