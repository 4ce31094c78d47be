"""`messages.ports.Mailer` on SES v2: one recipient, one call, one attempt.

SES has no idempotency token, so the client never repeats (`session`: one attempt, short timeouts) and every outcome is told
apart: certainly taken, certainly not taken, not known.
"""

from collections.abc import Callable, Mapping
from email.headerregistry import Address
from typing import TYPE_CHECKING

from courtesy.messages.ports import Mail, MailOutcome, Refused
from courtesy_aws.sending import TIME_NEEDED_MS, attempt
from courtesy_aws.session import client

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import AttachmentTypeDef, MessageHeaderTypeDef, MessageTypeDef

_RETRYABLE = frozenset(
    {"TooManyRequestsException", "LimitExceededException", "ThrottlingException", "Throttling"}
)
_PAUSED = frozenset(
    {"SendingPausedException", "AccountSuspendedException", "MailFromDomainNotVerifiedException"}
)
_TAG = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


class SesMailer:
    """Sends through SES v2 with the configuration set whose events come back as feedback.

    sender: verified address that is used where a mail's own is not allowed to; remaining_ms: time left in this invocation;
    divisions: division -> its own configuration set, where it has one
    """

    def __init__(
        self,
        configuration_set: str,
        sender: str,
        remaining_ms: Callable[[], int],
        divisions: Mapping[str, str] | None = None,
    ) -> None:
        self._sets = divisions or {}
        self._set, self._sender, self._remaining = configuration_set, sender, remaining_ms
        self._ses: SESV2Client = client("sesv2")

    def __repr__(self) -> str:
        return f"SesMailer({self._set!r})"

    def ready(self) -> bool:
        """See `Mailer`."""
        return self._remaining() >= TIME_NEEDED_MS

    def send(self, mail: Mail) -> MailOutcome:
        """See `Mailer`."""
        if not self.ready():
            return Refused("no_time_left", retryable=True)
        try:
            sender = _mailbox(mail.from_name, self._sender or mail.from_address)
        except ValueError:
            return Refused("sender_malformed", retryable=False)
        simple: MessageTypeDef = {
            "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
            "Body": {
                "Html": {"Data": mail.html, "Charset": "UTF-8"},
                "Text": {"Data": mail.text, "Charset": "UTF-8"},
            },
            "Headers": _headers(mail),
        }
        if mail.pictures:
            simple["Attachments"] = _pictures(mail)
        return attempt(
            lambda: self._ses.send_email(
                FromEmailAddress=sender,
                Destination={"ToAddresses": [mail.to]},
                Content={"Simple": simple},
                EmailTags=[
                    {"Name": tag(name), "Value": tag(value)} for name, value in mail.tags.items() if value
                ],
                ConfigurationSetName=self._sets.get(mail.division, self._set),
                ReplyToAddresses=[mail.reply_to] if mail.reply_to else [],
            ),
            _RETRYABLE | _PAUSED,
        )


def tag(text: str) -> str:
    """A tag's name or value in the characters that SES allows (letters, digits, `_`, `-`), at most 256 of them."""
    return "".join(c if c in _TAG else "_" for c in text)[:256] or "_"


def _mailbox(name: str, address: str) -> str:
    """`"Name" <address>` with everything encoded that needs it; a name can add no header."""
    plain = "".join(c for c in name if c.isprintable()).strip()
    bare = Address(addr_spec=address)
    if not plain:
        return str(bare)
    if plain.isascii():
        return str(Address(plain, addr_spec=address))
    from email.header import Header

    return f"{Header(plain, 'utf-8').encode(maxlinelen=10_000)} <{bare.addr_spec}>"


def _pictures(mail: Mail) -> "list[AttachmentTypeDef]":
    """Pictures as parts of the mail, not as attachments: shown where the HTML names them by `cid:`."""
    return [
        {
            "FileName": f"{name}.png",
            "RawContent": content,
            "ContentType": "image/png",
            "ContentDisposition": "INLINE",
            "ContentId": name,
            "ContentTransferEncoding": "BASE64",
        }
        for name, content in mail.pictures.items()
    ]


def _headers(mail: Mail) -> "list[MessageHeaderTypeDef]":
    """One-click unsubscribe as RFC 8058 asks; both headers or neither."""
    if not mail.unsubscribe:
        return []
    ways = [f"mailto:{mail.unsubscribe_to}", mail.unsubscribe] if mail.unsubscribe_to else [mail.unsubscribe]
    return [
        {"Name": "List-Unsubscribe", "Value": ", ".join(f"<{way}>" for way in ways)},
        {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
    ]
