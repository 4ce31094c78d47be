"""Send one e-mail: claim, render, hand over once, write down how it ended.

Between the claim and the hand-over nothing can send a second time: a message delivered again finds the contact claimed and
leaves it alone. What cannot be known becomes `unknown` and is settled by SES's own events.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from courtesy.decisions.claim import Claimed, claim
from courtesy.decisions.policy import Policy
from courtesy.decisions.release import Message
from courtesy.decisions.settle import record_refused, record_sent, record_unknown
from courtesy.errors import NotFound, OutsideFailed, RefusedRule
from courtesy.messages.ports import Accepted, Ambiguous, Mail, Mailer, Refused
from courtesy.messages.render import Renderer
from courtesy.messages.unsubscribe import make_token
from courtesy.ports import CustomerStore
from courtesy.timeline.events import Contact
from courtesy.timeline.profile import Profile

RETRY_AFTER = timedelta(minutes=15)
"""When a mail that the provider refused for now is released again."""

_ADDRESS = re.compile(r"[!#-'*+\-/-9=?A-Z^-~.]{1,64}@[A-Za-z0-9.-]{1,253}")

EmailOutcome = Literal["sent", "refused", "later", "unknown", "not_claimed"]
"""How a message on the e-mail queue ended. `later`: refused for now, to be released again; `not_claimed`: see `detail`."""


@dataclass(frozen=True)
class EmailResult:
    """The outcome and, without personal data, why."""

    outcome: EmailOutcome
    detail: str = ""


@dataclass(frozen=True)
class Sending:
    """What sending needs of the outside. `public_url`: base of the HTTP API; `hash_key`: key of all keyed hashes."""

    store: CustomerStore
    mailer: Mailer
    renderer: Renderer
    policy: Policy
    hash_key: bytes
    public_url: str
    clock: Callable[[], datetime]


def send_email(message: Message, claim_id: str, outside: Sending) -> EmailResult:
    """Send the contact that the message names, if the law still allows it at this instant.

    claim_id: the fence, new for every attempt. Raises OutsideFailed when too little time is left (nothing was claimed
    then), Conflict.
    """
    if not outside.mailer.ready():
        raise OutsideFailed("too little time is left to send; the message is delivered again")
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
        return EmailResult("not_claimed", claimed.reason)
    contact, profile = claimed.contact, claimed.profile
    id_ = profile.customer_id
    try:
        mail = compose(contact, profile, outside)
    except (RefusedRule, NotFound) as error:
        record_refused(outside.store, id_, contact, type(error).__name__, outside.clock())
        return EmailResult("refused", str(error))
    if isinstance(mail, str):
        record_refused(outside.store, id_, contact, mail, outside.clock())
        return EmailResult("refused", mail)
    answer = outside.mailer.send(mail)
    now = outside.clock()
    match answer:
        case Accepted(message_id):
            record_sent(outside.store, id_, contact, message_id, now)
            return EmailResult("sent")
        case Refused(reason, retryable):
            record_refused(
                outside.store, id_, contact, reason, now, retry_at=now + RETRY_AFTER if retryable else None
            )
            return EmailResult("later" if retryable else "refused", reason)
        case Ambiguous(reason):
            record_unknown(outside.store, id_, contact, reason, now)
            return EmailResult("unknown", reason)


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
