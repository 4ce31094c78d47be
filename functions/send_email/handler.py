"""send_email: claims due e-mail contacts on a fresh look at the law and hands each to SES once."""

from typing import Any

from courtesy.messages.send import send_email
from courtesy_aws.observability import observed
from courtesy_aws.sending import send_each
from functions.send_email.wiring import wire


@observed
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Send what a batch of the queue names; the answer lists the messages to be delivered again."""
    outside = wire().sending(context.get_remaining_time_in_millis)
    return send_each(event, "email", "Emails", lambda message, claim: send_email(message, claim, outside))
