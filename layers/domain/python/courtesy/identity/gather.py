"""What has to be looked at to place some records: whom they meet, and everybody whose customer depends on the answer.

The links between all records in the index form a graph that is a function of the set of records. Placing a record needs
only its part of that graph: the records it meets, the customers of those it is linked to, and their rivals. All of it is
read in batches; nothing is written here.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from courtesy.identity.cluster import Pair, pair
from courtesy.identity.filing import dull_fields, meetings, powerless, subjects_in, weak_entries
from courtesy.identity.link import Judgement, judge
from courtesy.identity.ports import IdentityIndex
from courtesy.identity.record import IndexedRecord, customer_entry
from courtesy.identity.rules import IdentityRules


@dataclass
class Neighbourhood:
    """The part of the link graph that the placing of some records depends on.

    core:       the records whose customers are decided together
    judgements: verdicts on pairs, `different` left out; a pair may reach outside the core where it is no link
    """

    core: dict[str, IndexedRecord] = field(default_factory=dict)
    judgements: dict[Pair, Judgement] = field(default_factory=dict)


def gather(todo: Iterable[str], index: IdentityIndex, rules: IdentityRules) -> Neighbourhood:
    """Read and judge what the placing of `todo` depends on."""
    records = index.read_records(todo)
    asked = set(records)
    members = index.read_members({entry for record in records.values() for entry in record.entries})
    met: set[str] = set()
    shaken: set[str] = set()
    for entry, held in members.items():
        if len(held) < 2:
            continue  # nobody else is here
        if not powerless(entry, held, rules):
            met |= subjects_in(held)
        elif any(records[subject].member in held for subject in asked & subjects_in(held)):
            shaken |= subjects_in(held)  # the entry may just have lost its power, and links with it
    records |= index.read_records((met | shaken) - asked)
    seen: dict[Pair, None] = {}
    judgements = _judge_met(asked, records, members, rules, seen)
    core = asked | shaken | _linked(judgements)
    _close(core, records, index)
    around = {subject: records[subject] for subject in core if subject in records}
    others = {subject: record for subject, record in around.items() if subject not in asked}
    missing = _shared_entries(others) - set(members)
    members |= index.read_members(missing)
    weak = weak_entries(members, rules)
    for one, two in meetings(others, members, rules):
        if (one, two) not in seen:
            _judge(records[one], records[two], weak, rules, judgements)
    return Neighbourhood(around, judgements)


def _judge_met(
    asked: set[str],
    records: Mapping[str, IndexedRecord],
    members: Mapping[str, frozenset[str]],
    rules: IdentityRules,
    seen: dict[Pair, None],
) -> dict[Pair, Judgement]:
    judgements: dict[Pair, Judgement] = {}
    weak = weak_entries(members, rules)
    filed: dict[str, frozenset[str]] = {subject: frozenset(records[subject].entries) for subject in records}
    for entry, held in members.items():
        if len(held) < 2 or powerless(entry, held, rules):
            continue
        here = [subject for subject in subjects_in(held) if entry in filed.get(subject, ())]
        for one in here:
            if one not in asked:
                continue
            for two in here:
                if one != two and (met := pair(one, two)) not in seen:
                    seen[met] = None
                    _judge(records[met[0]], records[met[1]], weak, rules, judgements)
    return judgements


def _judge(
    one: IndexedRecord,
    two: IndexedRecord,
    weak: Collection[str],
    rules: IdentityRules,
    judgements: dict[Pair, Judgement],
) -> None:
    judgement = judge(one.traits, two.traits, rules, dull_fields(one, two, weak))
    if judgement.verdict != "different":
        judgements[pair(one.subject, two.subject)] = judgement


def _linked(judgements: Mapping[Pair, Judgement]) -> set[str]:
    return {subject for met, found in judgements.items() if found.verdict == "same" for subject in met}


def _close(core: set[str], records: dict[str, IndexedRecord], index: IdentityIndex) -> None:
    """Add to `core` the other records of its customers, their rivals and whom a person joined them with, until nobody is missing."""
    known: set[str] = set()
    while True:
        records |= index.read_records(core - set(records))
        customers = {records[s].customer_id for s in core if s in records} - known - {""}
        known |= customers
        filed = index.read_members(customer_entry(id_) for id_ in customers)
        reached = {subject for held in filed.values() for subject in subjects_in(held)}
        records |= index.read_records(reached - set(records))
        grown = {s for s in reached if s in records and records[s].customer_id in customers}
        for subject in core:
            if subject in records:
                grown |= {*records[subject].rivals, *records[subject].together}
        if grown <= core:
            return
        core |= grown


def _shared_entries(records: Mapping[str, IndexedRecord]) -> set[str]:
    once: set[str] = set()
    shared: set[str] = set()
    for record in records.values():
        for entry in record.entries:
            (shared if entry in once else once).add(entry)
    return shared
