"""Decide one part of a cycle: find by columns, decide by rows, reserve, log, balance.

Who was found again for an occurrence that has its contact from an earlier run is not proposed again (`standing` counts them):
a trigger of a quarter would otherwise fill the log with ninety times "already contacted". A part that runs again after
a crash, or twice at a time, logs what either attempt reserved as that attempt decided it; a part whose log is there is done.

A merge may have made one of two whom the snapshot still knows as two, in one part or in two. What was reserved is in the log of
that one of them for whom it was reserved (`Contact.found_as` says so); found for the other it is standing.

A contact that an open case cancelled does not stand: once the case is closed its occurrence is proposed and decided anew,
while the trigger still finds the customer. Candidates of events that were held compete again here, in the part that their
customer is in; those of a customer who has become part of another go along. Budgets and stock are taken in the transaction that
reserves (`allowances`), whatever part, event or person asks.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from zlib import crc32

import msgspec

from courtesy.decisions.allowances import Allowances
from courtesy.decisions.candidates import from_follow_up
from courtesy.decisions.days import gather_days
from courtesy.decisions.decision import Candidate, Decision
from courtesy.decisions.explain import from_json
from courtesy.decisions.find import Found, find
from courtesy.decisions.log import (
    Balance,
    Row,
    part_path,
    read_held,
    row_of,
    still_held,
    to_parquet,
    write_lines,
)
from courtesy.decisions.policy import Policy, policy_of
from courtesy.decisions.reserve import reserve
from courtesy.decisions.retention import forget_decisions
from courtesy.errors import NotFound
from courtesy.outcomes import Reason
from courtesy.population.catalogue import catalogue_of
from courtesy.population.documents import connect
from courtesy.population.plan import cycle_path, segments_path
from courtesy.ports import Clock, CustomerStore, Lake, StoredProfile
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.profile import PastContact

_STAMP = "%Y%m%dT%H%M%S.%fZ"
BATCH = 100
"""Profiles read at once."""


class CyclePart(msgspec.Struct, frozen=True):
    """One part of a cycle, as the state machine hands it out."""

    cycle_id: str
    as_of: date
    parts: int
    part: int
    rulebook: int


class PartBalance(msgspec.Struct, frozen=True):
    """What became of a part's candidates."""

    cycle_id: str
    part: int
    decisions: Balance
    balanced: bool


def decide_part(
    store: CustomerStore,
    lake: Lake,
    rulebook: Rulebook,
    job: CyclePart,
    clock: Clock,
    hash_key: bytes,
    folder: Path,
) -> PartBalance:
    """Decide every candidate of a part and write its log. `folder`: an empty directory for files on the way.

    Raises NotFound where the part's segments are missing, RefusedRule for criteria that do not hold together, Conflict and
    OutsideFailed where a store did not do its part; the part may then simply run again.
    """
    balance_path = f"decisions/{job.cycle_id}/part-{job.part:05}.json"
    done = _read(lake, balance_path)
    if done is not None:
        return msgspec.json.decode(done, type=PartBalance)
    now = clock()
    started = _started(lake, job, now)
    segments, lines, target = folder / "segments.parquet", folder / "rows.jsonl", folder / "rows.parquet"
    lake.download(segments_path(job.cycle_id, job.part), segments)
    connection = connect(folder)
    try:
        run = _Run(store, rulebook, job, clock, hash_key, started)
        run.in_doubt = _stale(lake, job, rulebook.decisions.snapshot_days, now)
        found = find(
            connection, segments, rulebook, catalogue_of(rulebook.sources), job.as_of, started.date()
        )
        waiting = _waiting(lake, rulebook, now)
        if waiting:
            mine = {
                row[0]
                for row in connection.cursor().execute(_CUSTOMERS, {"path": segments.as_posix()}).fetchall()
            }
            mine |= _united(waiting.keys() - mine, job, store)
            waiting = {id_: candidates for id_, candidates in waiting.items() if id_ in mine}
        write_lines(run.rows(_joined(found, waiting)), lines)
        to_parquet(connection, lines, target)
    finally:
        connection.close()
    lake.upload(target, part_path(job.cycle_id, job.part))
    result = PartBalance(job.cycle_id, job.part, run.balance, run.balance.balanced)
    lake.put(balance_path, msgspec.json.encode(result))
    if job.part == 0:
        gather_days(lake, now.date(), folder)
        forget_decisions(lake, now.date(), rulebook.decisions.log_days)
    return result


_CUSTOMERS = "SELECT DISTINCT customer_id FROM read_parquet($path)"


class _Run:
    """One run over a part's customers, counting as it goes."""

    def __init__(
        self,
        store: CustomerStore,
        rulebook: Rulebook,
        job: CyclePart,
        clock: Clock,
        hash_key: bytes,
        started: datetime,
    ) -> None:
        self.store, self.clock, self.hash_key, self.started = store, clock, hash_key, started
        self.job = job
        self.policy: Policy = policy_of(rulebook)
        self.balance = Balance()
        self.in_doubt = ""
        self.allowances = Allowances(store)

    def rows(self, found: Iterable[Found]) -> Iterator[Row]:
        """Decide, reserve and count; the log's rows."""
        for batch in _batches(found, BATCH):
            profiles = self.store.read_profiles([f.customer_id for f in batch])
            for one in batch:
                yield from self._customer(one, profiles.get(one.customer_id))

    def _customer(self, found: Found, stored: StoredProfile | None) -> Iterator[Row]:
        if stored is None or stored.profile.merged_into:
            stored = self.store.read_profile(found.customer_id)
        profile, now = stored.profile, self.clock()
        name = found_as(self.job, found.customer_id)
        candidates = {
            (c.trigger, c.occurrence): c for c in found.candidates if c.trigger in self.policy.plans
        }
        for trigger in found.follow_ups:
            candidates.update({(c.trigger, c.occurrence): c for c in from_follow_up(trigger, profile, now)})
        decisions: list[Decision] = []
        for contact in profile.contacts:
            if contact.anew or candidates.pop((contact.trigger, contact.occurrence), None) is None:
                continue
            earlier = None
            if contact.at >= self.started:
                earlier = self._reserved_as(name, profile.customer_id, contact)
            if earlier is None:
                self.balance.standing += 1
            else:
                decisions.append(earlier)
        if candidates:
            fresh = reserve(
                self.store,
                profile.customer_id,
                stored,
                list(candidates.values()),
                self.policy,
                now,
                self.hash_key,
                allowances=self.allowances,
                in_doubt=self.in_doubt,
                as_written=lambda contact: msgspec.structs.replace(contact, found_as=name),
            )
            decisions += [self._as_reserved(name, decision) for decision in fresh]
        self.balance.proposed += len(decisions)
        for decision in decisions:
            self.balance.add(decision)
            candidate = candidates.get((decision.trigger, decision.occurrence))
            yield row_of(decision, candidate.not_before if candidate else None)

    def _as_reserved(self, name: str, decision: Decision) -> Decision:
        """A decision; where another attempt at this part reserved the contact meanwhile, what that one decided."""
        if decision.reason is not Reason.ALREADY_CONTACTED:
            return decision
        return self._reserved_as(name, decision.customer_id, decision) or decision

    def _reserved_as(self, name: str, customer_id: str, about: PastContact | Decision) -> Decision | None:
        """What an attempt at this part, this one or another, decided for whom it found, where it reserved the occurrence's contact.

        `PastContact.at` is never before the reservation, so who was planned for a time before the start need not be asked about.
        """
        contact = self.store.read_contact(customer_id, about.trigger, about.occurrence)
        if contact is None or contact.found_as != name or not contact.decided:
            return None
        return from_json(contact.decided)


def found_as(job: CyclePart, customer_id: str) -> str:
    """Names a part of a cycle and a customer it decides about: 16 characters that say neither."""
    return blake2b(f"{job.cycle_id}\0{job.part}\0{customer_id}".encode(), digest_size=8).hexdigest()


def _waiting(lake: Lake, rulebook: Rulebook, now: datetime) -> dict[str, list[Candidate]]:
    """Event candidates that were held and are still useful, by customer."""
    longest = max((t.useful_for_days for t in rulebook.triggers.values() if t.kind == "event"), default=0)
    if longest == 0:
        return {}
    return still_held(read_held(lake, (now - timedelta(days=longest)).date(), now.date()), now)


def _united(customer_ids: Iterable[str], job: CyclePart, store: CustomerStore) -> set[str]:
    """Of customers who are not in this part, those who have become part of others and fall to this one: their candidates go along.

    A snapshot has them no more, so each falls to one part by its id.
    """
    falling = [id_ for id_ in customer_ids if crc32(id_.encode()) % job.parts == job.part]
    held = store.read_profiles(sorted(falling))
    return {id_ for id_, (profile, _) in held.items() if profile.merged_into}


def _joined(found: Iterable[Found], waiting: dict[str, list[Candidate]]) -> Iterator[Found]:
    """What was found and what waits, per customer, in order of customer_id."""
    left = sorted(waiting, reverse=True)
    for one in found:
        while left and left[-1] < one.customer_id:
            id_ = left.pop()
            yield Found(id_, waiting[id_], [])
        if left and left[-1] == one.customer_id:
            one = one._replace(candidates=[*one.candidates, *waiting[left.pop()]])
        yield one
    while left:
        id_ = left.pop()
        yield Found(id_, waiting[id_], [])


def _started(lake: Lake, job: CyclePart, now: datetime) -> datetime:
    """When the first attempt of this part started. Each writes down its own start and then looks at all of them.

    So of two that run at the same time either sees the other's, or the other has reserved nothing before this one started.
    """
    prefix = f"decisions/{job.cycle_id}/part-{job.part:05}.started-"
    lake.put(f"{prefix}{now.astimezone(UTC).strftime(_STAMP)}", b"")
    first = min(lake.list(prefix)).removeprefix(prefix)
    return datetime.strptime(first, _STAMP).replace(tzinfo=UTC)


def _stale(lake: Lake, job: CyclePart, days: int, now: datetime) -> str:
    """Why the cycle's snapshot is too old to decide on, empty where it is not or its start was not recorded."""
    record = _read(lake, cycle_path(job.cycle_id, "started.json"))
    if record is None:
        return ""
    age = now - msgspec.json.decode(record, type=_Start).started
    return f"the snapshot is {age.days} days old, {days} are allowed" if age > timedelta(days=days) else ""


class _Start(msgspec.Struct):
    started: datetime


def _read(lake: Lake, path: str) -> bytes | None:
    try:
        return lake.get(path)
    except NotFound:
        return None


def _batches(found: Iterable[Found], size: int) -> Iterator[list[Found]]:
    iterator = iter(found)
    while batch := list(islice(iterator, size)):
        yield batch
