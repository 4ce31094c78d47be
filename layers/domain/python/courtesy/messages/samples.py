"""People to try messages on: an ordinary one, one of whom little is known, one who reads German, and a hostile one."""

from datetime import UTC, datetime, timedelta

from courtesy.decisions.offers import sample_code
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import Contact, Scalar
from courtesy.timeline.profile import AssetView, Known, Ledger, Occasion, Place, Profile

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_DAY = 20_500

HOSTILE = '"><b>x</b>{{ 7*7 }}{% x %}#strong[y] =1+1 \u202e\u0000\r\nBcc: a@example.com 🙂 עברית'
"""Text that would do harm where it is taken for anything but text."""

SAMPLES: dict[str, dict[str, Scalar]] = {
    "ordinary": {
        "given_name": "Anna", "surname": "Miller", "gender": "female", "email": "anna@example.com", "address1": "12 Main Street",
        "city": "Boston", "state": "MA", "postcode": "02118", "country": "US", "language": "en",
        "phone": "+16175550100",
    },
    "sparse": {
        "surname": "Lee", "email": "lee@example.com", "address1": "4 Hill Road", "city": "Salem", "state": "MA",
        "postcode": "1970", "country": "US",
    },
    "german": {
        "given_name": "Jürgen", "surname": "Großmann", "gender": "male", "email": "juergen@example.com",
        "address1": "Königstraße 5", "city": "München", "postcode": "80331", "country": "DE", "language": "de",
    },
    "hostile": {
        "given_name": HOSTILE, "surname": HOSTILE * 200, "email": "hostile@example.com", "address1": "9 Side Street",
        "city": HOSTILE, "state": "MA", "postcode": "02118", "country": "US", "name": "=HYPERLINK(1)",
    },
}  # fmt: skip


def sample_profile(name: str, rulebook: Rulebook, division: str) -> Profile:
    """The profile of a sample person, with a purchase, a vehicle and a dealer in the division. Raises KeyError."""
    fields = SAMPLES[name]
    dealer = next((d.id for d in rulebook.dealers.values() if division in d.divisions), "")
    asset = AssetView(
        "sample",
        "v1",
        division,
        "vehicle",
        "Meridian Aster",
        "held",
        NOW - timedelta(days=900),
        NOW + timedelta(days=30),
    )
    rich = name != "sparse"
    return Profile(
        customer_id="csample",
        values={field: Known(value, "sample", "1", NOW) for field, value in fields.items()},
        ledgers={division: Ledger([Occasion(_DAY - 800, 2_500_000, 1, "USD")], _DAY - 400, dealer)}
        if rich
        else {},
        assets=[asset] if rich else [],
        places={division: Place(division, "returning", "loyal", "standard", NOW)},
    )


def sample_contact(
    rulebook: Rulebook, trigger: str, channel: str, now: datetime = NOW, *, dealer: str = ""
) -> Contact:
    """A contact of a trigger in a channel, as a reservation would make it. Raises KeyError."""
    rule = rulebook.triggers[trigger]
    offer = rulebook.offers.get(rule.offer)
    return Contact(
        source="courtesy",
        id="ksample",
        when=now,
        trigger=trigger,
        occurrence="sample",
        division=rule.division,
        category=rule.category,
        purpose=rule.purpose,
        channel=channel,
        planned=now,
        due=now,
        expires=now + timedelta(days=30),
        offer=rule.offer,
        code=sample_code(offer) if offer else "",
        code_until=now + timedelta(days=offer.valid_days) if offer else None,
        dealer=dealer,
    )
