"""What one customer's fold costs, and what a changed and an unchanged record ask of the tables before it.

A customer of 30 events is 4 records, 14 transactions, 3 cases and interactions, 2 assets, 3 permissions, 4 contacts with
feedback: the mix of the shipped sources. Times are the best of several rounds, in microseconds of the processor per customer.
"""

import argparse
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from time import process_time

from bench.load import goals_of, measure
from bench.outcome import Goal, Outcome
from courtesy.outcomes import ContactState
from courtesy.timeline.events import (
    Asset,
    Case,
    Contact,
    Event,
    Feedback,
    Interaction,
    Permission,
    SourceRecord,
    Transaction,
    decode_event,
    encode_event,
)
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import encode_profile

START = datetime(2024, 1, 1, 12, tzinfo=UTC)
SIZES = (10, 30, 100, 1000)
EXAMPLE = "courtesy bench fold --json"


def timeline(size: int) -> list[Event]:
    """A timeline of `size` events in the mix above."""
    makers: Sequence[Callable[[int, datetime], Event]] = (
        [_record] * 4
        + [_trade] * 14
        + [_call, _case, _call]
        + [_asset] * 2
        + [_word] * 3
        + [_contact, _report] * 2
    )
    return [makers[n * 7 % len(makers)](n, START + timedelta(hours=9 * n)) for n in range(size)]


def _record(n: int, when: datetime) -> Event:
    fields = {
        "given_name": "Eva",
        "surname": f"Miller{n}",
        "email": f"eva{n}@example.com",
        "city": "Boston",
        "country": "US",
    }
    return SourceRecord(
        source=f"crm{n % 4}", id=str(n), when=when, version="v", file="f.csv", line=n, fields=dict(fields),
        trust=400 + n % 3, field_trust={"email": 700},
    )  # fmt: skip


def _trade(n: int, when: datetime) -> Event:
    return Transaction(
        source="shop", id=str(n), when=when, version="v", subject="crm0/1", file="f.csv", line=n,
        division=("cars", "marine")[n % 2], amount=n * 100, dealer="D001",
    )  # fmt: skip


def _call(n: int, when: datetime) -> Event:
    return Interaction(source="desk", id=str(n), when=when, division="cars", channel="phone", weight=1.0)


def _case(n: int, when: datetime) -> Event:
    return Case(source="desk", id=str(n), when=when, division="cars", status="closed", closed=when)


def _asset(n: int, when: datetime) -> Event:
    return Asset(source="lease", id=str(n), when=when, division="finance", type="lease", ends=when)


def _word(n: int, when: datetime) -> Event:
    return Permission(
        source="pref", id=str(n), when=when, subject="crm0/1", purpose="marketing", channel="email",
        division=("cars", "marine", "*")[n % 3], status="granted",
    )  # fmt: skip


def _contact(n: int, when: datetime) -> Event:
    return Contact(
        source="courtesy", id=f"k{n}", when=when, trigger="welcome", occurrence=str(n), division="cars",
        category="news", purpose="marketing", channel="email", planned=when, due=when, expires=when, sent=when,
        state=ContactState.SENT,
    )  # fmt: skip


def _report(n: int, when: datetime) -> Event:
    return Feedback(
        source="ses", id=f"m{n}", when=when, contact=f"k{n - 1}", channel="email", type="delivery"
    )


def best(action: Callable[[], object], rounds: int = 7, least: float = 0.05) -> float:
    """CPU seconds of one call: the fastest of some rounds of at least `least` seconds each."""
    calls, fastest = 1, float("inf")
    for _ in range(rounds):
        while True:
            begun = process_time()
            for _ in range(calls):
                action()
            spent = process_time() - begun
            if spent >= least:
                break
            calls *= 2
        fastest = min(fastest, spent / calls)
    return fastest


def options(parser: argparse.ArgumentParser) -> None:
    """Its own options."""
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="events on a timeline")
    parser.add_argument(
        "--records", type=int, default=200, help="records of each case of loading, on metering fakes"
    )


def bench(asked: argparse.Namespace) -> Outcome:
    """Microseconds of decoding, folding and encoding one customer, for each size."""
    rows, goals = [], []
    for size in asked.sizes:
        events = timeline(size)
        documents = [encode_event(event) for event in events]
        profile = fold("ceva", events)
        took = {
            "decode": best(partial(_decode, documents)),
            "fold": best(partial(fold, "ceva", events)),
            "encode": best(partial(encode_profile, profile)),
        }
        took = {step: round(seconds * 1e6, 1) for step, seconds in took.items()}
        rows.append({"events": size} | took | {"in_all": round(sum(took.values()), 1)})
        if size == 30:
            goals.append(
                Goal("30 events: decode, fold and encode", rows[-1]["in_all"], at_most=100, unit="us")
            )
    loaded = measure(asked.records)
    return Outcome({"microseconds_per_customer": rows, "per_record": loaded}, (*goals, *goals_of(loaded)))


def _decode(documents: Sequence[bytes]) -> list[Event]:
    return [decode_event(document) for document in documents]
