"""Send one e-mail: claim, render, hand over once, write down how it ended.

Between the claim and the hand-over nothing can send a second time: a message delivered again finds the contact claimed and
leaves it alone. What cannot be known becomes `unknown` and is settled by SES's own events.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from courtesy.decisions.claim import Claimed, claim
from courtesy.decisions.policy import Policy
from courtesy.decisions.release import Message
from courtesy.decisions.settle import record_refused, record_sent, record_unknown
from courtesy.errors import NotFound, OutsideFailed, RefusedRule
from courtesy.messages.inbound import reply_address, unsubscribe_address
from courtesy.messages.ports import Accepted, Ambiguous, Mail, Mailer, MailOutcome
from courtesy.messages.render import Renderer
from courtesy.messages.unsubscribe import make_token
from courtesy.ports import CustomerStore
from courtesy.timeline.events import Contact
from courtesy.timeline.profile import Profile

RETRY_AFTER = timedelta(minutes=15)
"""When a mail that the provider refused for now is released again."""

_ADDRESS = re.compile(r"[!#-'*+\-/-9=?A-Z^-~.]{1,64}@[A-Za-z0-9.-]{1,253}")

NO_TIME = "too little time is left to send; the message is delivered again"
Composed = TypeVar("Composed")

SendOutcome = Literal["sent", "refused", "later", "unknown", "not_claimed"]
"""How a message on a channel's queue ended. `later`: refused for now, to be released again; `not_claimed`: see `detail`."""


@dataclass(frozen=True)
class SendResult:
    """The outcome and, without personal data, why."""

    outcome: SendOutcome
    detail: str = ""


@dataclass(frozen=True)
class Claiming:
    """What claiming and recording need of the outside, whatever the channel."""

    store: CustomerStore
    policy: Policy
    hash_key: bytes
    clock: Callable[[], datetime]


@dataclass(frozen=True)
class Sending:
    """What sending needs of the outside. `public_url`: base of the HTTP API; `hash_key`: key of all keyed hashes;
    `inbound_domain`: where replies are received, empty where they are not."""

    store: CustomerStore
    mailer: Mailer
    renderer: Renderer
    policy: Policy
    hash_key: bytes
    public_url: str
    clock: Callable[[], datetime]
    inbound_domain: str = ""


def send_email(message: Message, claim_id: str, outside: Sending) -> SendResult:
    """Send the contact that the message names, if the law still allows it at this instant.

    claim_id: the fence, new for every attempt. Raises OutsideFailed when too little time is left (nothing was claimed
    then), Conflict.
    """
    if not outside.mailer.ready():
        raise OutsideFailed(NO_TIME)
    return send_once(
        message,
        claim_id,
        Claiming(outside.store, outside.policy, outside.hash_key, outside.clock),
        lambda contact, profile: compose(contact, profile, outside),
        outside.mailer.send,
    )


def send_once(
    message: Message,
    claim_id: str,
    outside: Claiming,
    make: Callable[[Contact, Profile], Composed | str],
    hand_over: Callable[[Composed], MailOutcome],
) -> SendResult:
    """Claim, compose, hand over once, write down how it ended: the law of every channel that sends one by one.

    make: what is sent, or in one word why nothing can be; hand_over: one attempt. Raises Conflict.
    """
    claimed = claim(
        outside.store,
        message.customer_id,
        message.trigger,
        message.occurrence,
        outside.policy,
        outside.clock(),
        claim_id,
        hash_key=outside.hash_key,
    )
    if not isinstance(claimed, Claimed):
        return SendResult("not_claimed", claimed.reason)
    contact, profile = claimed.contact, claimed.profile
    id_ = profile.customer_id
    try:
        made = make(contact, profile)
    except (RefusedRule, NotFound) as error:
        record_refused(outside.store, id_, contact, type(error).__name__, outside.clock())
        return SendResult("refused", str(error))
    if isinstance(made, str):
        record_refused(outside.store, id_, contact, made, outside.clock())
        return SendResult("refused", made)
    answer = hand_over(made)
    now = outside.clock()
    if isinstance(answer, Accepted):
        record_sent(outside.store, id_, contact, answer.message_id, now)
        return SendResult("sent")
    if isinstance(answer, Ambiguous):
        record_unknown(outside.store, id_, contact, answer.reason, now)
        return SendResult("unknown", answer.reason)
    later = now + RETRY_AFTER if answer.retryable else None
    record_refused(outside.store, id_, contact, answer.reason, now, retry_at=later)
    return SendResult("later" if answer.retryable else "refused", answer.reason)


def compose(contact: Contact, profile: Profile, outside: Sending) -> Mail | str:
    """The mail of a claimed contact, or why there can be none: `no_address`, `address_malformed`.

    Raises NotFound, RefusedRule where the rulebook's message is missing or does not render.
    """
    to = profile.text("email").strip()
    if not to:
        return "no_address"
    if not _ADDRESS.fullmatch(to) or ".." in to:
        return "address_malformed"
    own, every = links(contact, profile.customer_id, outside.hash_key, outside.public_url)
    context = outside.renderer.context(
        profile, contact, now=outside.clock(), unsubscribe=own, preferences=every
    )
    rendered = outside.renderer.email(contact.trigger, context)
    return Mail(
        from_name=context.sender.name,
        from_address=context.sender.email,
        to=to,
        subject=rendered.subject,
        html=rendered.html,
        text=rendered.text,
        tags={"contact": contact.id, "customer": profile.customer_id, "trigger": contact.trigger},
        unsubscribe=own if context.marketing else "",
        unsubscribe_to=unsubscribe_address(outside.inbound_domain, profile.customer_id, contact.id)
        if context.marketing
        else "",
        reply_to=reply_address(outside.inbound_domain, profile.customer_id, contact.id),
        division=contact.division,
        pictures=rendered.pictures,
    )


def links(contact: Contact, customer_id: str, hash_key: bytes, public_url: str) -> tuple[str, str]:
    """Two links that need no login: no more marketing e-mail of this division (one click); the preference page."""

    def link(division: str) -> str:
        token = make_token(
            hash_key,
            customer_id=customer_id,
            purpose="marketing",
            channel="email",
            division=division,
            contact=contact.id,
        )
        return f"{public_url.rstrip('/')}/u/{token}"

    return link(contact.division), f"{link('*')}/preferences"
