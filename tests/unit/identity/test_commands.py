"""Merge and split refuse what cannot be meant, and say why."""

import pytest

from courtesy.errors import NotFound, RefusedInput
from courtesy.identity.merge import confirm_match, merge_customers, refuse_match, split_customer
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
