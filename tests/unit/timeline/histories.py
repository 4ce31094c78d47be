"""Random timelines: few names, few instants, so that versions, ties and contradictions are common."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
from hypothesis import strategies as st

from courtesy.outcomes import ContactState
from courtesy.timeline.events import (
    Asset,
    Case,
    Contact,
    Event,
    Feedback,
    Interaction,
    Link,
    Look,
    Move,
    Permission,
    Privacy,
    Response,
    SourceRecord,
    Transaction,
    encode_event,
)

DAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
SCOPE = ("marketing", "email", "cars")
FEEDBACK = (
    "send", "delivery", "bounce", "complaint", "reject", "open", "click", "rendering_failure", "delivery_delay",
    "acknowledged", "rejected", "mailed", "returned",
)  # fmt: skip

instants = st.integers(0, 2).map(lambda n: DAY + timedelta(days=n))


def signed(event: Event) -> Event:
    """The event with its version made of its content, as intake does it."""
    plain = msgspec.structs.replace(event, version="")
    return msgspec.structs.replace(event, version=hashlib.sha256(encode_event(plain)).hexdigest()[:12])


def words(people: tuple[str, ...]) -> st.SearchStrategy[Event]:
    """What the customer allowed or withdrew: through one person record, or for all of them."""

    def word(
        status: Literal["granted", "withdrawn"],
        scope: tuple[str, str, str],
        when: datetime,
        subject: str,
        n: int,
    ) -> Event:
        covers = () if subject else people
        stem: dict[str, Any] = {"source": "pref", "id": str(n), "when": when}
        if scope is None:
            on: Literal["on", "off"] = "on" if status == "withdrawn" else "off"
            return Privacy(**stem, type="objection", status=on, subject=subject, covers=covers)
        purpose, channel, division = scope
        return Permission(
            **stem,
            purpose=purpose,
            channel=channel,
            division=division,
            status=status,
            subject=subject,
            covers=covers,
        )

    return st.builds(
        word,
        st.sampled_from(("granted", "withdrawn")),
        st.sampled_from((SCOPE, None)),
        instants,
        st.sampled_from((*people, "")),
        st.integers(0, 1),
    )


def contacts(owner: str) -> st.SearchStrategy[Event]:
    """Contacts of one customer, each in one state; the same occurrence has one id."""

    def contact(n: int, when: datetime, state: ContactState) -> Contact:
        # A contact has one item, so all but its state and dates follow from its number.
        return Contact(
            source="courtesy", id=f"{owner}-k{n}", when=DAY, trigger=f"t{n % 2}", occurrence=f"o{n}-{owner}",
            division="cars", category="news", purpose="marketing", channel="email", planned=when, due=when,
            expires=when + timedelta(days=3), state=state,
        )  # fmt: skip

    return st.builds(contact, st.integers(0, 3), instants, st.sampled_from(list(ContactState)))


def feedback(owner: str) -> st.SearchStrategy[Event]:
    """Anything a provider may report on those contacts."""
    return st.builds(
        lambda n, kind, when, permanent: Feedback(
            source="ses", id=f"m{n}", when=when, contact=f"{owner}-k{n}", channel="email", type=kind,
            permanent=permanent, address=f"hash{n % 2}",
        ),
        st.integers(0, 3), st.sampled_from(FEEDBACK), instants, st.booleans(),
    )  # fmt: skip


def stem(people: tuple[str, ...]) -> dict[str, st.SearchStrategy[Any]]:
    """What every row carries: several versions of few ids, some of them gone again."""
    return {
        "source": st.sampled_from(("crm", "web")),
        "id": st.sampled_from([f"{people[0]}{n}" for n in range(3)]),
        "when": instants,
        "stated": st.none() | instants,
        "gone": st.sampled_from((False, False, False, True)),
        "subject": st.sampled_from(people),
        "file": st.sampled_from(("f1", "f2")),
        "line": st.integers(1, 3),
    }


def records(people: tuple[str, ...]) -> st.SearchStrategy[Event]:
    """What sources say about a person."""
    fields = st.dictionaries(st.sampled_from(("surname", "email", "city")), st.sampled_from(("x", "y", 3)))
    return st.builds(
        SourceRecord,
        **stem(people),
        fields=fields,
        trust=st.sampled_from((400, 500)),
        field_trust=st.dictionaries(st.just("email"), st.sampled_from((100, 900))),
    )


def moves() -> st.SearchStrategy[Event]:
    """Places of the customer, two cycles of one date among them."""
    return st.builds(
        Move,
        source=st.just("courtesy"),
        id=st.just("cars"),
        when=instants,
        division=st.just("cars"),
        lifecycle=st.sampled_from(("new", "lapsed")),
    )


def rows(people: tuple[str, ...]) -> st.SearchStrategy[Event]:
    """What sources say about what a person did and has."""
    row = stem(people)
    divisions = st.sampled_from(("cars", "marine"))
    return st.one_of(
        records(people),
        moves(),
        st.builds(
            Transaction,
            **row,
            division=divisions,
            type=st.sampled_from(("purchase", "service", "return")),
            amount=st.integers(-5, 5),
            dealer=st.sampled_from(("", "D1", "D2")),
        ),
        st.builds(Interaction, **row, division=divisions, channel=st.just("phone"), weight=st.just(0.5)),
        st.builds(Case, **row, division=divisions, status=st.sampled_from(("open", "closed"))),
        st.builds(Asset, **row, division=divisions, ends=st.none() | instants),
        st.builds(Response, **row, type=st.sampled_from(("clicked", "declined"))),
        st.builds(
            Link,
            source=st.just("courtesy"),
            id=st.just("l"),
            when=instants,
            left=st.just("a"),
            right=st.just("b"),
            verdict=st.just("same"),
        ),
        st.builds(
            Look,
            source=st.just("courtesy"),
            id=st.just("l"),
            when=instants,
            by=st.just("u"),
            what=st.just("v"),
        ),
    )


def timelines(owner: str = "a", largest: int = 12) -> st.SearchStrategy[list[Event]]:
    """The timeline of a customer made of the person records `<owner>1` and `<owner>2`: every event once.

    Most are about one thing only, so that its events meet each other.
    """
    people = (f"{owner}1", f"{owner}2")
    sent = st.one_of(contacts(owner), feedback(owner))
    kinds = (
        rows(people),
        records(people),
        moves(),
        words(people),
        sent,
        st.one_of(rows(people), words(people), sent),
    )
    return st.one_of([st.lists(kind, max_size=largest) for kind in kinds]).map(_single)


def pairs() -> st.SearchStrategy[tuple[list[Event], list[Event]]]:
    """Timelines of two customers that share no person record; half of them speak of permissions only."""
    said = st.tuples(*(st.lists(words((f"{who}1", f"{who}2")), max_size=4).map(_single) for who in "ab"))
    return st.one_of(said, st.tuples(timelines("a"), timelines("b")))


def _single(events: list[Event]) -> list[Event]:
    """One item per contact, and versions of the rest that tell contents apart."""
    items: dict[str, Event] = {}
    for event in events:
        if isinstance(event, Contact):
            items.setdefault(event.id, event)
        else:
            made = signed(event)
            items[encode_event(made).decode()] = made
    return list(items.values())
