"""Mailings that nobody acknowledged, and announcing them again."""

from datetime import timedelta

import pytest

from courtesy.errors import NotFound
from courtesy.messages.overdue import announce_again, overdue
from courtesy.messages.render import Renderer
from tests.fakes.lake import InMemoryLake
from tests.fakes.queue import InMemoryQueue
from tests.unit.messages.people import NOW
from tests.unit.messages.test_post import World


def made(renderer: Renderer) -> tuple[World, InMemoryLake, str]:
    """A mailing as it stands in the lake."""
    world, lake = World(renderer), InMemoryLake()
    (mailing_id,) = world.run("run-1").mailings
    lake.objects = world.shelf.objects
    return world, lake, mailing_id


def test_a_mailing_is_overdue_after_its_vendor_s_hours_and_until_it_is_acknowledged(
    renderer: Renderer,
) -> None:
    _, lake, mailing_id = made(renderer)
    rules = renderer.rulebook.messages
    assert overdue(lake, rules, NOW + timedelta(hours=24)) == []
    (late,) = overdue(lake, rules, NOW + timedelta(hours=25))
    assert (late.vendor, late.mailing_id, late.pieces) == ("harbor_print", mailing_id, 3)
    lake.put(f"mailings/harbor_print/{mailing_id}/acknowledged.json", b'"x"')
    assert overdue(lake, rules, NOW + timedelta(hours=25)) == []


def test_it_is_announced_again_byte_for_byte(renderer: Renderer) -> None:
    world, lake, mailing_id = made(renderer)
    again = InMemoryQueue()
    announce_again(lake, again, "harbor_print", mailing_id)
    assert again.sent == world.queue.sent
    with pytest.raises(NotFound, match="no mailing 'other'"):
        announce_again(lake, again, "harbor_print", "other")
