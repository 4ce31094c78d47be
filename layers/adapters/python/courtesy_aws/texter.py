"""`messages.ports.Texter` on AWS End User Messaging: one number, one call, one attempt.

The service has no idempotency token either, so the client never repeats and every outcome is told apart as the mailer does.
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)

from courtesy.messages.ports import Accepted, Ambiguous, MailOutcome, Refused, TextMessage
from courtesy_aws.session import client

TIME_NEEDED_MS = 12_000
"""As for a mail: connect (2 s), read (8 s), and room to write it down."""

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
        try:
            answer = client("pinpoint-sms-voice-v2").send_text_message(**request)
        except ClientError as error:
            return _refusal(error)
        except (EndpointConnectionError, ConnectTimeoutError, NoCredentialsError) as error:
            # Nothing was handed over: there was no connection to hand it over on.
            return Refused(type(error).__name__, retryable=True)
        except ParamValidationError:
            return Refused("malformed", retryable=False)
        except BotoCoreError as error:
            return Ambiguous(type(error).__name__)
        return Accepted(str(answer["MessageId"]))


def _refusal(error: ClientError) -> MailOutcome:
    code = str(error.response["Error"]["Code"])
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _RETRYABLE:
        return Refused(code, retryable=True)
    if 400 <= status < 500:
        # A number on the account's opt-out list is a conflict, too: it is refused for good.
        return Refused(str(error.response.get("Reason", code)), retryable=False)
    return Ambiguous(code)
