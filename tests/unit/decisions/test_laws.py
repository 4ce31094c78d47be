"""Laws: what is reserved never breaks a window, arbitration equals brute force, the kept profile equals the refold."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from courtesy.decisions.claim import Claimed, claim
from courtesy.decisions.decide import decide
from courtesy.decisions.decision import Candidate, Reserved
from courtesy.decisions.policy import policy_of
from courtesy.decisions.release import release
from courtesy.decisions.reserve import reserve
from courtesy.decisions.settle import (
    apply_feedback,
    cancel,
    record_refused,
    record_sent,
    record_unknown,
)
from courtesy.outcomes import ContactState
from courtesy.privacy.withdraw import grant, withdraw
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.trigger import Trigger
from courtesy.timeline.events import Contact, Feedback
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import PastContact
from courtesy.timeline.refold import refold
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.queue import InMemoryQueue
from tests.unit.decisions.people import KEY, customer, past, person_record, rulebook, trigger

# Around daylight-saving changes, leap days and month ends, in zones with odd ones.
ANCHORS = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2028, 2, 29, 12, tzinfo=UTC),
    datetime(2027, 2, 28, 23, 30, tzinfo=UTC),
    datetime(2026, 12, 31, 23, tzinfo=UTC),
    datetime(2018, 11, 4, 3, tzinfo=UTC),
    datetime(2026, 11, 1, 6, tzinfo=UTC),
]
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "UTC",
]
HOUR = timedelta(hours=1)


def hours(first: int, last: int) -> st.SearchStrategy[int]:
    """Hours from an anchor; mostly half days, so that distances of exactly one window are common."""
    return st.integers(first // 12, last // 12).map(lambda half: half * 12) | st.integers(first, last)


near = st.tuples(hours(-24 * 40, 24 * 40), st.sampled_from([0, 0, 1, -1, 1_000_000, -1_000_000]))
DIVISIONS, CHANNELS = ["cars", "marine"], ["email", "letter"]

rolling = st.builds(
    lambda n, days, channels: {"at_most": n, "rolling_days": days, "channels": channels},
    st.integers(0, 3),
    st.sampled_from([0.5, 1, 7, 30]),
    st.sampled_from([["*"], ["email"], ["letter"]]),
)
calendar = st.builds(
    lambda n, kind, divisions: {"at_most": n, "calendar": kind, "divisions": divisions},
    st.integers(0, 3),
    st.sampled_from(["day", "week", "month"]),
    st.sampled_from([["*"], ["cars"]]),
)
caps = st.lists(rolling | calendar, min_size=1, max_size=4).map(
    lambda rules: [{"id": f"cap{n}", **rule} for n, rule in enumerate(rules)]
)


def broken(
    caps_: Sequence[dict[str, object]], moments: Sequence[tuple[datetime, str, str]], zone: ZoneInfo
) -> list[object]:
    """Every window of every cap that holds more than it may: an oracle that looks at all windows, not at one contact."""
    wrong: list[object] = []
    for cap in caps_:
        channels, divisions = cap.get("channels", ["*"]), cap.get("divisions", ["*"])
        mine = sorted(
            at
            for at, channel, division in moments
            if (channels == ["*"] or channel in channels) and (divisions == ["*"] or division in divisions)  # type: ignore[operator]
        )
        if "rolling_days" in cap:
            length = timedelta(days=float(cap["rolling_days"]))  # type: ignore[arg-type]
            groups = [[at for at in mine if start <= at < start + length] for start in mine]
        else:
            labels: dict[str, Callable[[datetime], object]] = {
                "day": lambda local: local.date(),
                "week": lambda local: local.isocalendar()[:2],
                "month": lambda local: (local.year, local.month),
            }
            label = labels[str(cap["calendar"])]
            by: dict[object, list[datetime]] = {}
            for at in mine:
                by.setdefault(label(at.astimezone(zone)), []).append(at)
            groups = list(by.values())
        wrong += [(cap["id"], group) for group in groups if len(group) > float(cap["at_most"])]  # type: ignore[arg-type]
    return wrong


@settings(max_examples=250, deadline=None)
@given(
    anchor=st.sampled_from(ANCHORS),
    zone=st.sampled_from(ZONES),
    caps_=caps,
    history=st.lists(st.tuples(near, st.sampled_from(CHANNELS), st.sampled_from(DIVISIONS)), max_size=12),
    later=st.lists(
        st.tuples(
            hours(0, 24 * 40), st.sampled_from(CHANNELS), st.sampled_from(DIVISIONS), st.integers(1, 3)
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_the_reserved_set_never_breaks_a_window(
    anchor: datetime,
    zone: str,
    caps_: list[dict[str, object]],
    history: list[tuple[tuple[int, int], str, str]],
    later: list[tuple[int, str, str, int]],
) -> None:
    triggers = [
        trigger(f"t{n}", channels=[channel], division=division, priority=priority, useful_for_days=90)
        for n, (_, channel, division, priority) in enumerate(later)
    ]
    rules: dict[str, Any] = {"caps": caps_, "channels": {"email": {}, "letter": {"arrival_days": 3}}}
    book = rulebook(*triggers, **rules)
    place = ZoneInfo(zone)
    # The history itself keeps the caps: it is made by the oracle, one contact after the other.
    kept: list[tuple[datetime, str, str]] = []
    for (away, micros), channel, division in history:
        one = (anchor + away * HOUR + timedelta(microseconds=micros), channel, division)
        if not broken(caps_, [*kept, one], place):
            kept.append(one)
    profile = customer(
        {"time_zone": zone},
        contacts=[past(at, f"h{n}", channel=c, division=d) for n, (at, c, d) in enumerate(kept)],
    )
    candidates = [
        Candidate(t.id, "once", anchor + timedelta(days=90), anchor + away * HOUR)
        for t, (away, *_) in zip(triggers, later, strict=True)
    ]
    decisions = decide(profile, candidates, book, anchor, KEY)
    reserved = [(d.planned, d.channel, d.division) for d in decisions if isinstance(d, Reserved)]
    assert not broken(caps_, [*kept, *reserved], place)
    # and nobody was refused for nothing: each one left out would break a window beside what was taken
    for decision, (away, channel, division, _) in zip(decisions, later, strict=True):
        if not isinstance(decision, Reserved):
            at = anchor + away * HOUR + timedelta(days=3 if channel == "letter" else 0)
            assert broken(caps_, [*kept, *reserved, (at, channel, division)], place)


@settings(max_examples=200, deadline=None)
@given(
    days=st.sampled_from([0.5, 1, 7, 30]),
    limit=st.integers(1, 3),
    away=st.lists(
        st.tuples(
            st.sampled_from([-2.0, -1.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0]), st.sampled_from([-1, 0, 0, 1])
        ),
        max_size=6,
    ),
)
def test_a_rolling_window_ends_at_its_very_microsecond(
    days: float, limit: int, away: list[tuple[float, int]]
) -> None:
    """Contacts whole and half windows away from the planned instant, to the microsecond: room there is, or there is none."""
    caps_: list[dict[str, object]] = [{"id": "cap", "at_most": limit, "rolling_days": days}]
    planned, zone = ANCHORS[0] + timedelta(days=70), ZoneInfo("UTC")
    kept: list[tuple[datetime, str, str]] = []
    for windows, micros in away:
        at = planned + windows * timedelta(days=days) + timedelta(microseconds=micros)
        if not broken(caps_, [*kept, (at, "email", "cars")], zone):
            kept.append((at, "email", "cars"))
    profile = customer({}, contacts=[past(at, f"h{n}") for n, (at, *_) in enumerate(kept)])
    book = rulebook(trigger("t", useful_for_days=90), caps=caps_)
    candidate = Candidate("t", "once", planned + timedelta(days=1), planned)
    (decision,) = decide(profile, [candidate], book, ANCHORS[0], KEY)
    assert isinstance(decision, Reserved) == (not broken(caps_, [*kept, (planned, "email", "cars")], zone))


@settings(max_examples=150, deadline=None)
@given(
    caps_=caps,
    history=st.lists(hours(-24 * 20, 24 * 20), max_size=4),
    runners=st.lists(
        st.tuples(hours(0, 24 * 8), st.integers(1, 3), st.integers(0, 3), st.booleans()),
        min_size=1,
        max_size=5,
    ),
)
def test_arbitration_is_the_best_set_that_brute_force_finds(
    caps_: list[dict[str, object]], history: list[int], runners: list[tuple[int, int, int, bool]]
) -> None:
    anchor, place = ANCHORS[0], ZoneInfo("Europe/Berlin")
    triggers = [
        trigger(
            f"t{n}",
            channels=["email", "letter"] if both else ["email"],
            priority=priority,
            value=value * 1000,
            response_probability=0.5,
            useful_for_days=90,
        )
        for n, (_, priority, value, both) in enumerate(runners)
    ]
    book = rulebook(*triggers, caps=caps_, channels={"email": {}, "letter": {"arrival_days": 3}})
    kept: list[tuple[datetime, str, str]] = []
    for away in history:
        one = (anchor + away * HOUR, "email", "cars")
        if not broken(caps_, [*kept, one], place):
            kept.append(one)
    profile = customer(
        {"time_zone": "Europe/Berlin"}, contacts=[past(at, f"h{n}") for n, (at, *_) in enumerate(kept)]
    )
    candidates = [
        Candidate(t.id, "once", anchor + timedelta(days=90), anchor + runner[0] * HOUR)
        for t, runner in zip(triggers, runners, strict=True)
    ]
    decisions = decide(profile, candidates, book, anchor, KEY)
    found = {d.trigger: d.channel for d in decisions if isinstance(d, Reserved)}

    order = sorted(range(len(runners)), key=lambda n: (runners[n][1], -runners[n][2] * 500.0, f"t{n}"))
    choices = [[*triggers[n].channels, None] for n in order]  # the preferred channel first, left out last
    best = next(
        chosen
        for chosen in product(*choices)  # in lexicographic order: the first that holds is the best
        if not broken(
            caps_,
            [
                *kept,
                *(
                    (anchor + runners[n][0] * HOUR + timedelta(days=3 if c == "letter" else 0), c, "cars")
                    for n, c in zip(order, chosen, strict=True)
                    if c is not None
                ),
            ],
            place,
        )
    )
    assert found == {f"t{n}": c for n, c in zip(order, best, strict=True) if c is not None}


STEPS = ["reserve", "release", "claim", "sent", "retry", "refused", "unknown", "cancel", "delivery", "bounce", "complaint",
         "open", "withdraw", "grant", "old"]  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 2), st.integers(0, 40)), max_size=25))
def test_the_profile_kept_step_by_step_equals_the_refold(steps: list[tuple[str, int, int]]) -> None:
    store, book = InMemoryCustomerStore(), _book()
    policy, now = policy_of(book), datetime(2026, 3, 4, 15, tzinfo=UTC)
    store.append("c1", [person_record()])
    refold(store, "c1")
    claimed: dict[str, Contact] = {}
    queues = {"email": InMemoryQueue(), "letter": InMemoryQueue()}
    for n, (step, which, away) in enumerate(steps):
        now += away * HOUR
        name = f"t{which}"
        held = next((c for c in _contacts(store) if c.trigger == name), None)
        match step:
            case "reserve":
                candidate = Candidate(name, f"o{n // 3}", now + timedelta(days=20))
                reserve(store, "c1", None, [candidate], policy, now, KEY)
            case "old":  # so long ago that it drops out of the profile's memory when something newer comes
                now += timedelta(days=300)
            case "release":
                release(store, queues, policy, now)
            case "claim" if held is not None:
                outcome = claim(store, "c1", name, held.occurrence, book, now, f"claim{n}", hash_key=KEY)
                if isinstance(outcome, Claimed):
                    claimed[name] = outcome.contact
            case "sent" if name in claimed:
                record_sent(store, "c1", claimed[name], "ses", now)
            case "retry" if name in claimed:
                record_refused(store, "c1", claimed[name], "throttled", now, retry_at=now + HOUR)
            case "refused" if name in claimed:
                record_refused(store, "c1", claimed[name], "rejected", now)
            case "unknown" if name in claimed:
                record_unknown(store, "c1", claimed[name], "timeout", now)
            case "cancel" if held is not None:
                cancel(store, "c1", name, held.occurrence, "tried", now)
            case "delivery" | "bounce" | "complaint" | "open" if held is not None:
                report = Feedback(
                    source="ses", id=f"f{n}", when=now, contact=held.id, channel=held.channel, type=step,
                    permanent=True, address=held.address,
                )  # fmt: skip
                apply_feedback(store, "c1", report, now)
            case "withdraw":
                withdraw(store, "c1", "marketing", "email", "*", now, "test")
            case "grant":
                grant(store, "c1", "marketing", "email", "*", now, "test")
        assert store.read_profile("c1").profile == fold("c1", store.read_timeline("c1"))


def _book() -> Rulebook:
    return rulebook(
        *(trigger(f"t{n}", channels=["email", "letter"]) for n in range(3)),
        caps=[{"id": "two", "at_most": 2, "rolling_days": 3}],
        channels={"email": {}, "letter": {"arrival_days": 4}},
    )


def _contacts(store: InMemoryCustomerStore) -> list[Contact]:
    return [e for e in reversed(store.read_timeline("c1")) if isinstance(e, Contact)]


@settings(max_examples=150, deadline=None)
@given(
    plans=st.lists(st.integers(0, 24 * 20), min_size=1, max_size=6),
    wakes=st.lists(st.integers(0, 24 * 25), min_size=1, max_size=12).map(sorted),
    caps_=caps,
)
def test_caps_hold_on_the_dates_when_contacts_really_leave(
    plans: list[int], wakes: list[int], caps_: list[dict[str, object]]
) -> None:
    """Planned within the caps, then an outage: whatever is claimed when, what has left keeps every window."""
    start = datetime(2026, 10, 20, 9, tzinfo=UTC)
    triggers: list[Trigger] = [trigger(f"t{n}", useful_for_days=60) for n in range(len(plans))]
    book = rulebook(*triggers, caps=caps_)
    store = InMemoryCustomerStore()
    store.append("c1", [person_record(time_zone="Europe/Berlin")])
    refold(store, "c1")
    for one, away in zip(triggers, plans, strict=True):
        candidate = Candidate(one.id, "once", start + timedelta(days=60), start + away * HOUR)
        reserve(store, "c1", None, [candidate], policy_of(book), start, KEY)
    left: list[tuple[datetime, str, str]] = []
    for n, away in enumerate(wakes):
        now = start + away * HOUR + timedelta(minutes=7)
        for customer_id, contact in store.due("email", now, 100):
            outcome = claim(
                store, customer_id, contact.trigger, contact.occurrence, book, now, f"{n}{contact.id}"
            )
            if isinstance(outcome, Claimed):
                left.append((now, "email", "cars"))
                record_sent(store, customer_id, outcome.contact, "ses", now)
            assert not broken(caps_, left, ZoneInfo("Europe/Berlin"))
            assert store.read_profile("c1").profile == fold("c1", store.read_timeline("c1"))
    gone: list[PastContact] = [
        c
        for c in store.read_profile("c1").profile.contacts
        if c.state is not ContactState.RESERVED and c.counts
    ]
    assert sorted(c.at for c in gone) == sorted(at for at, *_ in left)
