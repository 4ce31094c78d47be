"""What one customer's fold costs: decode the timeline, fold it, encode the profile. `python -m bench.fold`

A customer of 30 events is 4 records, 14 transactions, 3 cases and interactions, 2 assets, 3 permissions, 4 contacts with
feedback: the mix of the shipped sources. Times are the best of several rounds, in microseconds per customer.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from time import perf_counter

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
    """Seconds of one call: the fastest of some rounds of at least `least` seconds each."""
    calls, fastest = 1, float("inf")
    for _ in range(rounds):
        while True:
            begun = perf_counter()
            for _ in range(calls):
                action()
            spent = perf_counter() - begun
            if spent >= least:
                break
            calls *= 2
        fastest = min(fastest, spent / calls)
    return fastest


def main() -> None:
    """Print the table."""
    print(f"{'events':>7} {'decode':>9} {'fold':>9} {'encode':>9} {'in all':>9}   us per customer")
    for size in SIZES:
        events = timeline(size)
        documents = [encode_event(event) for event in events]
        profile = fold("ceva", events)
        times = [
            best(lambda: [decode_event(document) for document in documents]),  # noqa: B023
            best(lambda: fold("ceva", events)),  # noqa: B023
            best(lambda: encode_profile(profile)),  # noqa: B023
        ]
        print(f"{size:>7} " + " ".join(f"{time * 1e6:>9.1f}" for time in (*times, sum(times))))


if __name__ == "__main__":
    main()
