"""send_text: claims due text messages on a fresh look at the law and hands each to AWS End User Messaging once."""

from typing import Any

from courtesy.messages.send_text import send_text
from courtesy_aws.observability import observed
from courtesy_aws.sending import send_each
from functions.send_text.wiring import wire


@observed
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Send what a batch of the queue names; the answer lists the messages to be delivered again."""
    outside = wire().texting(context.get_remaining_time_in_millis)
    return send_each(event, "text", "Texts", lambda message, claim: send_text(message, claim, outside))
