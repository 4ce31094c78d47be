"""Health: queues and what they gave up, alarms, the books of the latest cycle and of the files, and who calls."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from courtesy.intake.freshness import Freshness
from functions.serve_api import wiring
from functions.serve_api.gate import Router, caller
from functions.serve_api.routes.rulebook import EVERYBODY
from functions.serve_api.routes.sources import RowsView

router = Router("health")
READS = ("marketer", "approver", "engineer")


class QueueView(BaseModel):
    """A queue; `dead`: messages that were given up, to be looked at and redriven."""

    name: str
    waiting: int
    in_flight: int
    put_off: int
    dead: int


class AlarmView(BaseModel):
    """An alarm: OK, ALARM or INSUFFICIENT_DATA, and what to do."""

    name: str
    state: str
    since: datetime | None
    description: str


class CycleLine(BaseModel):
    """The latest cycle's books."""

    cycle_id: str
    as_of: str
    balanced: bool
    outcome: str
    alarms: list[str]


class FilesLine(BaseModel):
    """The files of the last seven days."""

    files: int
    loading: int
    refused: int
    unbalanced: int
    quarantined: int


class HealthView(BaseModel):
    """ok: no message was given up, no alarm rings, all books balance. alarms: null where CloudWatch does not tell."""

    at: datetime
    ok: bool
    queues: list[QueueView]
    alarms: list[AlarmView] | None
    cycle: CycleLine | None
    files: FilesLine
    rulebook: int


class FreshView(BaseModel):
    """A source: its latest file and what the last seven days brought."""

    source: str
    label: str
    last_file: str = Field(description="its key; empty where the source never delivered")
    last_at: datetime | None
    age_hours: float | None
    outcome: str
    rows: RowsView | None
    files: int
    refused: int
    loading: int
    rows_7d: int
    quarantined: int
    unbalanced: int


class FreshnessView(BaseModel):
    """The caller's sources of the rulebook."""

    at: datetime
    sources: list[FreshView]


class MeView(BaseModel):
    """Who the token says you are."""

    id: str
    roles: list[str]
    divisions: list[str]
    dealers: list[str]
    sources: list[str] = Field(description="a source system sees these only")
    bound: bool = Field(description="you see these divisions only")


@router.get("/installation/health", roles=READS, summary="How the installation is doing")
def get_health() -> HealthView:
    """Queues, dead letters, alarms, the books of the latest cycle and of the week's files."""
    outside = wiring.wire()
    now, rulebook = outside.clock(), outside.rulebooks.current()
    queues, alarms = outside.watch.queues(), outside.watch.alarms()
    sources = outside.freshness(rulebook.sources)
    latest = outside.cycles.ended(1)
    report: dict[str, Any] = dict(outside.cycles.standing(latest[0]).report or {}) if latest else {}
    files = FilesLine(
        files=sum(s.files for s in sources), loading=sum(s.loading for s in sources),
        refused=sum(s.refused for s in sources), unbalanced=sum(s.unbalanced for s in sources),
        quarantined=sum(s.quarantined for s in sources),
    )  # fmt: skip
    cycle = None
    if latest:
        cycle = CycleLine(
            cycle_id=latest[0], as_of=report.get("as_of", ""), balanced=report.get("balanced", False),
            outcome=report.get("outcome", ""), alarms=report.get("alarms", []),
        )  # fmt: skip
    rings = any(alarm.state == "ALARM" for alarm in alarms or [])
    ok = not (rings or any(q.dead for q in queues) or files.unbalanced or (cycle and not cycle.balanced))
    return HealthView(
        at=now, ok=ok, queues=[QueueView(**vars(q)) for q in queues],
        alarms=None if alarms is None else [AlarmView(**vars(alarm)) for alarm in alarms],
        cycle=cycle, files=files, rulebook=rulebook.version,
    )  # fmt: skip


@router.get("/sources/freshness", roles=(*READS, "source"), summary="How fresh the sources are")
def get_freshness() -> FreshnessView:
    """When each source last delivered, how that ended, and what the last seven days brought."""
    outside = wiring.wire()
    known = outside.rulebooks.current().sources
    return FreshnessView(
        at=outside.clock(),
        sources=[
            _fresh(each, getattr(known[each.source], "label", ""))
            for each in outside.freshness(caller().own_sources(known))
        ],
    )


@router.get("/me", roles=EVERYBODY, summary="Who you are")
def get_me() -> MeView:
    """Roles and divisions of the token."""
    who = caller()
    return MeView(
        id=who.id,
        roles=sorted(who.roles),
        divisions=sorted(who.divisions),
        dealers=sorted(who.dealers),
        sources=sorted(who.sources),
        bound=who.bound,
    )


def _fresh(found: Freshness, label: str) -> FreshView:
    last = found.last
    rows = None
    if last is not None:
        rows = RowsView(
            rows_in=last.rows_in, loaded=last.loaded, unchanged=last.unchanged, quarantined=last.quarantined
        )
    return FreshView(
        source=found.source, label=label, last_file=last.key if last else "", last_at=last.at if last else None,
        age_hours=found.age_hours, outcome=last.outcome.value if last else "", rows=rows, files=found.files,
        refused=found.refused, loading=found.loading, rows_7d=found.rows, quarantined=found.quarantined,
        unbalanced=found.unbalanced,
    )  # fmt: skip
