"""What stands with a customer whose record has gone on is brought to where the record is, by whoever sees it first."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from courtesy.identity.merge import merge_customers, split_customer
from courtesy.identity.strays import bring_home, with_strays
from courtesy.privacy.retain import SLICES, retain
from courtesy.privacy.rules import RetentionRules
from courtesy.timeline.events import Event, Transaction
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import encode_profile
from courtesy.timeline.refold import refold
from tests.fakes.lake import InMemoryLake
from tests.unit.identity.people import NOW
from tests.unit.identity.test_merge import World


def bought(id_: str = "late", subject: str = "web/9") -> Transaction:
    when = NOW - timedelta(days=1)
    return Transaction(source="shop", id=id_, when=when, subject=subject, division="cars", amount=100)


def strayed(*events: Event, home: bool = True) -> World:
    """A world in which `eva`'s timeline has events of `eve`'s record; `home`: `eve` has them too."""
    world = World()
    world.store.append(world.eva, events)
    refold(world.store, world.eva)
    if home:
        world.store.append(world.eve, events)
        refold(world.store, world.eve)
    return world


def seen(world: World) -> list[str]:
    return with_strays(world.store.read_timelines([world.eva, world.eve]), world.index)


def purchases(world: World, customer_id: str) -> list[str]:
    timeline = world.store.read_timeline(customer_id)
    assert encode_profile(world.store.read_profile(customer_id).profile) == encode_profile(
        fold(customer_id, timeline)
    )
    return sorted(e.id for e in timeline if isinstance(e, Transaction))


@pytest.mark.parametrize("home", [True, False])
@pytest.mark.parametrize("events", [1, 100])
def test_a_stray_goes_to_where_its_record_is_and_stands_there_once(home: bool, events: int) -> None:
    late = [bought(f"late-{n:03}") for n in range(events)]
    clean, world = World(), strayed(*late, home=home)
    assert (seen(clean), seen(world)) == ([], [world.eva])
    assert bring_home(world.eva, world.index, world.store) == events
    assert purchases(world, world.eva) == purchases(clean, clean.eva)
    assert purchases(world, world.eve) == sorted(
        [*purchases(clean, clean.eve), *(event.id for event in late)]
    )
    assert seen(world) == []
    assert bring_home(world.eva, world.index, world.store) == 0


def test_everybody_is_looked_at_once_a_month() -> None:
    world = strayed(bought())
    rules, lake = RetentionRules(), InMemoryLake()
    nights = [
        retain(world.store, world.index, lake, rules, NOW + timedelta(days=night)) for night in range(SLICES)
    ]
    assert sum(night.strays for night in nights) == 1
    assert purchases(world, world.eva) == ["t1"]


def test_what_is_of_no_record_or_of_one_that_nobody_knows_stays() -> None:
    world = strayed(bought("a", ""), bought("b", "web/unknown"))
    before = world.state()
    assert seen(world) == []
    assert bring_home(world.eva, world.index, world.store) == 0
    assert world.state() == before


def _on_its_way(world: World) -> None:
    [record] = world.index.read_records(["web/9"]).values()
    world.index.write_records([replace(record, leaving=(world.eva,))])


def _marked(world: World) -> None:
    profile, version = world.store.read_profile(world.eve)
    world.store.put_profile(replace(profile, merging=True), version)


@pytest.mark.parametrize("busy", [_on_its_way, _marked])
def test_who_is_on_the_way_is_left_to_the_next_time(busy: Callable[[World], None]) -> None:
    world = strayed(bought())
    busy(world)
    before = world.state()
    assert bring_home(world.eva, world.index, world.store) == 0
    assert world.state() == before


def test_whatever_crosses_it_every_event_ends_once_and_with_its_record() -> None:
    """A merge, or a merge and a split, before each call in turn."""
    for back in (False, True):
        for at in range(1, 12):
            world = strayed(bought())
            busy = False
            calls = 0

            def crossing(_: str, world: World = world, at: int = at, back: bool = back) -> None:
                nonlocal busy, calls
                if busy:
                    return
                calls += 1
                if calls == at:
                    busy = True
                    survivor = merge_customers(world.desk, world.eva, world.eve)
                    if back:
                        split_customer(world.desk, survivor, ["web/9"])

            world.store._before = crossing
            world.index.before = crossing
            bring_home(world.eva, world.index, world.store)
            busy = True
            homes = {s: r.customer_id for s, r in world.index.read_records(["crm/1", "web/9"]).items()}
            for customer_id in set(homes.values()):
                bring_home(customer_id, world.index, world.store)
            where = [
                id_
                for id_ in (world.eva, world.eve)
                if any(isinstance(e, Transaction) and e.id == "late" for e in world.store.read_timeline(id_))
            ]
            assert where == [homes["web/9"]], (back, at)
            for customer_id in set(homes.values()):
                purchases(world, customer_id)
