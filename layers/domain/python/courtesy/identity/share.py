"""Who gets what when records leave a customer: each event to the customer of the record it came through.

What came through no record goes by its kind. What protects the person goes to everybody: withdrawals, cases, privacy.
What speaks for one person only stays with the heir: a permission given, a segment, a response. A contact goes with the
address it was sent to, and to everybody where that is unknown and it was sent; one that was never sent stays single. Where
it does not go to the heir, or to whom it was reserved for, it leaves a trace there: so it is found, and nothing is decided
a second time.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from courtesy.decisions.addresses import addresses_in
from courtesy.decisions.candidates import contact_id
from courtesy.outcomes import ContactState
from courtesy.timeline.contacts import FREE, OPEN, brought_to, trace_of
from courtesy.timeline.events import (
    COURTESY,
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
    """Events by the customer they go to; `gone`: those that do not stay where they were.

    traced: what becomes, where they were, of contacts that others have now (`timeline.contacts.trace_of`)
    elsewhere: the contacts of which traces are made here
    """

    to: dict[str, list[Event]]
    gone: list[Event]
    traced: list[tuple[Contact, ContactState, str]]
    elsewhere: set[str]


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
    gone: list[Event] = []
    traced: list[tuple[Contact, ContactState, str]] = []
    elsewhere: set[str] = set()
    for event in events:
        homes = places[event_key(event)]
        for home in homes:
            if home != leaving.customer_id:
                to[home].append(event)
        stays = leaving.customer_id in homes
        if isinstance(event, Contact):
            trace = event if brought_to(event) else trace_of(event, homes[0])
            for home in sorted(
                {leaving.heir, *(id_ for id_ in everybody if _born_to(event, id_))} - {*homes}
            ):
                if trace is not event:
                    elsewhere.add(event.id)
                if home != leaving.customer_id:
                    to[home].append(trace)
                else:
                    traced.append((trace, event.state, event.claim))
                    stays = True
        if not stays:
            gone.append(event)
    return Shares(to, gone, traced, elsewhere)


def _homes(
    event: Event, leaving: Leaving, contacts: Mapping[str, list[str]], everybody: list[str]
) -> list[str]:
    subject = _record_of(event)
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


def _record_of(event: Event) -> str:
    """The person record that an event goes with; a correction goes with the one that it names."""
    if isinstance(event, SourceRecord) and event.source != COURTESY:
        return f"{event.source}/{event.id}"
    return event.subject


def _contact_homes(
    contact: Contact, addresses: Mapping[str, set[str]], everybody: list[str], heir: str
) -> list[str]:
    if brought_to(contact):
        return [heir]
    homes = sorted(addresses.get(contact.address, ()))
    if len(homes) == 1:
        return homes
    if contact.state in OPEN or contact.state in FREE:  # nothing has reached anybody
        born = [id_ for id_ in homes or everybody if _born_to(contact, id_)]
        return born or [heir if heir in homes or not homes else homes[0]]
    return homes or everybody


def _born_to(contact: Contact, customer_id: str) -> bool:
    """Whether a contact was reserved for this very customer: its id is made of both."""
    occurrence = contact.occurrence.removesuffix(f"~{contact.id[:12]}")
    return contact.id == contact_id(customer_id, contact.trigger, occurrence)


def _addresses(leaving: Leaving, events: Sequence[Event], key: bytes) -> dict[str, set[str]]:
    """Hashed address, electronic or postal -> the customers whose records carry it."""
    homes: dict[str, set[str]] = {}
    for event in events:
        if isinstance(event, SourceRecord):
            home = leaving.homes.get(_record_of(event), leaving.heir)
            for address in addresses_in(event.fields, key):
                homes.setdefault(address, set()).add(home)
    return homes
