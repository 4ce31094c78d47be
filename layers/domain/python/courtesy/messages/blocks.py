"""A dealer's own words in the client's messages: written by the dealer, approved by the client, shown until they expire.

A block is known by its place: trigger, segment, channel and language, `*` for all of the first three. New words wait beside
the ones in force until somebody of the client approves exactly the words that they saw; a dealer cannot approve. Where no
approved, unexpired block fits, the standard text stands alone.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

import msgspec

from courtesy.errors import Conflict, NotFound, RefusedInput, RefusedRule, UnknownName
from courtesy.messages.lint_block import block_findings
from courtesy.messages.ports import BlockStore
from courtesy.messages.rules import DealerBlock
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.problems import nearest

BLOCKS_MAX = 120
"""Blocks of one dealer, all places together."""
LONGEST_LIFE = timedelta(days=400)
"""Words that nobody looks at for longer than this are stale: every block expires."""
_ATTEMPTS = 4

State = Literal["waiting", "approved", "expired", "refused"]


class Place(msgspec.Struct, frozen=True, order=True):
    """Where a block stands; `segment` is a lifecycle or sub-segment."""

    trigger: str = "*"
    segment: str = "*"
    channel: str = "*"
    language: str = "en"

    def __str__(self) -> str:
        return f"{self.trigger}/{self.segment}/{self.channel}/{self.language}"


class Words(msgspec.Struct, frozen=True, omit_defaults=True):
    """One wording of a block: what is written, until which day it may be shown, who wrote and who decided."""

    text: str
    expires: date
    written_by: str
    written_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    reason: str = ""
    """Why it was refused."""

    @property
    def checksum(self) -> str:
        """What an approver names, so that nothing else is approved than what they read."""
        return hashlib.sha256(f"{self.expires}\0{self.text}".encode()).hexdigest()[:16]


class Block(msgspec.Struct, frozen=True, omit_defaults=True):
    """The words of one place: at most one wording waits, one is in force, one was refused last."""

    place: Place
    waiting: Words | None = None
    approved: Words | None = None
    refused: Words | None = None

    def state(self, today: date) -> State:
        """What there is to do about it: a wording that waits comes first."""
        if self.waiting is not None:
            return "waiting"
        if self.approved is not None:
            return "approved" if self.approved.expires >= today else "expired"
        return "refused"


class DealerBlocks(msgspec.Struct, frozen=True, omit_defaults=True):
    """All blocks of one dealer, by place."""

    dealer: str
    blocks: tuple[Block, ...] = ()

    def at(self, place: Place) -> Block | None:
        """The block of a place, None where there is none."""
        return next((block for block in self.blocks if block.place == place), None)

    def holding(self, block: Block) -> "DealerBlocks":
        """With the block in its place; without any wording the place is empty."""
        others = [one for one in self.blocks if one.place != block.place]
        kept = block.waiting or block.approved or block.refused
        made = sorted([*others, block] if kept else others, key=lambda one: one.place)
        return DealerBlocks(self.dealer, tuple(made))

    def in_force(self) -> list[DealerBlock]:
        """The approved blocks as rendering chooses among them (`context.choose_block` looks at the day)."""
        return [
            DealerBlock(
                dealer=self.dealer,
                trigger=block.place.trigger,
                segment=block.place.segment,
                channel=block.place.channel,
                language=block.place.language,
                text=block.approved.text,
                approved_by=block.approved.decided_by,
                expires=block.approved.expires,
            )
            for block in self.blocks
            if block.approved is not None
        ]


def write_block(
    store: BlockStore,
    rulebook: Rulebook,
    dealer: str,
    place: Place,
    text: str,
    expires: date,
    by: str,
    now: datetime,
) -> Block:
    """New words for a place; they wait for approval, and what is in force stays until then. Given twice it is done once.

    Raises UnknownName, RefusedInput for a place or day that cannot be, RefusedRule that lists every finding, Conflict.
    """
    check_place(rulebook, dealer, place)
    if not now.date() <= expires <= now.date() + LONGEST_LIFE:
        raise RefusedInput(
            f"`expires` is a day from today to {now.date() + LONGEST_LIFE}; every block is looked at again"
        )
    findings = block_findings(text, rulebook, dealer, place)
    if findings:
        raise RefusedRule("\n".join(findings), rule=f"block of {dealer}, {place}")
    words = Words(text, expires, by, now)

    def wait(block: Block) -> Block:
        for standing in (block.waiting, block.approved):
            if standing is not None and standing.checksum == words.checksum:
                return block
        return msgspec.structs.replace(block, waiting=words, refused=None)

    return _change(store, dealer, place, wait, new=True)


def approve_block(
    store: BlockStore, rulebook: Rulebook, dealer: str, place: Place, checksum: str, by: str, now: datetime
) -> Block:
    """Put the waiting words in force. `checksum` is that of the words that the approver read; `by` did not write them.

    They are checked once more against today's rulebook. Raises NotFound, Conflict, RefusedInput, RefusedRule.
    """

    def approve(block: Block) -> Block:
        if block.waiting is None and block.approved is not None and block.approved.checksum == checksum:
            return block
        words = _waiting(block, checksum)
        if words.written_by == by:
            raise RefusedInput("whoever wrote a block cannot approve it; somebody else of the client decides")
        findings = block_findings(words.text, rulebook, dealer, place)
        if findings:
            raise RefusedRule("\n".join(findings), rule=f"block of {dealer}, {place}")
        decided = msgspec.structs.replace(words, decided_by=by, decided_at=now)
        return Block(place, approved=decided)

    return _change(store, dealer, place, approve)


def refuse_block(
    store: BlockStore, dealer: str, place: Place, checksum: str, reason: str, by: str, now: datetime
) -> Block:
    """Refuse the waiting words with a reason for the dealer; what is in force stays. Raises NotFound, Conflict."""

    def refuse(block: Block) -> Block:
        if block.waiting is None and block.refused is not None and block.refused.checksum == checksum:
            return block
        words = _waiting(block, checksum)
        decided = msgspec.structs.replace(words, decided_by=by, decided_at=now, reason=reason[:400])
        return msgspec.structs.replace(block, waiting=None, refused=decided)

    return _change(store, dealer, place, refuse)


def withdraw_block(store: BlockStore, dealer: str, place: Place) -> None:
    """Take all words of a place away; the standard text stands alone at once. None there is no error. Raises Conflict."""
    try:
        _change(store, dealer, place, lambda block: Block(block.place))
    except NotFound:
        return


def check_place(rulebook: Rulebook, dealer: str, place: Place) -> None:
    """Whether the dealer may have words there. Raises NotFound, UnknownName, RefusedInput."""
    outlet = rulebook.dealers.get(dealer)
    if outlet is None:
        raise NotFound(f"there is no dealer {dealer!r}{nearest(dealer, list(rulebook.dealers))}")
    trigger = rulebook.triggers.get(place.trigger)
    if place.trigger != "*" and trigger is None:
        raise UnknownName("trigger", place.trigger, rulebook.triggers)
    if trigger is not None and trigger.division not in (*outlet.divisions, "corporate"):
        raise RefusedInput(f"trigger {trigger.id!r} is of division {trigger.division!r}, which is not yours")
    if place.language not in rulebook.messages.languages:
        raise UnknownName("language", place.language, rulebook.messages.languages)
    ladders = rulebook.population
    segments = {"*", *ladders.lifecycle.names}.union(
        *(ladder.names for ladder in ladders.sub_segments.values())
    )
    if place.segment not in segments:
        raise UnknownName("segment", place.segment, segments)
    channels = {"*", *(trigger.channels if trigger else rulebook.messages.block_limits)}
    if place.channel not in channels:
        raise UnknownName(f"channel of {place.trigger}", place.channel, channels)


def _waiting(block: Block, checksum: str) -> Words:
    if block.waiting is None:
        raise NotFound(f"no words wait for approval at {block.place}")
    if block.waiting.checksum != checksum:
        raise Conflict("the words were changed after you read them; read them again and decide again")
    return block.waiting


def _change(
    store: BlockStore, dealer: str, place: Place, change: Callable[[Block], Block], *, new: bool = False
) -> Block:
    for _ in range(_ATTEMPTS):
        held, version = store.read(dealer)
        block = held.at(place)
        if block is None and not new:
            raise NotFound(f"dealer {dealer} has no block at {place}")
        after = change(block or Block(place))
        changed = held.holding(after)
        if changed == held:
            return after
        if len(changed.blocks) > BLOCKS_MAX:
            raise RefusedInput(f"a dealer has at most {BLOCKS_MAX} blocks; take one away first")
        if store.write(changed, version) == "committed":
            return after
    raise Conflict("the dealer's blocks were changed by others; read them again")


def waiting_blocks(every: Sequence[DealerBlocks]) -> list[tuple[str, Block]]:
    """(dealer, block) of all words that wait for approval, the oldest first."""
    found = [(each.dealer, block) for each in every for block in each.blocks if block.waiting is not None]
    return sorted(found, key=lambda one: (one[1].waiting.written_at, one[0], one[1].place))  # type: ignore[union-attr]
