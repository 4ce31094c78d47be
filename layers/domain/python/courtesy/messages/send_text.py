"""Send one text message: the same law as an e-mail, one claim, one attempt, and what is not known stays unknown."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from courtesy.decisions.policy import Policy
from courtesy.decisions.release import Message
from courtesy.errors import OutsideFailed
from courtesy.messages.ports import Texter, TextMessage
from courtesy.messages.render import Renderer
from courtesy.messages.send import NO_TIME, Claiming, SendResult, send_once
from courtesy.ports import CustomerStore
from courtesy.timeline.events import Contact
from courtesy.timeline.profile import Profile

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")


@dataclass(frozen=True)
class Texting:
    """What sending text messages needs of the outside."""

    store: CustomerStore
    texter: Texter
    renderer: Renderer
    policy: Policy
    hash_key: bytes
    clock: Callable[[], datetime]


def send_text(message: Message, claim_id: str, outside: Texting) -> SendResult:
    """Send the contact that the message names, if the law still allows it at this instant.

    claim_id: the fence, new for every attempt. Raises OutsideFailed when too little time is left (nothing was claimed
    then), Conflict.
    """
    if not outside.texter.ready():
        raise OutsideFailed(NO_TIME)
    return send_once(
        message,
        claim_id,
        Claiming(outside.store, outside.policy, outside.hash_key, outside.clock),
        lambda contact, profile: compose_text(contact, profile, outside),
        outside.texter.send,
    )


def compose_text(contact: Contact, profile: Profile, outside: Texting) -> TextMessage | str:
    """The text message of a claimed contact, or why there can be none: `no_address`, `address_malformed`.

    Raises NotFound, RefusedRule where the rulebook's message is missing or does not render.
    """
    to = profile.text("phone").strip()
    if not to:
        return "no_address"
    if not _NUMBER.fullmatch(to):
        return "address_malformed"
    context = outside.renderer.context(profile, contact, now=outside.clock())
    return TextMessage(
        to=to,
        text=outside.renderer.text_message(contact.trigger, context),
        tags={"contact": contact.id, "customer": profile.customer_id, "trigger": contact.trigger},
        marketing=context.marketing,
    )
