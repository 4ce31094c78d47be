"""Rehearse: the coming weeks on today's customers under the full law; nothing is sent, written or counted.

Each day runs as a cycle does: the profiles as they would be by then are segmented as of that day, criteria find, the one
`decide` decides, and what it reserves joins the rehearsed profiles, so later days feel it. A contact counts as sent from
its planned date on. What cannot be known beforehand is left out: purchases, cases, withdrawals and replies of the days to
come, and so the triggers that listen to events.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec

from courtesy.decisions.candidates import from_follow_up
from courtesy.decisions.decide import decide
from courtesy.decisions.decision import Candidate, Decision, Held, Reserved, outcome_of
from courtesy.decisions.find import Found, cycle_triggers, find
from courtesy.decisions.offers import MadeOffer, offers_of
from courtesy.decisions.policy import Policy, policy_of
from courtesy.decisions.reserve import contact_of
from courtesy.outcomes import ContactState, DecisionOutcome, Reason
from courtesy.population.catalogue import catalogue_of
from courtesy.population.scores import Scores
from courtesy.population.segments import features_of
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.fold import past_contact, remembered
from courtesy.timeline.profile import PastContact, Profile, decode_profile, encode_profile

PRESSING = frozenset(
    {
        Reason.CAP,
        Reason.GAP,
        Reason.SLOT_HELD_BACK,
        Reason.LOST_ARBITRATION,
        Reason.BUDGET,
        Reason.OFFER_STOCK,
        Reason.BLACKOUT,
        Reason.QUIET_HOURS,
    }
)
"""Reasons of rules that bind: without the rule the candidate would have had its contact."""

NO_SEGMENT = "none"
"""The segment of customers whom no cycle has placed in the division yet."""

Key = tuple[str, str, str]
"""A candidate: customer_id, trigger, occurrence."""


class Spending(msgspec.Struct):
    """Contacts and what they cost, minor units."""

    contacts: int = 0
    cost: int = 0

    def add(self, cost: int) -> None:
        """One more contact."""
        self.contacts += 1
        self.cost += cost


class Day(msgspec.Struct):
    """One rehearsed day. outcomes: decisions of that day's cycle; arriving: channel -> contacts that count on that day."""

    day: date
    outcomes: dict[str, int] = msgspec.field(default_factory=dict)
    arriving: dict[str, int] = msgspec.field(default_factory=dict)
    cost: int = 0


class Rehearsal(msgspec.Struct, kw_only=True):
    """What the coming weeks would bring.

    candidates = reserved + held + suppressed + control, each candidate once, by its last decision
    waiting:  contacts that were reserved before and fall into these weeks; they are felt by the caps and not counted below
    later:    contacts reserved in these weeks that arrive after them
    binding:  rule -> decisions that it held (a candidate held on five days counts five times)
    lost:     trigger -> reason -> candidates that got no contact in these weeks
    """

    rulebook: int
    first: date
    days: list[Day]
    customers: int
    candidates: int = 0
    outcomes: dict[str, int] = msgspec.field(default_factory=dict)
    contacted: int = 0
    waiting: int = 0
    later: int = 0
    channels: dict[str, Spending] = msgspec.field(default_factory=dict)
    divisions: dict[str, Spending] = msgspec.field(default_factory=dict)
    segments: dict[str, Spending] = msgspec.field(default_factory=dict)
    triggers: dict[str, Spending] = msgspec.field(default_factory=dict)
    binding: dict[str, int] = msgspec.field(default_factory=dict)
    lost: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    left_out: list[str] = msgspec.field(default_factory=list)
    """Triggers that listen to events, which nobody knows beforehand."""

    @property
    def total(self) -> Spending:
        """All contacts that were reserved, and their cost."""
        spent = self.channels.values()
        return Spending(sum(s.contacts for s in spent), sum(s.cost for s in spent))


class Difference(msgspec.Struct, kw_only=True):
    """What a draft changes. shifts: dimension -> name -> (contacts before, after, cost before, after), where they differ.

    only_before, only_after: trigger -> candidates that get a contact under one of the two rulebooks only
    """

    before: int
    after: int
    contacts: tuple[int, int]
    cost: tuple[int, int]
    shifts: dict[str, dict[str, tuple[int, int, int, int]]]
    binding: dict[str, tuple[int, int]]
    only_before: dict[str, int]
    only_after: dict[str, int]


def rehearse(
    documents: Iterable[bytes],
    rulebook: Rulebook,
    scores: Scores,
    start: datetime,
    days: int,
    hash_key: bytes,
    folder: Path,
    told: Callable[[int], object] = lambda _: None,
) -> tuple[Rehearsal, set[Key]]:
    """Rehearse `days` days from `start` on, a cycle a day at that time; what came of it, and who got a contact.

    documents: profiles as `encode_profile` writes them; scores: cuts and value model of the latest cycle; folder: an empty
    directory for files on the way; told: called with the number of each day that is done. Raises RefusedRule for criteria
    that do not hold together.
    """
    run = _Run(documents, rulebook, start, days, hash_key)
    catalogue = catalogue_of(rulebook.sources)
    path = folder / "segments.parquet"
    for number in range(days):
        now = start + timedelta(days=number)
        run.dawn(now)
        connection = features_of(
            list(run.documents.values()), now.date(), rulebook.population, scores, catalogue
        )
        try:
            connection.execute(f"COPY segments TO '{path.as_posix()}' (FORMAT parquet)")
            run.day(number, now, find(connection, path, rulebook, catalogue, now.date(), now.date()))
        finally:
            connection.close()
        told(number + 1)
    return run.result()


class _Run:
    """The profiles as they would be, and what has come of them so far."""

    def __init__(
        self, documents: Iterable[bytes], rulebook: Rulebook, start: datetime, days: int, hash_key: bytes
    ) -> None:
        self.policy: Policy = policy_of(rulebook)
        self.budgets = {t.id: t.daily_budget for t in cycle_triggers(rulebook) if t.daily_budget is not None}
        self.stock = {o.id: o.stock for o in rulebook.offers.values() if o.stock is not None}
        """What is left of each offer; a code that is out is out, whatever becomes of it."""
        self.hash_key = hash_key
        self.documents: dict[str, bytes] = {}
        self.underway: set[str] = set()
        """Customers with a contact that is planned and not sent."""
        self.last: dict[Key, Decision] = {}
        first, end = start.date(), start + timedelta(days=days)
        self.told = Rehearsal(
            rulebook=rulebook.version,
            first=first,
            days=[Day(first + timedelta(days=n)) for n in range(days)],
            customers=0,
            left_out=sorted(t.id for t in rulebook.triggers.values() if t.active and t.kind == "event"),
        )
        for document in documents:
            profile = decode_profile(document)
            if profile.merged_into:
                continue
            self.documents[profile.customer_id] = document
            if self.stock:
                for made in offers_of(profile, rulebook.offers):
                    if made.code and made.offer in self.stock and made.state != "declined":
                        self.stock[made.offer] -= 1
            planned = [c for c in profile.contacts if c.state is ContactState.RESERVED]
            if planned:
                self.underway.add(profile.customer_id)
            self.told.waiting += sum(c.at < end for c in planned)
        self.told.customers = len(self.documents)

    def dawn(self, now: datetime) -> None:
        """What was planned until now has been sent."""
        for customer_id in sorted(self.underway):
            profile = decode_profile(self.documents[customer_id])
            contacts = [_sent(c, now) for c in profile.contacts]
            if contacts != profile.contacts:
                self._keep(msgspec.structs.replace(profile, contacts=contacts))

    def day(self, number: int, now: datetime, found: Iterable[Found]) -> None:
        """Decide what one day's cycle finds."""
        day, left = self.told.days[number], dict(self.budgets)
        for one in found:
            profile = decode_profile(self.documents[one.customer_id])
            candidates = self._candidates(one, profile, now)
            if not candidates:
                continue
            decisions = decide(
                profile,
                candidates,
                self.policy,
                now,
                self.hash_key,
                exhausted=[trigger for trigger, contacts in left.items() if contacts <= 0],
                no_stock=[offer for offer, codes in self.stock.items() if codes <= 0],
            )
            reserved = [d for d in decisions if isinstance(d, Reserved)]
            for decision in decisions:
                outcome = outcome_of(decision).value
                day.outcomes[outcome] = day.outcomes.get(outcome, 0) + 1
                self.last[decision.customer_id, decision.trigger, decision.occurrence] = decision
                if isinstance(decision, Held) and decision.reason in PRESSING:
                    self.told.binding[decision.rule] = self.told.binding.get(decision.rule, 0) + 1
            for won in reserved:
                if won.trigger in left:
                    left[won.trigger] -= 1
                self._count(won, profile)
            if reserved:
                codes: dict[str, MadeOffer] = {}
                contacts = [
                    past_contact(contact_of(d, profile, self.policy, self.hash_key, codes)) for d in reserved
                ]
                for made in codes.values():
                    if made.offer in self.stock and made.contacts[0] in [c.contact for c in contacts]:
                        self.stock[made.offer] -= 1
                again = {c.contact for c in contacts}
                kept = [c for c in profile.contacts if c.contact not in again]
                self._keep(msgspec.structs.replace(profile, contacts=remembered([*kept, *contacts])))

    def result(self) -> tuple[Rehearsal, set[Key]]:
        """Everything added up."""
        told = self.told
        told.candidates = len(self.last)
        outcomes = Counter(outcome_of(decision).value for decision in self.last.values())
        told.outcomes = {outcome.value: outcomes[outcome.value] for outcome in DecisionOutcome}
        lost: Counter[tuple[str, str]] = Counter()
        reached: set[Key] = set()
        for key, decision in self.last.items():
            if isinstance(decision, Reserved):
                reached.add(key)
            else:
                lost[decision.trigger, decision.reason.value] += 1
        for (trigger, reason), customers in sorted(lost.items()):
            told.lost.setdefault(trigger, {})[reason] = customers
        told.contacted = len({customer_id for customer_id, _, _ in reached})
        told.binding = dict(sorted(told.binding.items(), key=lambda rule: (-rule[1], rule[0])))
        for name in ("channels", "divisions", "segments", "triggers"):
            setattr(told, name, dict(sorted(getattr(told, name).items())))
        return told, reached

    def _candidates(self, found: Found, profile: Profile, now: datetime) -> list[Candidate]:
        candidates = {(c.trigger, c.occurrence): c for c in found.candidates}
        for trigger in found.follow_ups:
            candidates.update({(c.trigger, c.occurrence): c for c in from_follow_up(trigger, profile, now)})
        for contact in profile.contacts:
            if not contact.anew:
                candidates.pop((contact.trigger, contact.occurrence), None)
        return list(candidates.values())

    def _count(self, won: Reserved, profile: Profile) -> None:
        told = self.told
        place = profile.places.get(won.division)
        segment = f"{won.division}: {place.lifecycle if place else NO_SEGMENT}"
        for spending, name in (
            (told.channels, won.channel),
            (told.divisions, won.division),
            (told.segments, segment),
            (told.triggers, won.trigger),
        ):
            spending.setdefault(name, Spending()).add(won.cost)
        number = (won.planned.date() - told.first).days
        if number >= len(told.days):
            told.later += 1
            return
        day = told.days[number]
        day.arriving[won.channel] = day.arriving.get(won.channel, 0) + 1
        day.cost += won.cost

    def _keep(self, profile: Profile) -> None:
        self.documents[profile.customer_id] = encode_profile(profile)
        if any(c.state is ContactState.RESERVED for c in profile.contacts):
            self.underway.add(profile.customer_id)
        else:
            self.underway.discard(profile.customer_id)


def _sent(contact: PastContact, now: datetime) -> PastContact:
    if contact.state is ContactState.RESERVED and contact.at <= now:
        return msgspec.structs.replace(contact, state=ContactState.SENT)
    return contact


def compare(before: tuple[Rehearsal, set[Key]], after: tuple[Rehearsal, set[Key]]) -> Difference:
    """What the second rehearsal's rulebook changes against the first one's, both on the same customers and days."""
    (old, had), (new, has) = before, after
    shifts: dict[str, dict[str, tuple[int, int, int, int]]] = {}
    for name in ("channels", "divisions", "segments", "triggers"):
        one: dict[str, Spending] = getattr(old, name)
        two: dict[str, Spending] = getattr(new, name)
        for key in sorted({*one, *two}):
            left, right = one.get(key, Spending()), two.get(key, Spending())
            if left != right:
                shifts.setdefault(name, {})[key] = (left.contacts, right.contacts, left.cost, right.cost)
    rules = sorted({*old.binding, *new.binding})
    return Difference(
        before=old.rulebook,
        after=new.rulebook,
        contacts=(old.total.contacts, new.total.contacts),
        cost=(old.total.cost, new.total.cost),
        shifts=shifts,
        binding={
            rule: (old.binding.get(rule, 0), new.binding.get(rule, 0))
            for rule in rules
            if old.binding.get(rule, 0) != new.binding.get(rule, 0)
        },
        only_before=dict(sorted(Counter(trigger for _, trigger, _ in had - has).items())),
        only_after=dict(sorted(Counter(trigger for _, trigger, _ in has - had).items())),
    )
