"""Who gets what when records leave a customer: each event to the customer of the record it came through.

What came through no record goes by its kind. What protects the person goes to everybody: withdrawals, cases, privacy.
What speaks for one person only stays with the heir: a permission given, a segment, a response. A contact goes with the
address it was sent to, and to everybody where that is unknown and it was sent; one that is still to be sent stays single.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from courtesy.identity.hashing import keyed_hash
from courtesy.outcomes import ContactState
from courtesy.timeline.events import (
    Case,
    Contact,
    Event,
    Feedback,
    Link,
    Permission,
    Privacy,
    SourceRecord,
    event_key,
)


class Leaving(Protocol):
    """Who leaves whom; see `move.Departure`."""

    @property
    def customer_id(self) -> str: ...
    @property
    def homes(self) -> Mapping[str, str]: ...
    @property
    def heir(self) -> str: ...


class Shares(NamedTuple):
    """Events by the customer they go to; `gone`: those that do not stay where they were."""

    to: dict[str, list[Event]]
    gone: list[Event]


def shares_of(leaving: Leaving, events: Sequence[Event], key: bytes) -> Shares:
    """Divide a timeline among the customers that its records leave for and, while it lasts, the customer itself."""
    everybody = sorted({*leaving.homes.values(), leaving.heir})
    addresses = _addresses(leaving, events, key)
    places: dict[str, list[str]] = {}
    contacts: dict[str, list[str]] = {}
    for event in events:
        if isinstance(event, Contact):
            places[event_key(event)] = contacts[event.id] = _contact_homes(
                event, addresses, everybody, leaving.heir
            )
    for event in events:
        if not isinstance(event, Contact):
            places[event_key(event)] = _homes(event, leaving, contacts, everybody)
    to: dict[str, list[Event]] = {id_: [] for id_ in everybody if id_ != leaving.customer_id}
    gone = []
    for event in events:
        homes = places[event_key(event)]
        for home in homes:
            if home != leaving.customer_id:
                to[home].append(event)
        if leaving.customer_id not in homes:
            gone.append(event)
    return Shares(to, gone)


def _homes(
    event: Event, leaving: Leaving, contacts: Mapping[str, list[str]], everybody: list[str]
) -> list[str]:
    subject = f"{event.source}/{event.id}" if isinstance(event, SourceRecord) else event.subject
    if subject:
        return [leaving.homes.get(subject, leaving.heir)]
    if isinstance(event, Feedback):
        return contacts.get(event.contact, [leaving.heir])
    if isinstance(event, Link):
        return sorted({leaving.homes.get(side, leaving.heir) for side in (event.left, event.right)})
    protects = isinstance(event, (Case, Privacy)) or (
        isinstance(event, Permission) and event.status == "withdrawn"
    )
    return everybody if protects else [leaving.heir]


def _contact_homes(
    contact: Contact, addresses: Mapping[str, set[str]], everybody: list[str], heir: str
) -> list[str]:
    homes = sorted(addresses.get(contact.address, ()))
    if len(homes) == 1:
        return homes
    if contact.state in (ContactState.RESERVED, ContactState.QUEUED):
        return [heir if heir in homes or not homes else homes[0]]
    return homes or everybody


def _addresses(leaving: Leaving, events: Sequence[Event], key: bytes) -> dict[str, set[str]]:
    """Hashed e-mail address -> the customers whose records carry it."""
    homes: dict[str, set[str]] = {}
    for event in events:
        if isinstance(event, SourceRecord) and event.fields.get("email"):
            address = str(event.fields["email"]).strip().lower()
            home = leaving.homes.get(f"{event.source}/{event.id}", leaving.heir)
            homes.setdefault(keyed_hash(key, "email", address), set()).add(home)
    return homes
