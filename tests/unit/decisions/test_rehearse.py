"""Rehearsal: the same law as the real cycles, day by day, with nothing written."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from courtesy.decisions.listen import NO_SCORES
from courtesy.decisions.part import CyclePart, decide_part
from courtesy.decisions.rehearsal_page import rehearsal_page
from courtesy.decisions.rehearse import Key, Rehearsal, Spending, compare, rehearse
from courtesy.outcomes import ContactState
from courtesy.population.catalogue import catalogue_of
from courtesy.population.segments import features_of
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.offer import Offer
from courtesy.rulebook.trigger import Trigger
from courtesy.timeline.events import SourceRecord, Transaction
from courtesy.timeline.profile import Ledger, Occasion, Profile, encode_profile
from courtesy.timeline.refold import refold
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.lake import InMemoryLake
from tests.unit.decisions.people import KEY, customer, past, person_record, rulebook, trigger

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
DAY = timedelta(days=1)
BOUGHT = (NOW - 400 * DAY).date().toordinal() - date(1970, 1, 1).toordinal()
WEEKLY = [{"id": "weekly", "at_most": 1, "rolling_days": 7}]


def bought(customer_id: str = "c1", **fields: Any) -> bytes:
    ledger = Ledger(occasions=[Occasion(BOUGHT, 2_000_000, 1, "USD")])
    return encode_profile(customer(customer_id=customer_id, ledgers={"cars": ledger}, **fields))


def run(book: Rulebook, folder: Path, *documents: bytes, days: int = 11) -> tuple[Rehearsal, set[Key]]:
    return rehearse(documents or [bought()], book, NO_SCORES, NOW, days, KEY, folder)


def lapsed(name: str = "win_back", **fields: Any) -> Trigger:
    return trigger(name, **{"criteria": "days_since_purchase > 365", **fields})


def test_a_contact_of_one_day_presses_on_the_days_after(tmp_path: Path) -> None:
    book = rulebook(lapsed("a", priority=1), lapsed("b", priority=2), caps=WEEKLY)
    told, reached = run(book, tmp_path)
    arrived = {day.day: day.arriving for day in told.days if day.arriving}
    # `a` in March; `b` a week later, on the first day that the cap leaves room
    assert arrived == {date(2026, 3, 4): {"email": 1}, date(2026, 3, 11): {"email": 1}}
    assert reached == {("c1", "a", "2026-03"), ("c1", "b", "2026-03")}
    assert told.binding == {"weekly": 7}
    assert (told.contacted, told.customers, told.total) == (1, 1, Spending(2, 0))
    assert told.outcomes == {"reserved": 2, "held": 0, "suppressed": 0, "control": 0}


def test_every_candidate_ends_once_and_the_losers_are_told_by_reason(tmp_path: Path) -> None:
    book = rulebook(
        lapsed("a"), lapsed("b", channels=["letter"]), caps=[{"id": "one", "at_most": 1, "calendar": "month"}]
    )  # fmt: skip
    told, _ = run(book, tmp_path, bought("c1"), bought("c2", values={"email": None}), days=3)
    assert told.candidates == sum(told.outcomes.values()) == 4
    assert told.outcomes["reserved"] == 2
    assert told.lost == {"a": {"no_address": 1}, "b": {"cap": 1}}
    assert told.segments == {"cars: none": Spending(2, 110)}
    assert told.channels == {"email": Spending(1, 0), "letter": Spending(1, 110)}


def test_print_counts_when_it_arrives_and_what_arrives_later_is_told_apart(tmp_path: Path) -> None:
    book = rulebook(lapsed(channels=["letter"]))
    told, _ = run(book, tmp_path, days=5)
    assert [day.arriving for day in told.days] == [{}, {}, {}, {}, {"letter": 1}]
    assert told.days[4].cost == 110
    short, _ = run(book, tmp_path, days=4)
    assert (short.later, sum(bool(day.arriving) for day in short.days)) == (1, 0)


def test_a_follow_up_comes_after_the_rehearsed_contact_it_follows(tmp_path: Path) -> None:
    follow = trigger("again", kind="follow_up", follows="win_back", after_days=10)
    book = rulebook(lapsed(occurrence="once"), follow)
    told, reached = run(book, tmp_path)
    assert [day.day for day in told.days if day.arriving] == [date(2026, 3, 4), date(2026, 3, 14)]
    assert Counter(name for _, name, _ in reached) == {"win_back": 1, "again": 1}


def test_dates_come_into_reach_as_days_go_by(tmp_path: Path) -> None:
    book = rulebook(lapsed(criteria="days_since_purchase = 403"))
    told, _ = run(book, tmp_path)
    assert [day.day for day in told.days if day.arriving] == [date(2026, 3, 7)]


def test_an_offer_s_stock_runs_out_in_rehearsal_too(tmp_path: Path) -> None:
    mug = Offer(id="mug", label={"en": "A mug"}, code="MUG", stock=3)
    book = rulebook(lapsed(offer="mug")).model_copy(update={"offers": {"mug": mug}})
    out = past(NOW - DAY, offer="mug", code="MUG", code_until=NOW + 9 * DAY)
    documents = [bought("c0", contacts=[out]), *(bought(f"c{n}") for n in range(1, 5))]
    told, reached = run(book, tmp_path, *documents, days=2)
    assert len(reached) == 3  # two new codes, and the one that is out already is shown again
    assert told.lost == {"win_back": {"offer_stock": 2}}
    assert told.binding == {"offers.mug": 4}


def test_a_daily_budget_is_that_of_each_day(tmp_path: Path) -> None:
    book = rulebook(lapsed(daily_budget=2))
    told, _ = run(book, tmp_path, *(bought(f"c{n}") for n in range(5)), days=3)
    assert [day.arriving.get("email", 0) for day in told.days] == [2, 2, 1]
    assert told.binding == {"daily_budget": 4}


def test_contacts_planned_before_are_felt_and_not_counted(tmp_path: Path) -> None:
    planned = past(NOW + 2 * DAY, state=ContactState.RESERVED)
    book = rulebook(lapsed(), caps=WEEKLY)
    told, _ = run(book, tmp_path, bought(contacts=[planned]), days=10)
    assert told.waiting == 1
    assert [day.day for day in told.days if day.arriving] == [date(2026, 3, 13)]


def test_who_redirects_is_nobody_and_event_triggers_are_named(tmp_path: Path) -> None:
    gone = encode_profile(Profile(customer_id="c9", merged_into="c1"))
    book = rulebook(lapsed(), trigger("welcome", kind="event", listens_to="transaction.purchase"))
    told, _ = run(book, tmp_path, bought(), gone, days=1)
    assert (told.customers, told.left_out) == (1, ["welcome"])


def test_one_day_is_what_the_real_cycle_decides(tmp_path: Path) -> None:
    book = rulebook(
        lapsed("a", priority=1), lapsed("b", priority=2, channels=["letter", "email"]), lapsed("c", priority=3),
        caps=[{"id": "two", "at_most": 2, "rolling_days": 7}], global_control=0.3, version=7,
    )  # fmt: skip
    store, lake = InMemoryCustomerStore(), InMemoryLake()
    for n in range(40):
        person = person_record(str(n), NOW - 400 * DAY, email=f"p{n}@example.com")
        if n % 7 == 0:
            person = SourceRecord(source="crm", id=str(n), when=person.when, fields={"country": "US"})
        sale = Transaction(
            source="s",
            id=str(n),
            when=NOW - (300 + 10 * n) * DAY,
            division="cars",
            amount=500,
            subject=f"crm/{n}",
        )
        store.append(f"c{n:02}", [person, sale])
        refold(store, f"c{n:02}")
    documents = [document for _, document in store.scan_profiles(0, 1)]
    told, _ = rehearse(documents, book, NO_SCORES, NOW, 1, KEY, tmp_path)
    before = [document for _, document in store.scan_profiles(0, 1)]
    assert before == documents  # rehearsing wrote nothing
    connection = features_of(documents, NOW.date(), book.population, NO_SCORES, catalogue_of(book.sources))
    connection.execute(f"COPY segments TO '{tmp_path.as_posix()}/s.parquet' (FORMAT parquet)")
    connection.close()
    lake.upload(tmp_path / "s.parquet", "segments/x/part-00000.parquet")
    work = tmp_path / "work"
    work.mkdir()
    real = decide_part(
        store, lake, book, CyclePart("x", NOW.date(), 1, 0, 7), lambda: NOW, KEY, work
    ).decisions
    assert real.reserved > 20
    assert real.control > 5
    assert told.outcomes == {
        "reserved": real.reserved, "held": real.held, "suppressed": real.suppressed, "control": real.control,
    }  # fmt: skip
    assert {name: spent.contacts for name, spent in told.channels.items()} == real.channels


@pytest.fixture
def difference(tmp_path: Path) -> tuple[Rehearsal, str]:
    people = [bought(f"c{n}") for n in range(3)]
    strict = rulebook(lapsed("a"), lapsed("b"), caps=[{"id": "<one>", "at_most": 1, "calendar": "month"}])
    free = rulebook(lapsed("b", channels=["letter"]), lapsed("c"), version=0)
    before, after = (rehearse(people, b, NO_SCORES, NOW, 3, KEY, tmp_path) for b in (strict, free))
    found = compare(before, after)
    assert (found.before, found.after) == (7, 0)
    assert (found.contacts, found.cost) == ((3, 6), (0, 330))
    assert found.shifts["channels"] == {"letter": (0, 3, 0, 330)}
    assert found.shifts["triggers"] == {"a": (3, 0, 0, 0), "b": (0, 3, 0, 330), "c": (0, 3, 0, 0)}
    assert (found.only_before, found.only_after) == ({"a": 3}, {"b": 3, "c": 3})
    assert found.binding == {"<one>": (9, 0)}
    return after[0], rehearsal_page(before[0]) + rehearsal_page(after[0], found)


def test_the_page_is_whole_and_shows_the_difference(difference: tuple[Rehearsal, str]) -> None:
    _, pages = difference
    assert "Against rulebook version 7" in pages
    assert "&lt;one&gt;" in pages
    assert "<one>" not in pages
    assert "http" not in pages.replace("http://www.w3.org", "")
    for piece in pages.split("<svg")[1:]:
        ET.fromstring("<svg" + piece.split("</svg>")[0] + "</svg>")  # noqa: S314 - our own page


def test_a_page_of_nothing_says_so(tmp_path: Path) -> None:
    told, _ = run(rulebook(trigger(criteria="days_since_purchase < 0")), tmp_path, days=2)
    page = rehearsal_page(told)
    assert "No contact arrives" in page
    assert "None." in page
