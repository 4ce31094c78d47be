"""Invented customers for the population's tests: timelines made from a seed, folded by the real fold."""

import random
from datetime import UTC, datetime, timedelta

from courtesy.timeline.events import (
    Asset,
    Case,
    Event,
    Interaction,
    Permission,
    SourceRecord,
    Transaction,
)
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import encode_profile

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
DIVISIONS = ("cars", "motorcycles", "marine")


def at(days_ago: float) -> datetime:
    """The instant so many days before the cycle's date."""
    return AS_OF - timedelta(days=days_ago)


def bought(
    days_ago: float, amount: int, division: str = "cars", *, n: int = 0, currency: str = "USD"
) -> Transaction:
    """A purchase, or a return where the amount is negative."""
    return Transaction(
        source="shop",
        id=f"{division}-{days_ago}-{n}",
        when=at(days_ago),
        division=division,
        type="purchase" if amount >= 0 else "return",
        amount=amount,
        currency=currency,
    )


def document(customer_id: str, *events: Event) -> bytes:
    """The profile document of these events."""
    return encode_profile(fold(customer_id, events))


def population(
    customers: int, seed: int = 1, divisions: tuple[str, ...] = DIVISIONS
) -> list[tuple[str, bytes]]:
    """(customer_id, document) of invented customers: buyers of all kinds, prospects, cases, leases, permissions."""
    chance = random.Random(seed)  # noqa: S311 - invented people, the same each time
    people = []
    for number in range(customers):
        customer_id = f"c{number:08d}"
        events: list[Event] = [
            SourceRecord(
                source="crm",
                id=str(number),
                when=at(2000),
                fields={
                    "email": f"p{number}@example.org",
                    "country": chance.choice(["US", "CA"]),
                    "postcode": f"{chance.randrange(10000, 99999)}",
                    "date_of_birth": f"{chance.randrange(1940, 2005)}-{chance.randrange(1, 13):02d}-15",
                    "custom.colour": chance.choice(["red", "blue"]),
                },
            )
        ]
        for division in divisions:
            if chance.random() < 0.45:
                first, rate = chance.uniform(1, 2500), chance.gammavariate(0.6, 0.004)
                day, n = first, 0
                while day > 0 and n < 60:
                    amount = int(chance.gammavariate(4, 6000)) * (-1 if n and chance.random() < 0.04 else 1)
                    events.append(bought(round(day, 3), amount, division, n=n))
                    if chance.random() < 0.15:
                        break
                    day -= chance.expovariate(rate) if rate > 0 else 9999
                    n += 1
        if chance.random() < 0.1:
            events.append(
                Case(
                    source="calls", id=f"k{number}", when=at(chance.uniform(0, 90)), division=chance.choice(divisions),
                    status=chance.choice(["open", "closed"]), closed=at(0.5),
                )
            )  # fmt: skip
        if chance.random() < 0.2:
            events.append(
                Asset(
                    source="lease", id=f"v{number}", when=at(900), division=divisions[0], type="lease", model="Courser",
                    started=at(chance.uniform(10, 1500)), ends=at(-chance.uniform(-100, 700)),
                )
            )  # fmt: skip
        if chance.random() < 0.5:
            events.append(
                Permission(
                    source="prefs", id=f"p{number}", when=at(100), purpose="marketing", channel="email", division="*",
                    status=chance.choice(["granted", "withdrawn"]),
                )
            )  # fmt: skip
        if chance.random() < 0.1:
            events.append(
                Interaction(
                    source="calls",
                    id=f"i{number}",
                    when=at(5),
                    division=divisions[0],
                    channel="phone",
                    weight=0.5,
                )
            )
        people.append((customer_id, document(customer_id, *events)))
    return people
