"""What people do afterwards: unknown outcomes settled, grants after complaints, and the log forgotten in time."""

from datetime import date, timedelta
from typing import Any

import pytest

from courtesy.decisions.claim import Claimed, claim
from courtesy.decisions.decision import Candidate
from courtesy.decisions.policy import policy_of
from courtesy.decisions.recovery import grants_of
from courtesy.decisions.reserve import reserve
from courtesy.decisions.retention import forget_decisions
from courtesy.decisions.settle import apply_feedback, record_unknown, settle_by_person
from courtesy.decisions.unknown import unknown_contacts
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.offer import Offer
from courtesy.timeline.events import Feedback
from courtesy.timeline.profile import CaseView, Place, Reply
from courtesy.timeline.refold import refold
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.lake import InMemoryLake
from tests.unit.decisions.people import KEY, NOW, customer, person_record, rulebook, trigger

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_unknown_outcomes_are_listed_until_a_report_or_a_person_settles_them() -> None:
    store = InMemoryCustomerStore()
    store.append("c1", [person_record()])
    refold(store, "c1")
    book = rulebook(trigger("offer"), trigger("notice", purpose="service"))
    policy = policy_of(book)
    sent = {}
    for name in ("offer", "notice"):
        reserve(store, "c1", None, [Candidate(name, "once", NOW + 9 * DAY)], policy, NOW, KEY)
        held = claim(store, "c1", name, "once", book, NOW, f"x-{name}", hash_key=KEY)
        assert isinstance(held, Claimed)
        record_unknown(store, "c1", held.contact, "timed out", NOW)
        sent[name] = held.contact.id
    listed = unknown_contacts(store, policy, NOW + HOUR)
    assert [(u.trigger, u.marketing, u.claimed) for u in listed] == [
        ("notice", False, NOW),
        ("offer", True, NOW),
    ]
    told = Feedback(source="ses", id="1", when=NOW, contact=sent["offer"], channel="email", type="delivery")
    apply_feedback(store, "c1", told, NOW)
    assert [u.trigger for u in unknown_contacts(store, policy, NOW + HOUR)] == ["notice"]
    assert settle_by_person(store, "c1", sent["notice"], True, NOW + HOUR)
    assert unknown_contacts(store, policy, NOW + HOUR) == []
    assert not settle_by_person(store, "c1", sent["notice"], True, NOW + HOUR)


def recovery() -> Rulebook:
    lines = [
        {"natures": ["safety"], "limit": 50_000, "offers": ["mug"]},
        {"value_tiers": ["below_zero"], "limit": 0},
        {"divisions": ["cars"], "limit": 5_000, "days": 30},
    ]
    mug = Offer(id="mug", label={"en": "A mug"}, code="MUG")
    return rulebook(recovery=lines).model_copy(update={"offers": {"mug": mug}})


def case(nature: str = "delay", status: str = "closed", closed_days: int = 3, **fields: Any) -> CaseView:
    given = {"type": "complaint", "division": "cars", "id": nature, **fields}
    return CaseView(
        "calls", given["id"], given["division"], given["type"], status, nature, 1,
        NOW - 20 * DAY, None if status == "open" else NOW - closed_days * DAY,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cases", "tier", "granted"),
    [
        ([case()], "standard", [("delay", 5_000, [], "recovery.2")]),
        ([case()], "below_zero", [("delay", 0, [], "recovery.1")]),
        ([case("safety")], "below_zero", [("safety", 50_000, ["mug"], "recovery.0")]),
        ([case(closed_days=31)], "standard", []),
        ([case(type="dispute")], "standard", []),
        ([case(division="marine")], "standard", []),
        ([case(), case("safety", "open")], "standard", []),
        (
            [case("delay", closed_days=5), case("safety", closed_days=1)],
            "standard",
            [("safety", 50_000, ["mug"], "recovery.0"), ("delay", 5_000, [], "recovery.2")],
        ),
        ([], "standard", []),
    ],
)
def test_what_may_be_granted_goes_by_nature_and_value_tier(
    cases: list[CaseView], tier: str, granted: list[tuple[str, int, list[str], str]]
) -> None:
    profile = customer(cases=cases, places={"cars": Place("cars", "returning", "", tier, NOW)})
    found = grants_of(profile, recovery(), NOW)
    assert [(g.nature, g.limit, g.offers, g.rule) for g in found] == granted
    assert {g.currency for g in found} <= {"USD"}


def test_an_offer_that_was_declined_of_late_is_not_made_in_recovery() -> None:
    said = [Reply(NOW - DAY, "declined", offer="mug")]
    profile = customer(cases=[case("safety")], replies=said)
    assert grants_of(profile, recovery(), NOW)[0].offers == []
    assert grants_of(profile, recovery(), NOW)[0].value_tier == ""


def test_the_log_is_kept_as_long_as_the_rulebook_says() -> None:
    lake = InMemoryLake()
    kept = [
        "decisions/2026-02-02-a/part-00000.parquet",
        "decisions/events/c1/2026-02-02-m1.jsonl",
        "decisions/held/2026-02-02/m1.jsonl",
        "decisions/days/2026-02-02/part-00000.parquet",
        "decisions/undated/part-00000.parquet",
    ]
    old = [
        "decisions/2026-02-01-a/part-00000.parquet",
        "decisions/2026-02-01-a/part-00000.json",
        "decisions/events/c1/2026-01-31-m1.jsonl",
        "decisions/held/2025-12-31/m1.jsonl",
        "decisions/days/2026-01-31/part-00000.parquet",
    ]
    for path in [*kept, *old, "outcomes/cycles/2020-01-01-a.json"]:
        lake.put(path, b"x")
    assert forget_decisions(lake, date(2026, 3, 4), 30) == len(old)
    assert lake.list("decisions/") == sorted(kept)
    assert lake.list("outcomes/") == ["outcomes/cycles/2020-01-01-a.json"]
    assert forget_decisions(lake, date(2026, 3, 4), 30) == 0
