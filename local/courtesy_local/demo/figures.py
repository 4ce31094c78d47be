"""The figures of a run, in the form that `courtesy demo --json` writes, read from the stores and not from the code's own counters."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import orjson

from courtesy.intake.report import FileReport
from courtesy.outcomes import DecisionOutcome
from courtesy.timeline.events import Contact, Feedback
from courtesy.timeline.profile import Profile
from courtesy_local.demo.score import Identity
from courtesy_local.demo.works import Works
from courtesy_local.samples.truth import Truth


def count_by(works: Works, prefix: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Rows of the Parquet files below a prefix of the lake, counted by some columns: (value, ..., count), sorted."""
    paths = [path for path in works.lake_list(prefix) if path.endswith(".parquet")]
    if not paths:
        return []
    with TemporaryDirectory() as folder, duckdb.connect(config={"threads": 1}) as db:
        for number, path in enumerate(paths):
            (Path(folder) / f"{number}.parquet").write_bytes(works.lake_get(path))
        names = ", ".join(f'"{column}"' for column in columns)
        part = db.read_parquet(f"{folder}/*.parquet", union_by_name=True)
        return part.aggregate(f"{names}, count(*) AS number", names).order(names).fetchall()


def segments(works: Works, cycle_id: str) -> dict[str, dict[str, int]]:
    """Division -> segment -> customers. A segment is the sub-segment, or the lifecycle where it has none."""
    found: dict[str, dict[str, int]] = {}
    for division, lifecycle, sub_segment, number in count_by(
        works, f"segments/{cycle_id}/", ("division", "lifecycle", "sub_segment")
    ):
        held = found.setdefault(division, {})
        held[sub_segment or lifecycle] = held.get(sub_segment or lifecycle, 0) + number
    return found


def cycle_decisions(works: Works, cycle_id: str) -> dict[str, Any]:
    """proposed, each outcome and the reasons of the decisions of a cycle, counted from its log."""
    return _counted(count_by(works, f"decisions/{cycle_id}/", ("outcome", "reason")))


def event_decisions(works: Works) -> dict[str, Any]:
    """The same of the decisions on events."""
    counted: Counter[tuple[str, str]] = Counter()
    for path in works.lake_list("decisions/events/"):
        for line in works.lake_get(path).splitlines():
            row = orjson.loads(line)
            counted[row["outcome"], row["reason"]] += 1
    return _counted((outcome, reason, number) for (outcome, reason), number in counted.items())


def _counted(rows: Iterable[tuple[Any, ...]]) -> dict[str, Any]:
    ends: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for outcome, reason, number in rows:
        ends[str(outcome)] += number
        if outcome != DecisionOutcome.RESERVED:
            reasons[str(reason)] += number
    counted: dict[str, Any] = {"proposed": sum(ends.values())}
    counted |= {outcome.value: ends.get(outcome.value, 0) for outcome in DecisionOutcome}
    counted["reasons"] = dict(sorted(reasons.items()))
    return counted


def together(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The sum of several counts of decisions."""
    total: dict[str, Any] = (
        {"proposed": 0} | {outcome.value: 0 for outcome in DecisionOutcome} | {"reasons": {}}
    )
    for part in parts:
        for name, value in part.items():
            if name == "reasons":
                for reason, number in value.items():
                    total["reasons"][reason] = total["reasons"].get(reason, 0) + number
            else:
                total[name] += value
    total["reasons"] = dict(sorted(total["reasons"].items()))
    return total


def parts_of(works: Works, cycle_id: str) -> int:
    """In how many parts a cycle was done."""
    return sum(path.endswith(".parquet") for path in works.lake_list(f"segments/{cycle_id}/"))


def moves(works: Works, cycle_id: str) -> int:
    """How many customers changed their segment in some division, by the cycle's own table of moves."""
    return sum(number for *_, number in count_by(works, f"moves/{cycle_id}/", ("division",)))


def contact_states(
    profiles: Iterable[Profile], contacts: Iterable[tuple[str, Contact]]
) -> dict[str, dict[str, int]]:
    """Channel -> state -> contacts, each as its item and what was reported on it amount to."""
    settled = {past.contact: past.state for profile in profiles for past in profile.contacts}
    found: dict[str, Counter[str]] = {}
    for _, contact in contacts:
        found.setdefault(contact.channel, Counter())[settled.get(contact.id, contact.state).value] += 1
    return {channel: dict(sorted(found[channel].items())) for channel in sorted(found)}


def feedback(events: Iterable[tuple[str, Any]], unsubscribed: int) -> dict[str, int]:
    """Reports by kind: hard bounces apart from transient ones, and the clicks on one-click unsubscribe."""
    found: Counter[str] = Counter()
    for _, event in events:
        if isinstance(event, Feedback):
            name = "hard_bounce" if event.type == "bounce" and event.permanent else event.type
            found[name] += 1
    if unsubscribed:
        found["unsubscribed"] = unsubscribed
    return dict(sorted(found.items()))


def identity_figures(score: Identity) -> dict[str, float]:
    """Precision and recall to six digits."""
    return {"precision": round(score.precision, 6), "recall": round(score.recall, 6)}


def requests(
    asked: Mapping[str, Mapping[str, float]],
    reports: Mapping[str, FileReport],
    truth: Truth,
    customers: int,
    contacts: Mapping[str, Mapping[str, int]],
    parts: int,
) -> dict[str, dict[str, float]]:
    """What AWS was asked for, by the kind of work, each with what it was asked for.

    things: rows, customers or contacts; runs: what is done for many of them at once, which are the files and their chunks,
    and the parts of a cycle (contacts have none: what is asked for in sending is taken as asked for by each).
    """
    rows = {
        day: sum(reports[file.key].loaded for file in truth.files if file.day == day) for day in truth.days
    }
    left = sum(number for held in contacts.values() for state, number in held.items() if state != "reserved")
    things = {
        "first_load": (rows[1], ["files day 1"]),
        "changes": (rows.get(2, 0), ["files day 2"]),
        "cycle": (customers, ["cycle day 2"]),
        "contacts": (left, ["send day 1", "send day 2", "feedback"]),
    }
    runs = {
        kind: sum(1 + reports[file.key].chunks for file in truth.files if file.day == day)
        for kind, day in (("first_load", 1), ("changes", 2))
    } | {"cycle": parts}
    found: dict[str, dict[str, float]] = {}
    for kind, (number, phases) in things.items():
        found[kind] = {"things": float(number), "runs": float(runs.get(kind, 0))}
        for phase in phases:
            for name, units in sorted(asked.get(phase, {}).items()):
                found[kind][name] = round(found[kind].get(name, 0.0) + units, 3)
    return found
