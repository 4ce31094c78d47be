"""Intake for the people who deliver files: why rows were quarantined, and what would become of a sample."""

from base64 import b64decode
from itertools import islice
from pathlib import Path as LocalPath
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

import msgspec
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from courtesy.errors import NotFound, RefusedFile, RefusedInput
from courtesy.intake.contract import SourceContract
from courtesy.intake.difference import Means
from courtesy.intake.quarantine import quarantine_path, read_quarantine
from courtesy.intake.rehearse import Rehearsal, rehearse
from courtesy.intake.report import Fault
from courtesy.intake.unpack import Limits
from functions.serve_api import wiring
from functions.serve_api.gate import Router
from functions.serve_api.routes.sources import must_be_own

router = Router("sources")
ROLES = ("engineer", "source")
LARGEST_SAMPLE = 1 << 20
"""Bytes of a sample; a check answers at once, so a whole dump is not for it."""
LARGEST_UNPACKED = 16 << 20
SHOWN = 50
"""Bad rows in the answer of a check; the reasons count all of them."""

SourceName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_]{0,60}$")]


class FaultView(BaseModel):
    """What is wrong with a row: the column, the reason in one word, and what was expected; never the value."""

    column: str
    reason: str
    expected: str


class BadRowView(BaseModel):
    """A row that does not pass; `line` is where its record begins, 1 being the first line of the file."""

    line: int
    faults: list[FaultView]


class QuarantineView(BaseModel):
    """Rows of a file in quarantine, in the order of the file. Their text stays where it is: the sender has the file."""

    source: str
    file_id: str
    contract: int = Field(description="version of the contract they failed under")
    rows: list[BadRowView]
    next: int | None = Field(default=None, description="give it as `after` to see more")


class CheckRequest(BaseModel):
    """A sample of a file, as its bytes in base64 (at most 1 MiB, gzipped or not)."""

    model_config = ConfigDict(extra="forbid")

    file: str = Field(pattern=r"^[A-Za-z0-9._ -]{1,120}$", description="the name it would be dropped by")
    content: str = Field(min_length=1, max_length=LARGEST_SAMPLE * 4 // 3 + 4)


class ReasonView(FaultView):
    """How many rows fail for one reason, and the first line of them."""

    rows: int
    line: int


class CheckView(BaseModel):
    """What loading the sample would come to; `rows_in = loaded + quarantined`. A refused file says why as a whole."""

    outcome: Literal["loaded", "refused"]
    rows_in: int = 0
    loaded: int = 0
    quarantined: int = 0
    reasons: list[ReasonView] = []
    drift: list[dict[str, str]] = []
    bad: list[BadRowView] = []
    refused: str = Field(default="", description="the reason in one word; `detail` says where and what to do")
    detail: str = ""


@router.get("/sources/<name>/quarantine/<file_id>", roles=ROLES, summary="Why rows were quarantined")
def list_quarantine(
    name: SourceName,
    file_id: Annotated[str, Path(pattern=r"^[0-9a-z]{10,64}$")],
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    after: Annotated[int, Query(ge=0, description="`next` of the page before")] = 0,
) -> QuarantineView:
    """Line, column and reason of each quarantined row of a file. Roles: engineer, source."""
    _contract(name)
    lake = wiring.wire().lake
    first = next(read_quarantine(lake, name, file_id), None)
    if first is None:
        raise NotFound(f"{quarantine_path(name, file_id)}: no row of this file is in quarantine")
    rows = list(islice(read_quarantine(lake, name, file_id, after), limit + 1))
    return QuarantineView(
        source=name,
        file_id=file_id,
        contract=first.contract,
        rows=[_bad_row(row.line, row.faults) for row in rows[:limit]],
        next=after + limit if len(rows) > limit else None,
    )


@router.post(
    "/sources/<name>/check", roles=ROLES, rate="heavy", asks=True, summary="What would become of a sample"
)
def check_sample(name: SourceName, request: Annotated[CheckRequest, Body()]) -> CheckView:
    """Reads the sample by the source's contract in force, as the first file ever; nothing is kept. Roles: engineer, source."""
    contract = _contract(name)
    try:
        content = b64decode(request.content, validate=True)
    except ValueError:
        raise RefusedInput("`content` is no base64; give the bytes of the sample in base64") from None
    if len(content) > LARGEST_SAMPLE:
        raise RefusedInput(f"a sample has at most {LARGEST_SAMPLE >> 20} MiB; send its first lines")
    with TemporaryDirectory(prefix="check-") as folder:
        sample = LocalPath(folder) / request.file.lstrip(".")
        sample.write_bytes(content)
        means = Means(LocalPath(folder) / "work", memory="200MB")
        try:
            limits = Limits(largest=LARGEST_UNPACKED)
            done = rehearse(contract, sample, means, wiring.wire().clock(), show=SHOWN, limits=limits)
        except RefusedFile as error:
            return CheckView(outcome="refused", refused=error.reason, detail=str(error))
    return _checked(done)


def _contract(name: str) -> SourceContract:
    must_be_own(name)
    return wiring.wire().rulebooks.current().sources[name]


def _checked(done: Rehearsal) -> CheckView:
    return CheckView(
        outcome="loaded",
        rows_in=done.tally.rows_in,
        loaded=done.tally.loaded,
        quarantined=done.tally.quarantined,
        reasons=[ReasonView.model_validate(msgspec.structs.asdict(reason)) for reason in done.reasons],
        drift=[msgspec.structs.asdict(drift) for drift in done.drift],
        bad=[_bad_row(row.line, row.faults) for row in done.bad],
    )


def _bad_row(line: int, faults: list[Fault]) -> BadRowView:
    views = [FaultView.model_validate(msgspec.structs.asdict(fault)) for fault in faults]
    return BadRowView(line=line, faults=views)
