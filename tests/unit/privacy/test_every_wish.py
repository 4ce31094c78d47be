"""Every wish to be left alone, by every way it can arrive, and what it stops: at once, everywhere, whoever the person is joined with.

Steps until nobody may contact them: 0 for what is said to us (the transaction that writes it), 1 (the loading of the chunk) for what
comes by file. What is printed is asked back by the next release, a minute later at most.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
import pytest

from courtesy.decisions.claim import Claimed, NotClaimed, claim
from courtesy.decisions.decide import decide
from courtesy.decisions.decision import Candidate, Reserved
from courtesy.decisions.inbound import record
from courtesy.decisions.policy import policy_of
from courtesy.decisions.release import release
from courtesy.decisions.reserve import reserve
from courtesy.decisions.settle import record_sent
from courtesy.decisions.whereabouts import holder
from courtesy.identity.hashing import customer_id_of, keyed_hash
from courtesy.identity.merge import Desk, merge_customers, split_customer
from courtesy.intake.contract import SourceContract
from courtesy.intake.staged import StagedRow
from courtesy.messages.recall import recall_pieces
from courtesy.messages.record import Recording, record_feedback
from courtesy.messages.rules import MessageRules
from courtesy.messages.unsubscribe import make_token, read_token
from courtesy.outcomes import ContactState
from courtesy.privacy.erase import Erasing, begin
from courtesy.privacy.withdraw import record_privacy, withdraw
from courtesy.timeline.events import Case, Contact
from tests.fakes.queue import InMemoryQueue
from tests.fakes.vendor import InMemoryShelf
from tests.unit.decisions.people import rulebook, trigger
from tests.unit.functions.load_chunk import test_load_chunk as loading
from tests.unit.functions.load_chunk.test_load_chunk import CRM, KEY, NOW, SALES, House, person

FORMAT = {"kind": "jsonl"}
WORDS = SourceContract.model_validate(
    {
        "name": "words", "record": "permission", "format": FORMAT, "key": ["id"], "customer_key": "cust", "refers_to": "crm",
        "fields": {name: {"column": name} for name in ("purpose", "channel", "division", "status")}, "disappeared": "keep",
    }
)  # fmt: skip
DESK = SourceContract.model_validate(
    {
        "name": "desk", "record": "case", "format": FORMAT, "key": ["id"], "customer_key": "cust", "refers_to": "crm",
        "division": "cars", "fields": {"status": {"column": "status"}, "type": {"column": "type"}},
    }
)  # fmt: skip
MAIL, POST = frozenset({"email"}), frozenset({"letter"})
WAITING = {"mail": "email", "queued": "email", "letter": "letter"}
BOOK = rulebook(
    *(trigger(name, channels=[channel]) for name, channel in WAITING.items()),
    trigger("printed", channels=["letter"]), trigger("sent"), trigger("next_mail"), trigger("next_letter", channels=["letter"]),
).model_copy(update={"sources": {"crm": CRM, "sales": SALES, "words": WORDS, "desk": DESK}})  # fmt: skip
PRINT = MessageRules(printers={"letter": "harbor"})
HOME = {"address1": "7 Quince Lane", "city": "Albany", "postcode": "12201", "state": "NY", "country": "US"}
ONE, TWO = customer_id_of(KEY, "crm/1"), customer_id_of(KEY, "crm/2")
OTHER = {"given_name": "Vera", "surname": "Okonkwo", "address1": "9 Elm St", "city": "Troy", "postcode": "12180", "country": "US"}  # fmt: skip


@pytest.fixture(autouse=True)
def _law(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "RULES", BOOK)


@dataclass
class Town:
    """One installation with two people; the first has contacts at every place where one can be."""

    house: House

    def reserved(self, name: str, customer: str = ONE) -> bool:
        """Whether a reservation goes through now."""
        candidate = Candidate(name, "once", NOW + timedelta(days=30))
        store = self.house.store
        (decision,) = reserve(store, customer, None, [candidate], policy_of(BOOK), NOW, KEY)
        return isinstance(decision, Reserved)

    def decided(self, name: str, customer: str, days: int) -> bool:
        """Whether the cycle of a later day would contact them."""
        profile = self.house.store.read_profile(customer).profile
        when = NOW + timedelta(days=days)
        candidate = Candidate(name, "later", when + timedelta(days=30))
        (decision,) = decide(profile, [candidate], policy_of(BOOK), when, KEY)
        return isinstance(decision, Reserved)

    def contact(self, name: str) -> Contact:
        """A contact of the first, wherever it is now."""
        held = self.house.store.read_contact(ONE, name, "once")
        assert held is not None
        return held

    def desk(self) -> Desk:
        """Where people are joined and parted by hand."""
        return Desk(self.house.index, self.house.store, BOOK.identity, KEY, NOW)


def town(people: Iterable[StagedRow] = ()) -> Town:
    built = Town(House())
    house, policy = built.house, policy_of(BOOK)
    house.load(house.stage("crm", list(people) or [person(1, **HOME), person(2, **OTHER)]))
    for name in (*WAITING, "printed", "sent"):
        assert built.reserved(name), name
    for name in ("printed", "sent"):
        held = claim(house.store, ONE, name, "once", BOOK, NOW, f"m-{name}", hash_key=KEY)
        assert isinstance(held, Claimed)
        record_sent(
            house.store, ONE, held.contact, f"m-{name}", NOW, mailing="m" if name == "printed" else ""
        )
    release(house.store, {"email": InMemoryQueue()}, policy, NOW)
    assert built.contact("queued").state is ContactState.QUEUED
    return built


def by_link(t: Town) -> None:
    """What a GET shows and a POST does: the token is read, the permission withdrawn of whoever has the contact now."""
    of = t.contact("sent")
    token = make_token(
        KEY, customer_id=ONE, purpose="marketing", channel="email", division="cars", contact=of.id
    )
    wish = read_token(KEY, token)
    withdraw(t.house.store, holder(t.house.store, wish.customer_id, wish.contact), wish.purpose, wish.channel, wish.division, NOW, "link")  # fmt: skip


def told(t: Town, document: dict[str, Any]) -> None:
    outside = Recording(t.house.store, InMemoryShelf(), KEY, lambda: NOW)
    record_feedback({"body": orjson.dumps(document).decode()}, outside)


def by_mail(t: Town) -> None:
    address = f"u.{ONE}.{t.contact('sent').id}@reply.example.com"
    mail = {"destination": [address], "timestamp": NOW.isoformat(), "messageId": "m1", "source": "x@mail.test", "headers": []}  # fmt: skip
    told(t, {"notificationType": "Received", "mail": mail, "receipt": {"recipients": [address]}})


def ses(t: Town, kind: str, member: str, particulars: dict[str, Any]) -> None:
    mail = {"tags": {"contact": [t.contact("sent").id], "customer": [ONE]}, "timestamp": NOW.isoformat(), "messageId": "m1", "destination": ["p1@mail.test"]}  # fmt: skip
    told(t, {"eventType": kind, "mail": mail, member: {"timestamp": NOW.isoformat(), **particulars}})


def complains(t: Town) -> None:
    ses(t, "Complaint", "complaint", {"complainedRecipients": [{"emailAddress": "p1@mail.test"}]})


def bounces(t: Town) -> None:
    gone = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": "p1@mail.test"}]}
    ses(t, "Bounce", "bounce", gone)


def row(source: str, **event: Any) -> StagedRow:
    return StagedRow(
        source=source, contract=1, file=f"{source}/a", line=2, id="1", when=NOW, stated=NOW, version="v1", customer="1", event=event
    )  # fmt: skip


NO_MAIL = row("words", purpose="marketing", channel="email", division="*", status="withdrawn")
OPEN_CASE = row("desk", status="open", type="complaint")
DEAD, GONE = person(1, "v2", **HOME, deceased="true"), person(1, "v2", **HOME, gone_away="true")


def by_file(t: Town, *rows: StagedRow) -> None:
    t.house.load(t.house.stage(rows[0].source, list(rows), "wish"))


def standing(type_: Any) -> Callable[[Town], object]:
    return lambda t: record_privacy(t.house.store, ONE, type_, "on", BOOK, NOW)


def erased(t: Town) -> None:
    begin(ONE, Erasing(t.house.store, t.house.index, t.house.lake, BOOK, KEY, NOW, "officer"))


def case_by_agent(t: Town) -> None:
    event = Case(source="courtesy", id="c1", when=NOW, version="open", division="cars", opened=NOW)
    record(t.house.store, ONE, event, policy_of(BOOK), NOW)


def agent_says(channel: str) -> Callable[[Town], object]:
    return lambda t: withdraw(t.house.store, ONE, "marketing", channel, "*", NOW, "call 4711")


BOTH = MAIL | POST
WISHES: dict[str, tuple[Callable[[Town], object], frozenset[str]]] = {
    "unsubscribe link": (by_link, MAIL),
    "unsubscribe by mail": (by_mail, MAIL),
    "complaint": (complains, MAIL),
    "hard bounce": (bounces, MAIL),
    "preference centre file": (lambda t: by_file(t, NO_MAIL), MAIL),
    "permission by the API": (agent_says("*"), BOTH),
    "do not mail, told an agent": (agent_says("letter"), POST),
    "objection": (standing("objection"), BOTH),
    "restriction": (standing("restriction"), BOTH),
    "erasure": (erased, BOTH),
    "deceased": (standing("deceased"), BOTH),
    "deceased by file": (lambda t: by_file(t, DEAD), BOTH),
    "gone away": (standing("gone_away"), BOTH),
    "gone away by file": (lambda t: by_file(t, GONE), BOTH),
    "case opened by an agent": (case_by_agent, BOTH),
    "case by file": (lambda t: by_file(t, OPEN_CASE), BOTH),
}
NEXT = {"next_mail": "email", "next_letter": "letter"}


def nobody_new(t: Town, stopped: frozenset[str], customer: str) -> None:
    """In reservations, and in the cycles of the next days; what was not asked for is not stopped."""
    for name, channel in NEXT.items():
        allowed = channel not in stopped
        assert [t.decided(name, customer, days) for days in (0, 1, 8)] == [allowed] * 3, name
        if not allowed:
            assert not t.reserved(name, customer)


@pytest.mark.parametrize("wish", WISHES)
def test_at_once_everywhere(wish: str) -> None:
    say, stopped = WISHES[wish]
    t = town()
    say(t)
    for name, channel in WAITING.items():
        assert (t.contact(name).state is ContactState.CANCELLED) == (channel in stopped), name
        if channel in stopped:
            late = claim(t.house.store, ONE, name, "once", BOOK, NOW, "late", hash_key=KEY)
            assert isinstance(late, NotClaimed)
    assert t.contact("printed").recall == ("wanted" if "letter" in stopped else "")
    minute = recall_pieces(t.house.store, InMemoryQueue(), PRINT, NOW + timedelta(minutes=1))
    assert minute.asked == (1 if "letter" in stopped else 0)
    nobody_new(t, stopped, ONE)


@pytest.mark.parametrize("wish", [name for name in WISHES if name not in ("erasure", "hard bounce")])
def test_whoever_they_are_joined_with_and_parted_from_again(wish: str) -> None:
    """The strictest word of both holds for the two as one; after a split it stays with the one who said it."""
    say, stopped = WISHES[wish]
    t = town()
    say(t)
    survivor = merge_customers(t.desk(), ONE, TWO)
    for id_ in (ONE, TWO, survivor):
        nobody_new(t, stopped, id_)
    homes = split_customer(t.desk(), survivor, ["crm/2"])
    nobody_new(t, stopped, homes["crm/1"])
    # What a file said of one record leaves with it. What the whole person said binds both parts: nobody can tell any more who it was.
    nobody_new(t, frozenset() if "file" in wish else stopped, homes["crm/2"])


def test_a_closed_address_stays_closed_and_another_one_is_not() -> None:
    t = town()
    bounces(t)
    survivor = merge_customers(t.desk(), ONE, TWO)
    closed = t.house.store.read_profile(survivor).profile.closed
    assert closed == {"email": [keyed_hash(KEY, "email", "p1@mail.test")]}
    homes = split_customer(t.desk(), survivor, ["crm/2"])
    nobody_new(t, MAIL, homes["crm/1"])
    nobody_new(t, frozenset(), homes["crm/2"])


@pytest.mark.parametrize("wish", ["unsubscribe link", "unsubscribe by mail", "complaint"])
def test_a_wish_that_answers_an_old_mail_finds_its_way_through_a_merge(wish: str) -> None:
    say, stopped = WISHES[wish]
    t = town()
    before = t.contact("sent")
    survivor = merge_customers(t.desk(), ONE, TWO)
    t.contact = lambda name: before if name == "sent" else Town.contact(t, name)  # type: ignore[method-assign]
    say(t)
    nobody_new(t, stopped, survivor)


@pytest.mark.parametrize("rows", [[NO_MAIL], [OPEN_CASE]], ids=["preference", "case"])
def test_a_wish_may_arrive_before_its_customer(rows: list[StagedRow]) -> None:
    t = Town(House())
    by_file(t, *rows)
    t.house.load(t.house.stage("crm", [person(1, **HOME), person(2, **OTHER)]))
    stopped = MAIL if rows == [NO_MAIL] else BOTH
    nobody_new(t, stopped, ONE)
    nobody_new(t, frozenset(), TWO)
    # a third record of the same person, and of somebody who said nothing: found to be one by their e-mail address
    t.house.load(t.house.stage("crm", [person(3, **{**HOME, "given_name": "Name1", "email": "p1@mail.test"})], "later"))  # fmt: skip
    nobody_new(t, stopped, t.house.store.read_profile(customer_id_of(KEY, "crm/3")).profile.customer_id)
