"""Merge and split: inverse of each other, decisions that stay, and the same end wherever a crash happens."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from courtesy.errors import NotFound, RefusedInput
from courtesy.identity.hashing import keyed_hash
from courtesy.identity.memory import MemoryIndex
from courtesy.identity.merge import (
    Desk,
    confirm_match,
    list_matches,
    merge_customers,
    refuse_match,
    split_customer,
)
from courtesy.identity.move import fetch
from courtesy.identity.normalise import traits_of
from courtesy.identity.resolve import Incoming, place
from courtesy.outcomes import ContactState
from courtesy.timeline.contacts import brought_to
from courtesy.timeline.events import Contact, Event, Link, Permission, SourceRecord, Transaction
from courtesy.timeline.profile import encode_profile
from courtesy.timeline.refold import refold
from tests.fakes import InMemoryCustomerStore
from tests.fakes.identity_index import InMemoryIdentityIndex
from tests.unit.identity.people import KEY, NOW, RULES

EVA = {"given_name": "Eva", "surname": "Lindqvist", "email": "eva@mail.test"}
EVE = {"given_name": "Eve", "surname": "Lund", "email": "eve@mail.test"}


class Crash(Exception):
    """The process dies here."""


class CrashingStore(InMemoryCustomerStore):
    """A store with something to be called before every write and read."""

    def __init__(self, before: Callable[[str], None]) -> None:
        super().__init__()
        self._before = before

    def __getattribute__(self, name: str) -> object:
        if name in (
            "append",
            "append_many",
            "commit",
            "put_profile",
            "delete_events",
            "read_timeline",
            "read_profile",
            "read_profiles",
            "read_timelines",
            "put_profiles",
            "put_together",
            "delete_many",
        ):
            object.__getattribute__(self, "_before")(name)
        return object.__getattribute__(self, name)


class World:
    """Two customers with histories, on fakes that can die at any call."""

    def __init__(self) -> None:
        self.calls = 0
        self.dies_at = -1
        self.index = InMemoryIdentityIndex(self._tick)
        self.store = CrashingStore(self._tick)
        self.desk = Desk(self.index, self.store, RULES, KEY, NOW, by="clerk")
        self.eva = self._customer("crm/1", EVA, "welcome", ContactState.RESERVED)
        self.eve = self._customer("web/9", EVE, "welcome", ContactState.SENT)
        self.calls = 0

    def _tick(self, name: str) -> None:
        self.calls += 1
        if self.calls == self.dies_at:
            raise Crash(name)

    def _customer(self, subject: str, fields: dict[str, str], trigger: str, state: ContactState) -> str:
        placed = place([Incoming(subject, traits_of(fields), ("1", "", ""))], self.index, RULES, KEY, NOW)
        source, id_ = subject.split("/")
        customer_id = placed[subject].customer_id
        events: list[Event] = [
            SourceRecord(source=source, id=id_, when=NOW, fields=dict(fields)),
            Transaction(source="shop", id=f"t{id_}", when=NOW, division="cars", amount=100, subject=subject),
            Permission(
                source=source, id=id_, when=NOW, purpose="marketing", channel="email", division="*",
                status="granted" if source == "crm" else "withdrawn", subject=subject,
            ),
        ]  # fmt: skip
        self.store.append(customer_id, events)
        profile = refold(self.store, customer_id)
        contact = Contact(
            source="courtesy", id=f"k{id_}", when=NOW, trigger=trigger, occurrence="once", division="cars",
            category="marketing", purpose="marketing", channel="email", planned=NOW, due=NOW,
            expires=NOW + timedelta(days=3), state=state, address=keyed_hash(KEY, "email", fields["email"]),
        )  # fmt: skip
        version = self.store.read_profile(customer_id).version
        assert self.store.commit(profile, version, new=[contact]) == "committed"
        refold(self.store, customer_id)
        return customer_id

    def state(self) -> dict[str, object]:
        """All that can be seen from outside: who is who, profiles, events."""
        ids = sorted({self.eva, self.eve})
        return {
            "homes": {
                s: (r.customer_id, r.leaving, r.pending)
                for s, r in self.index.read_records(["crm/1", "web/9"]).items()
            },
            "profiles": {i: encode_profile(p.profile) for i, p in self.store.read_profiles(ids).items()},
            "events": {i: self.store.read_timeline(i) for i in ids},
        }


def test_merging_unites_everything_and_the_smaller_id_survives() -> None:
    world = World()
    survivor = merge_customers(world.desk, world.eva, world.eve)
    assert survivor == min(world.eva, world.eve)
    profile = world.store.read_profile(max(world.eva, world.eve)).profile
    assert profile.customer_id == survivor
    assert profile.subjects == ["crm/1", "web/9"]
    assert [s.status for s in profile.permissions] == ["withdrawn"], "the strictest wins"
    assert sum(o.purchases for o in profile.ledgers["cars"].occasions) == 2
    assert {c.contact for c in profile.contacts} == {"k1", "k9"}, "no contact is lost"
    sent = [c for c in profile.contacts if c.contact == "k9"]
    assert sent[0].counts, "a slot that was taken stays taken"
    assert not profile.merging
    assert world.store.read_timeline(max(world.eva, world.eve)) == []


def test_the_same_message_is_not_sent_twice_to_the_united_customer() -> None:
    world = World()
    survivor = merge_customers(world.desk, world.eva, world.eve)
    contacts = [e for e in world.store.read_timeline(survivor) if isinstance(e, Contact)]
    assert {c.id: c.state for c in contacts}["k9"] is ContactState.SENT
    loser_had_the_reserved_one = survivor == world.eve
    assert {c.id: c.state for c in contacts}["k1"] is (
        ContactState.CANCELLED if loser_had_the_reserved_one else ContactState.RESERVED
    )


def test_splitting_undoes_a_merge_and_stays() -> None:
    world = World()
    before = {i: world.store.read_profile(i).profile for i in (world.eva, world.eve)}
    survivor = merge_customers(world.desk, world.eva, world.eve)
    split = split_customer(world.desk, survivor, ["web/9"])
    assert split == {"crm/1": world.eva, "web/9": world.eve}
    for customer_id, held in before.items():
        after = world.store.read_profile(customer_id).profile
        assert after.customer_id == customer_id
        assert (after.values, after.subjects, after.ledgers) == (held.values, held.subjects, held.ledgers)
        assert after.permissions == held.permissions
        own = {
            event.id
            for event in world.store.read_timeline(customer_id)
            if isinstance(event, Contact) and not brought_to(event)
        }
        assert own == {c.contact for c in held.contacts}, "with its address"
        assert not after.merging
    with pytest.raises(RefusedInput, match="parted"):
        merge_customers(world.desk, world.eva, world.eve)


@pytest.mark.parametrize("what", ["merge", "split"])
def test_a_crash_at_any_call_leaves_no_half_merged_customer_to_contact_and_ends_the_same(what: str) -> None:
    def prepared() -> World:
        world = World()
        if what == "split":
            merge_customers(world.desk, world.eva, world.eve)
        world.calls = 0
        return world

    def act(world: World) -> None:
        if what == "merge":
            merge_customers(world.desk, world.eva, world.eve)
        else:
            split_customer(world.desk, min(world.eva, world.eve), ["web/9"])

    straight = prepared()
    act(straight)
    calls = straight.calls
    wanted = straight.state()
    assert calls > 10
    for at in range(1, calls + 1):
        world = prepared()
        world.dies_at = at
        with pytest.raises(Crash):
            act(world)
        world.dies_at = -1
        _nobody_half_merged_is_open(world)
        act(world)
        assert world.state() == wanted, f"died at call {at}"


def test_whoever_carries_out_the_split_of_somebody_who_died_finds_it_recorded() -> None:
    carried_out = 0
    for at in range(1, 60):
        world = World()
        survivor = merge_customers(world.desk, world.eva, world.eve)
        world.calls, world.dies_at = 0, at
        with suppress(Crash):
            split_customer(world.desk, survivor, ["web/9"])
        world.dies_at = -1
        placed = place([Incoming("crm/1"), Incoming("web/9")], world.index, RULES, KEY, NOW)
        fetch(placed.values(), world.index, world.store, KEY)
        homes = {record.customer_id for record in placed.values()}
        for customer_id in homes if len(homes) > 1 else ():
            carried_out += 1
            links = [e for e in world.store.read_timeline(customer_id) if isinstance(e, Link)]
            assert "different" in {link.verdict for link in links}, f"died at call {at}"
    assert carried_out


def _nobody_half_merged_is_open(world: World) -> None:
    """A reserved contact is nowhere twice where both copies could be claimed, and who could be has whole histories."""
    open_at = []
    for customer_id in (world.eva, world.eve):
        held = world.store.read_profiles([customer_id]).get(customer_id)
        if held is None or held.profile.merging or held.profile.merged_into:
            continue
        for subject in ("crm/1", "web/9"):
            held_of = [
                event
                for event in world.store.read_timeline(customer_id)
                if subject in (event.subject, f"{event.source}/{event.id}" * isinstance(event, SourceRecord))
            ]
            assert len(held_of) in (0, 3), f"{customer_id} has half of {subject}"
        open_at += [
            customer_id
            for event in world.store.read_timeline(customer_id)
            if isinstance(event, Contact) and event.id == "k1" and event.state is ContactState.RESERVED
        ]
    assert len(open_at) <= 1


def test_a_person_confirms_or_refuses_what_is_possible() -> None:
    index, store = MemoryIndex(), InMemoryCustomerStore()
    desk = Desk(index, store, RULES, KEY, NOW)
    twins = {
        "surname": "Okafor",
        "date_of_birth": "1991-12-30",
        "address1": "7 Long Lane",
        "postcode": "12345",
    }
    records = [
        Incoming(f"crm/{n}", traits_of(twins | {"given_name": name}), ("1", "", ""))
        for n, name in enumerate(("Bernd", "Carla", "Tamara"))
    ]
    place(records, index, RULES, KEY, NOW)
    matches = {(m.left, m.right): m for m in list_matches(desk)}
    assert set(matches) == {("crm/0", "crm/1"), ("crm/0", "crm/2"), ("crm/1", "crm/2")}
    together = confirm_match(desk, matches["crm/0", "crm/1"].id)
    refuse_match(desk, matches["crm/1", "crm/2"].id)
    placed = place(records, index, RULES, KEY, NOW)
    assert placed["crm/0"].customer_id == placed["crm/1"].customer_id == together
    assert placed["crm/2"].customer_id != together
    assert [(m.left, m.right) for m in list_matches(desk)] == [("crm/0", "crm/2")]
    with pytest.raises(NotFound):
        confirm_match(desk, matches["crm/0", "crm/1"].id)
