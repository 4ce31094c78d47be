"""Merge and split refuse what cannot be meant, and say why."""

import pytest

from courtesy.errors import NotFound, RefusedInput
from courtesy.identity.merge import Desk, confirm_match, merge_customers, refuse_match, split_customer
from courtesy.identity.normalise import traits_of
from courtesy.identity.record import PossibleMatch
from courtesy.identity.resolve import Incoming, place
from courtesy.timeline.events import SourceRecord
from courtesy.timeline.refold import refold
from tests.fakes import InMemoryCustomerStore
from tests.fakes.identity_index import InMemoryIdentityIndex
from tests.unit.identity.people import KEY, NOW, RULES
from tests.unit.identity.test_merge import World


def test_a_split_needs_somebody_who_leaves_and_somebody_who_stays() -> None:
    world = World()
    with pytest.raises(RefusedInput, match="at least one record"):
        split_customer(world.desk, world.eva, [])
    with pytest.raises(RefusedInput, match="has to remain"):
        split_customer(world.desk, world.eva, ["crm/1"])
    with pytest.raises(NotFound, match="no records of customer"):
        split_customer(world.desk, world.eva, ["web/9"])


def test_nobody_is_merged_with_a_customer_who_is_not_there() -> None:
    world = World()
    with pytest.raises(NotFound):
        merge_customers(world.desk, world.eva, "cnobody")
    for decide in (confirm_match, refuse_match):
        with pytest.raises(NotFound, match="none, or it has been decided"):
            decide(world.desk, "a" * 26)


def test_a_decision_about_somebody_who_was_erased_meanwhile_leaves_no_trace() -> None:
    world = World()
    match = PossibleMatch(left="crm/1", right="web/0", weight=1.0, levels="", found=NOW)
    world.index.put_matches([match])
    before = world.state()
    with pytest.raises(NotFound, match="not known"):
        refuse_match(world.desk, match.id)
    assert world.state() == before


def test_the_same_command_given_again_changes_nothing() -> None:
    world = World()
    survivor = merge_customers(world.desk, world.eva, world.eve)
    before = world.state()
    assert merge_customers(world.desk, world.eva, world.eve) == survivor
    assert world.state() == before
    parted = split_customer(world.desk, survivor, ["web/9"])
    after = world.state()
    assert split_customer(world.desk, survivor, ["web/9"]) == parted
    assert world.state() == after


def test_customers_whose_records_contradict_each_other_are_merged_whole_and_parted_whole() -> None:
    index, store = InMemoryIdentityIndex(), InMemoryCustomerStore()
    desk = Desk(index, store, RULES, KEY, NOW, by="clerk")
    born = {"ann": "1960-02-03", "bea": "1991-11-30"}
    homes = {}
    for name, birthday in born.items():
        mail = {"given_name": name, "surname": name * 2, "email": f"{name}@mail.test"}
        own = {f"{source}/{name}": mail | {"date_of_birth": birthday} for source in ("crm", "shop", "web")}
        placed = place(
            [Incoming(s, traits_of(fields), ("1", "", "")) for s, fields in own.items()],
            index,
            RULES,
            KEY,
            NOW,
        )
        (homes[name],) = {record.customer_id for record in placed.values()}
        for subject, fields in own.items():
            source, id_ = subject.split("/")
            store.append(homes[name], [SourceRecord(source=source, id=id_, when=NOW, fields=dict(fields))])
        refold(store, homes[name])

    survivor = merge_customers(desk, *homes.values())
    everybody = {f"{source}/{name}" for source in ("crm", "shop", "web") for name in born}
    assert {r.customer_id for r in index.read_records(everybody).values()} == {survivor}
    assert set(store.read_profile(survivor).profile.subjects) == everybody

    parted = split_customer(desk, survivor, [subject for subject in everybody if subject.endswith("bea")])
    assert parted.keys() == everybody
    assert {(subject.split("/")[1], home) for subject, home in parted.items()} == {
        ("ann", parted["crm/ann"]),
        ("bea", parted["crm/bea"]),
    }
    assert parted["crm/ann"] != parted["crm/bea"]
