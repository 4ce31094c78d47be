"""Which customer each of some person records belongs to: register them, look at whom they meet, place them.

Several processes may do this at once, and any of them may die anywhere. Records are filed before the index is read, so of
two that arrive together at least one sees the other. Every write names the revision it has read, and whoever changes a
customer writes that customer's first record as well, so of two that change it at once one starts over. What is not placed
is marked pending, and what has moved names the customers it is leaving, so whoever comes next finishes it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from math import inf
from typing import NamedTuple

from msgspec.structs import replace

from courtesy.errors import Conflict
from courtesy.identity.cluster import Pair, clusters_of, pair
from courtesy.identity.filing import file_entries, hashed_entries
from courtesy.identity.gather import Neighbourhood, gather
from courtesy.identity.hashing import customer_id_of
from courtesy.identity.link import clash, is_vague, rivals
from courtesy.identity.ports import IdentityIndex
from courtesy.identity.record import (
    Evidence,
    IndexedRecord,
    PossibleMatch,
    customer_entry,
    lowest_id,
    subject_of,
)
from courtesy.identity.rules import IdentityRules
from courtesy.identity.traits import Traits

ATTEMPTS = 12


class Incoming(NamedTuple):
    """A person record as it arrives, or a mere reference to one (`traits` None).

    order:   what orders the versions of one record; an older one than is known changes nothing
    same_as: subjects that the source itself says are this person
    """

    subject: str
    traits: Traits | None = None
    order: tuple[str, str, str] = ("", "", "")
    same_as: tuple[str, ...] = ()


def place(
    incoming: Iterable[Incoming], index: IdentityIndex, rules: IdentityRules, key: bytes, now: datetime
) -> dict[str, IndexedRecord]:
    """Register and place records; returns each subject's record, those it shares a move with included.

    A record with `leaving` has events on other timelines, to be fetched by `move.fetch`. Raises Conflict when others were
    faster every time.
    """
    latest = _latest(incoming)
    for _ in range(ATTEMPTS):
        records, refused = _register(latest, index, rules, key)
        if refused:
            continue
        todo = {subject for subject, record in records.items() if record.pending or record.leaving}
        todo |= _unfinished([record for record in records.values() if record.subject not in todo], index)
        if not todo:
            return records
        placed, refused = settle(todo, index, rules, key, now)
        if not refused:
            return records | placed
    raise Conflict(f"these records were placed by others {ATTEMPTS} times in a row; try again")


def settle(
    todo: Collection[str], index: IdentityIndex, rules: IdentityRules, key: bytes, now: datetime
) -> tuple[dict[str, IndexedRecord], set[str]]:
    """Decide the customers of `todo` and of all that depend on them, once; (records as written, subjects refused)."""
    around = gather(todo, index, rules)
    core = around.core
    apart = {pair(s, other) for s, record in core.items() for other in record.apart}
    links = [(met, found.weight) for met, found in around.judgements.items() if found.verdict == "same"]
    links += [
        (pair(s, other), inf) for s, record in core.items() for other in record.together if other in core
    ]
    groups, used = clusters_of(
        core,
        links,
        apart,
        lambda one, two: clash(core[one].traits, core[two].traits, rules),
        {s for s, record in core.items() if is_vague(record.traits)},
        rules.margin,
        lambda one, two: rivals(core[one].traits, core[two].traits, rules),
    )
    home: dict[str, str] = {}
    for group in groups:
        id_ = lowest_id(key, group)
        home |= dict.fromkeys(group, id_)
    decided = _decided(around, home, used, links)
    changed = [record for s, record in decided.items() if record != core[s]]
    concerned = {core[r.subject].customer_id for r in changed} | {r.customer_id for r in changed}
    written = {record.subject: record for record in changed}
    written |= {s: r for s, r in decided.items() if customer_id_of(key, s) in concerned}
    newcomers: dict[str, set[str]] = {}
    for record in changed:
        before = core[record.subject]
        if record.customer_id != before.customer_id or record.leaving or before.leaving:
            newcomers.setdefault(customer_entry(record.customer_id), set()).add(record.member)
    index.add_members(newcomers)
    refused = index.write_records(list(written.values()))
    if not refused:
        _queue_matches(around, home, apart, index, now)
    return {s: replace(r, revision=r.revision + (s in written)) for s, r in decided.items()}, refused


def _unfinished(settled: Iterable[IndexedRecord], index: IdentityIndex) -> set[str]:
    """Records that came to or left the customers of settled ones and are on their way: whoever moved them died."""
    entries = {customer_entry(record.customer_id) for record in settled}
    filed = index.read_members(entries) if entries else {}
    around = index.read_records({subject_of(member) for held in filed.values() for member in held})
    return {subject for subject, record in around.items() if record.leaving or record.pending}


def _latest(incoming: Iterable[Incoming]) -> dict[str, Incoming]:
    latest: dict[str, Incoming] = {}
    for new in incoming:
        held = latest.get(new.subject)
        if held is None:
            latest[new.subject] = new
            continue
        better = new if (new.traits is not None, new.order) > (held.traits is not None, held.order) else held
        latest[new.subject] = better._replace(same_as=tuple(sorted({*held.same_as, *new.same_as})))
    for new in list(latest.values()):
        for other in new.same_as:
            latest.setdefault(other, Incoming(other))
    return latest


def _register(
    latest: Mapping[str, Incoming], index: IdentityIndex, rules: IdentityRules, key: bytes
) -> tuple[dict[str, IndexedRecord], set[str]]:
    """Bring the index up to what arrived; what is new or changed is pending."""
    known = index.read_records(latest)
    records = dict(known)
    changed: list[tuple[IndexedRecord | None, IndexedRecord]] = []
    for subject, new in latest.items():
        held = known.get(subject)
        record = held or IndexedRecord(subject=subject, pending=True)
        if new.traits is not None and new.order > record.order:
            if new.traits != record.traits:
                entries = hashed_entries(key, new.traits)
                record = replace(record, traits=new.traits, entries=entries, order=new.order, pending=True)
            elif held is None:
                record = replace(record, order=new.order)
        if not set(new.same_as) <= set(record.together):
            together = tuple(sorted({*record.together, *new.same_as} - {subject}))
            record = replace(record, together=together, pending=True)
        if record != held:
            changed.append((held, record))
    for subject, new in latest.items():
        for other in new.same_as:
            _answer(changed, known, subject, other)
    file_entries(
        index,
        [
            (old, new)
            for old, new in changed
            if old is None or old.entries != new.entries or old.member != new.member
        ],
        rules,
    )
    refused = index.write_records([record for _, record in changed])
    for _, record in changed:
        records[record.subject] = replace(record, revision=record.revision + 1)
    return records, refused


def _answer(
    changed: list[tuple[IndexedRecord | None, IndexedRecord]],
    known: Mapping[str, IndexedRecord],
    subject: str,
    other: str,
) -> None:
    """What joins one record to another is written on both, so either finds the other."""
    for at, (old, record) in enumerate(changed):
        if record.subject == other:
            if subject not in record.together:
                together = tuple(sorted({*record.together, subject}))
                changed[at] = (old, replace(record, together=together, pending=True))
            return
    held = known.get(other)
    if held is not None and subject not in held.together:
        changed.append((held, replace(held, together=tuple(sorted({*held.together, subject})), pending=True)))


def _decided(
    around: Neighbourhood,
    home: Mapping[str, str],
    used: Sequence[Pair],
    links: Sequence[tuple[Pair, float]],
) -> dict[str, IndexedRecord]:
    """The records as they stand when every subject lives at `home`."""
    evidence: dict[str, list[Evidence]] = {}
    for left, right in used:
        found = around.judgements.get((left, right))
        told = (found.weight, found.evidence) if found else (0.0, "told")
        evidence.setdefault(right, []).append(Evidence(left, round(told[0], 2), told[1]))
    rivals: dict[str, set[str]] = {}
    for (left, right), _ in links:
        if home[left] != home[right]:
            rivals.setdefault(left, set()).add(right)
            rivals.setdefault(right, set()).add(left)
    decided = {}
    for subject, record in around.core.items():
        customer = home[subject]
        leaving = set(record.leaving)
        if record.customer_id and record.customer_id != customer:
            leaving.add(record.customer_id)
        decided[subject] = replace(
            record,
            customer_id=customer,
            leaving=tuple(sorted(leaving - {customer})),
            arrived=record.arrived and record.customer_id == customer,
            pending=False,
            rivals=tuple(sorted(rivals.get(subject, ()))),
            links=tuple(sorted(evidence.get(subject, ()), key=lambda e: e.other)),
        )
    return decided


def _queue_matches(
    around: Neighbourhood,
    home: Mapping[str, str],
    apart: Collection[Pair],
    index: IdentityIndex,
    now: datetime,
) -> None:
    matches = [
        PossibleMatch(left=left, right=right, weight=round(found.weight, 2), levels=found.evidence, found=now)
        for (left, right), found in sorted(around.judgements.items())
        if home.get(left, left) != home.get(right, right) and (left, right) not in apart
    ]
    if matches:
        index.put_matches(matches)
