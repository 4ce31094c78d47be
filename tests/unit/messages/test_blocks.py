"""Dealers' own words: linted, measured, approved by somebody else, shown until they expire."""

from datetime import date, timedelta

import pytest

from courtesy.errors import (
    Conflict,
    CourtesyError,
    NotFound,
    OutsideFailed,
    RefusedInput,
    RefusedRule,
    UnknownName,
)
from courtesy.messages.blocks import (
    BLOCKS_MAX,
    Block,
    DealerBlocks,
    Place,
    approve_block,
    refuse_block,
    waiting_blocks,
    withdraw_block,
    write_block,
)
from courtesy.messages.lint_block import block_findings
from courtesy.messages.render import Renderer
from courtesy.messages.rules import DealerBlock
from courtesy.outcomes import Commit
from courtesy.rulebook.model import Rulebook
from tests.fakes.blocks import InMemoryBlockStore
from tests.unit.messages.people import HOSTILE, NOW, contact, person

SERVICE = Place(trigger="service_due_cars")
TODAY, UNTIL = NOW.date(), date(2026, 6, 30)
WORDS = "Coffee is on us, {{ customer.given_name }}."


def write(
    store: InMemoryBlockStore,
    rulebook: Rulebook,
    text: str = WORDS,
    place: Place = SERVICE,
    until: date = UNTIL,
) -> Block:
    return write_block(store, rulebook, "D001", place, text, until, "dealer-1", NOW)


def approve(store: InMemoryBlockStore, rulebook: Rulebook, block: Block) -> Block:
    assert block.waiting is not None
    return approve_block(store, rulebook, "D001", block.place, block.waiting.checksum, "brand", NOW)


def said(store: InMemoryBlockStore, rulebook: Rulebook, on: date = TODAY) -> str:
    """The e-mail's text as Anna gets it."""
    renderer = Renderer(rulebook, lambda dealer: store.read(dealer)[0].in_force())
    now = NOW + (on - NOW.date())
    context = renderer.context(person(), contact(rulebook), now=now)
    return renderer.email("service_due_cars", context).text


def test_words_wait_until_somebody_of_the_client_approves_them(rulebook: Rulebook) -> None:
    store = InMemoryBlockStore()
    block = write(store, rulebook)
    assert block.state(NOW.date()) == "waiting"
    assert [(d, b.place) for d, b in waiting_blocks(store.every())] == [("D001", SERVICE)]
    assert "Coffee" not in said(store, rulebook)

    approved = approve(store, rulebook, block)
    assert approved.state(NOW.date()) == "approved"
    assert waiting_blocks(store.every()) == []
    assert "Coffee is on us, Anna." in said(store, rulebook)


def test_new_words_leave_the_approved_ones_in_force_until_they_are_approved(rulebook: Rulebook) -> None:
    store = InMemoryBlockStore()
    approve(store, rulebook, write(store, rulebook))
    second = write(store, rulebook, "Tea is on us.")
    assert "Coffee" in said(store, rulebook)
    assert second.waiting is not None
    refused = refuse_block(store, "D001", SERVICE, second.waiting.checksum, "too dry", "brand", NOW)
    assert refused.refused is not None
    assert refused.refused.reason == "too dry"
    assert "Coffee" in said(store, rulebook)
    approve(store, rulebook, write(store, rulebook, "Cake is on us."))
    assert "Cake" in said(store, rulebook)


def test_expired_and_withdrawn_words_give_way_to_the_standard_text(rulebook: Rulebook) -> None:
    store = InMemoryBlockStore()
    approved = approve(store, rulebook, write(store, rulebook))
    assert "Coffee" in said(store, rulebook, UNTIL)
    assert "Coffee" not in said(store, rulebook, UNTIL + timedelta(days=1))
    assert approved.state(UNTIL + timedelta(days=1)) == "expired"
    withdraw_block(store, "D001", SERVICE)
    withdraw_block(store, "D001", SERVICE)
    assert "Coffee" not in said(store, rulebook)
    assert store.read("D001")[0].blocks == ()


def test_the_same_again_is_done_once(rulebook: Rulebook) -> None:
    store = InMemoryBlockStore()
    block = write(store, rulebook)
    assert write(store, rulebook) == block
    approved = approve(store, rulebook, block)
    assert approve(store, rulebook, block) == approved
    assert write(store, rulebook) == approved
    assert store.read("D001")[1] == 2
    other = write(store, rulebook, "Tea.")
    assert other.waiting is not None
    refuse_block(store, "D001", SERVICE, other.waiting.checksum, "no", "brand", NOW)
    refuse_block(store, "D001", SERVICE, other.waiting.checksum, "no", "brand", NOW)
    assert store.read("D001")[1] == 4


def test_nobody_approves_their_own_words_or_words_they_did_not_read(rulebook: Rulebook) -> None:
    store = InMemoryBlockStore()
    block = write(store, rulebook)
    assert block.waiting is not None
    with pytest.raises(RefusedInput, match="cannot approve it"):
        approve_block(store, rulebook, "D001", SERVICE, block.waiting.checksum, "dealer-1", NOW)
    write(store, rulebook, "Other words.")
    with pytest.raises(Conflict, match="changed after you read them"):
        approve(store, rulebook, block)
    with pytest.raises(NotFound, match="no block"):
        approve_block(store, rulebook, "D001", Place("welcome_cars"), "x", "brand", NOW)
    approve(store, rulebook, write(store, rulebook))
    with pytest.raises(NotFound, match="no words wait"):
        refuse_block(store, "D001", SERVICE, "x", "no", "brand", NOW)


def test_words_that_were_refused_and_nothing_else_stand_as_refused(rulebook: Rulebook) -> None:
    store = InMemoryBlockStore()
    block = write(store, rulebook)
    assert block.waiting is not None
    refused = refuse_block(store, "D001", SERVICE, block.waiting.checksum, "no", "brand", NOW)
    assert refused.state(TODAY) == "refused"
    assert "Coffee" not in said(store, rulebook)


def test_words_that_a_newer_rulebook_forbids_are_not_approved(rulebook: Rulebook) -> None:
    store = InMemoryBlockStore()
    block = write(store, rulebook)
    stricter = rulebook.messages.model_copy(update={"forbidden_words": ["coffee"]})
    with pytest.raises(RefusedRule, match="'coffee' may not be promised"):
        approve(store, rulebook.model_copy(update={"messages": stricter}), block)


@pytest.mark.parametrize(
    ("dealer", "place", "error", "expected"),
    [
        ("D999", SERVICE, NotFound, "no dealer"),
        ("D001", Place("service_due_car"), UnknownName, "did you mean 'service_due_cars'"),
        ("D001", Place("season_start_marine"), RefusedInput, "not yours"),
        ("D001", Place("service_due_cars", language="fr"), UnknownName, "language"),
        ("D001", Place("service_due_cars", segment="loyall"), UnknownName, "did you mean 'loyal'"),
        ("D001", Place("service_due_cars", channel="letter"), UnknownName, "channel of service_due_cars"),
    ],
)
def test_a_place_that_cannot_be_is_named(
    rulebook: Rulebook, dealer: str, place: Place, error: type[CourtesyError], expected: str
) -> None:
    with pytest.raises(error, match=expected):
        write_block(InMemoryBlockStore(), rulebook, dealer, place, "Hello", UNTIL, "me", NOW)


@pytest.mark.parametrize("until", [NOW.date() - timedelta(days=1), NOW.date() + timedelta(days=401)])
def test_every_block_expires_and_not_in_the_past(rulebook: Rulebook, until: date) -> None:
    with pytest.raises(RefusedInput, match="expires"):
        write(InMemoryBlockStore(), rulebook, until=until)


def test_a_dealer_has_a_bounded_number_of_blocks(rulebook: Rulebook) -> None:
    store = InMemoryBlockStore()
    full = write(store, rulebook)
    many = tuple(Block(Place(segment=f"s{n}"), waiting=full.waiting) for n in range(BLOCKS_MAX))
    store.held["D001"] = (DealerBlocks("D001", many), 1)
    with pytest.raises(RefusedInput, match="at most"):
        write(store, rulebook)


def test_a_store_that_others_keep_writing_is_a_conflict(rulebook: Rulebook) -> None:
    class Busy(InMemoryBlockStore):
        def write(self, blocks: DealerBlocks, version: int) -> Commit:
            return "conflict"

    with pytest.raises(Conflict, match="changed by others"):
        write(Busy(), rulebook)


def test_without_the_store_the_standard_text_stands_alone(rulebook: Rulebook) -> None:
    def down(_: str) -> list[DealerBlock]:
        raise OutsideFailed("no answer")

    renderer = Renderer(rulebook, down)
    context = renderer.context(person(), contact(rulebook), now=NOW)
    assert context.dealer.words == []
    assert context.dealer.name == "Meridian Harborside"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello\n{{ customer.citty }}", "line 2: unknown variable `customer.citty`"),
        ("  \n", "says nothing"),
        ("See <b>us</b>", "markup"),
        ("More at https://elsewhere.example", "no links"),
        ("More at cheap-cars.com", "no links"),
        ("Write to me@garage.example.museum", "no e-mail addresses"),
        ("ONLY TODAY FREE COFFEE", "shouting"),
        ("We guarantee it", "'Guarantee' may not be promised"),
        ("{{ customer.city|money }}", "a filter got a value of the wrong kind"),
        ("Left\u202eright", "cannot be seen"),
        ("x" * 200, "postcard: up to 200 characters when names are long; at most 110 fit there"),
        ("x" * 70 + "{{ customer.full_name }}{{ dealer.name }}", "postcard: up to"),
    ],
)
def test_what_a_dealer_may_not_write_has_its_line(rulebook: Rulebook, text: str, expected: str) -> None:
    rules = rulebook.messages.model_copy(update={"forbidden_words": ["Guarantee", "lifetime"]})
    found = block_findings(text, rulebook.model_copy(update={"messages": rules}), "D001", SERVICE)
    assert any(expected in finding for finding in found), found


def test_a_block_may_be_written_for_one_channel_alone(rulebook: Rulebook) -> None:
    longer = "We look forward to your visit. " * 10
    assert block_findings(longer, rulebook, "D001", SERVICE)
    assert not block_findings(longer, rulebook, "D001", Place("service_due_cars", channel="email"))
    assert block_findings(longer, rulebook, "D001", Place(language="de"))
    (none,) = block_findings("Hello", rulebook, "D001", Place("service_due_cars", channel="sms"))
    assert "at most 0 fit" in none
    assert not block_findings(
        "{{ vehicle.ends|date }} {{ history.purchases|number }}", rulebook, "D001", SERVICE
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_refused_or_shown_as_text(rulebook: Rulebook, text: str) -> None:
    store = InMemoryBlockStore()
    try:
        block = write(store, rulebook, text, Place("service_due_cars", channel="email"))
    except RefusedRule:
        return
    approve(store, rulebook, block)
    assert text.split("\n")[0][:20] in said(store, rulebook)
