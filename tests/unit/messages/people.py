"""A customer, a contact and hostile texts to try messages with."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from courtesy.decisions.candidates import contact_id
from courtesy.outcomes import ContactState
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import Contact, Scalar
from courtesy.timeline.profile import AssetView, Known, Ledger, Occasion, Profile

FOLDER = Path(__file__).parents[3] / "rulebook"

NOW = datetime(2026, 3, 3, 16, tzinfo=UTC)
"""A Tuesday, eleven in the morning in Boston: no quiet hours, no blackout."""

KEY = b"a key of at least sixteen bytes"

FIELDS: dict[str, Scalar] = {
    "given_name": "Anna", "surname": "Miller", "gender": "female", "email": "anna@example.com", "address1": "12 Main Street",
    "city": "Boston", "state": "MA", "postcode": "02118", "country": "US", "language": "en",
}  # fmt: skip

HOSTILE = (
    '"><script>alert(1)</script>',
    "{{ 7 * 7 }}{% for x in y %}",
    '#strong[bold] #panic("no") $x$ *star* _under_ `raw` @ref <label> \\ //',
    "=HYPERLINK(1)",
    "+1+1",
    "@SUM(A1)",
    "-2+3",
    "\u202egnitirw\u202c",
    "שלום עולם",
    "مرحبا",
    "🙂👩‍👩‍👧",
    "nul\x00byte and \x1b[31m",
    "Eve\r\nBcc: victim@example.com",
    'O\'Brien & Söhne "Ltd"',
    "x" * 10_000,
    "zj0zj <!--zj1zj-->",
)


def person(customer_id: str = "cone", **fields: Scalar) -> Profile:
    """Anna Miller of Boston, who bought a car of dealer D001 in 2024; `fields` replace or add to what is known."""
    values = {name: Known(value, "crm", "1", NOW) for name, value in (FIELDS | fields).items() if value != ""}
    return Profile(
        customer_id=customer_id,
        values=values,
        subjects=["crm/1"],
        records=1,
        ledgers={"cars": Ledger([Occasion(19_800, 2_500_000, 1, "USD")], 20_000, "D001")},
        assets=[
            AssetView("sales", "VIN1", "cars", "vehicle", "Meridian Aster", "held", NOW - timedelta(days=700))
        ],
    )


def contact(
    rulebook: Rulebook,
    trigger: str = "service_due_cars",
    channel: str = "email",
    customer_id: str = "cone",
    *,
    offer: str = "",
    occurrence: str = "2026-Q1",
) -> Contact:
    """A queued contact of a shipped trigger, due now."""
    rule = rulebook.triggers[trigger]
    made = rulebook.offers.get(offer or rule.offer)
    return Contact(
        source="courtesy",
        id=contact_id(customer_id, trigger, occurrence),
        when=NOW - timedelta(hours=1),
        trigger=trigger,
        occurrence=occurrence,
        division=rule.division,
        category=rule.category,
        purpose=rule.purpose,
        channel=channel,
        planned=NOW,
        due=NOW,
        expires=NOW + timedelta(days=20),
        state=ContactState.QUEUED,
        offer=offer or rule.offer,
        code=f"{made.code}-7K3M" if made else "",
        code_until=NOW + timedelta(days=made.valid_days) if made else None,
        message=trigger,
    )
