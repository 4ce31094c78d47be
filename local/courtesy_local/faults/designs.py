"""Designs that are known to be wrong. The harness must catch each of them, or it proves nothing."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any
from unittest.mock import patch

import msgspec
from botocore.config import Config

from courtesy.decisions import release as releasing
from courtesy.decisions.claim import Claimed, NotClaimed
from courtesy.decisions.settle import record_sent
from courtesy.messages import send as sending
from courtesy.outcomes import ContactState
from courtesy.timeline.contacts import OPEN
from courtesy_aws import mailer, session
from courtesy_local.faults.wire import Wire

Design = Callable[[Wire], AbstractContextManager[object]]


@contextmanager
def stock_retries(wire: Wire) -> Iterator[None]:
    """The mail client repeats by itself, as botocore does unless it is told not to."""
    stock = session._session().client(
        "sesv2", config=Config(retries={"mode": "standard", "total_max_attempts": 4})
    )
    wire.register(stock)
    with patch.object(mailer, "client", lambda _: stock):
        yield


@contextmanager
def check_then_send(_: Wire) -> Iterator[None]:
    """Look whether the contact is still to be sent, send, and write it down afterwards: no claim."""

    def look(
        store: Any, customer_id: str, trigger: str, occurrence: str, *_: Any, **__: Any
    ) -> Claimed | NotClaimed:
        profile, _version = store.read_profile(customer_id)
        contact = store.read_contact(customer_id, trigger, occurrence)
        if contact is None or contact.state not in OPEN:
            return NotClaimed("taken", contact=contact)
        return Claimed(contact, profile)

    def note(store: Any, customer_id: str, contact: Any, provider_id: str, now: datetime, **_: Any) -> str:
        sent = msgspec.structs.replace(
            contact, state=ContactState.SENT, provider_id=provider_id, sent=now, due=now
        )
        return str(store.move_contact(customer_id, sent, contact.state, contact.claim))

    with patch.object(sending, "claim", look), patch.object(sending, "record_sent", note):
        yield


@contextmanager
def lock_without_fence(_: Wire) -> Iterator[None]:
    """A claim is a lock that runs out: what was claimed and not heard of is queued and sent again."""

    def unlock(store: Any, customer_id: str, contact: Any, _: str, now: datetime) -> str:
        again = msgspec.structs.replace(contact, state=ContactState.QUEUED, claim="", sent=None, due=now)
        return "recorded" if store.move_contact(customer_id, again, contact.state, contact.claim) else "lost"

    with patch.object(releasing, "record_unknown", unlock):
        yield


@contextmanager
def checkpoint_before_send(_: Wire) -> Iterator[None]:
    """Write down that it was sent, then send."""
    original = mailer.SesMailer.send
    compose = sending.compose

    def composed(contact: Any, profile: Any, outside: Any) -> Any:
        record_sent(outside.store, profile.customer_id, contact, "soon", outside.clock())
        return compose(contact, profile, outside)

    with patch.object(sending, "compose", composed), patch.object(mailer.SesMailer, "send", original):
        yield


WRONG: dict[str, Design] = {
    "stock_retries": stock_retries,
    "check_then_send": check_then_send,
    "lock_without_fence": lock_without_fence,
    "checkpoint_before_send": checkpoint_before_send,
}
