"""`messages.ports.Texter` on AWS End User Messaging: one number, one call, one attempt.

The service has no idempotency token either, so the client never repeats and every outcome is told apart as the mailer does.
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from courtesy.messages.ports import MailOutcome, Refused, TextMessage
from courtesy_aws.sending import TIME_NEEDED_MS, attempt
from courtesy_aws.session import client

_RETRYABLE = frozenset({"ThrottlingException", "ServiceQuotaExceededException"})


class EndUserMessaging:
    """Sends from one origination identity (number, pool or sender id) with the configuration set whose events come back.

    remaining_ms: time left in this invocation; price_max: dollars that one message may cost
    """

    def __init__(
        self,
        configuration_set: str,
        origination: str,
        remaining_ms: Callable[[], int],
        price_max: str = "0.50",
    ) -> None:
        self._set, self._origination, self._remaining = configuration_set, origination, remaining_ms
        self._price_max = price_max

    def __repr__(self) -> str:
        return f"EndUserMessaging({self._set!r})"

    def ready(self) -> bool:
        """See `Texter`."""
        return self._remaining() >= TIME_NEEDED_MS

    def send(self, message: TextMessage) -> MailOutcome:
        """See `Texter`."""
        if not self.ready():
            return Refused("no_time_left", retryable=True)
        if not self._origination:
            return Refused("no_origination_number", retryable=False)
        request: dict[str, Any] = {
            "DestinationPhoneNumber": message.to,
            "OriginationIdentity": self._origination,
            "MessageBody": message.text,
            "MessageType": "PROMOTIONAL" if message.marketing else "TRANSACTIONAL",
            "ConfigurationSetName": self._set,
            "MaxPrice": self._price_max,
            "Context": {name: value for name, value in message.tags.items() if value},
        }
        return attempt(
            lambda: client("pinpoint-sms-voice-v2").send_text_message(**request), _RETRYABLE, _reason
        )


def _reason(error: ClientError) -> str:
    """A number on the account's opt-out list is a conflict: it is refused for good, with the service's own word."""
    return str(error.response.get("Reason", error.response["Error"]["Code"]))
