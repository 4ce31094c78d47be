"""What `-c name=value` on the command line says about an installation, checked and typed."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from infra.bundling import target
from infra.bundling.target import Target

_STAGE = re.compile(r"[a-z][a-z0-9-]{0,19}")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ENDPOINT = re.compile(r"http://[^/\s]+:\d+")
_VENDOR = re.compile(r"[a-z][a-z0-9_-]{0,29}")
_NAMES = re.compile(r"[a-z][a-z0-9_]{0,29}(,[a-z][a-z0-9_]{0,29})*")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_SENDER = re.compile(r"arn:aws[a-z-]*:sms-voice:[a-z0-9-]+:\d{12}:[a-z-]+/\S+")
_COUNT = re.compile(r"[1-9]\d{0,3}")
_ACCOUNT = re.compile(r"\d{12}")

HELP = """\
  -c stage=NAME          required  name of the installation (test, prod ...); it is part of every resource's name
  -c sender=ADDRESS      required  from-address of the e-mails; its domain or itself must be a verified SES identity
  -c alarmEmail=ADDRESS  optional  who is told when an alarm goes off
  -c parts=N             optional  parts of a cycle, about one per 60,000 customers (default 4)
  -c vendor=NAME         optional  the print vendor's name in the rulebook (default harbor_print)
  -c vendorAccount=ID    optional  AWS account of the print vendor, which may then use its two queues and fetch its pieces
  -c divisions=A,B       optional  divisions whose e-mail has a configuration set of its own (reputation, events apart)
  -c inboundDomain=NAME  optional  domain at which SES receives replies and unsubscriptions by mail
  -c textSender=ARN      optional  origination number, pool or sender id of text messages (AWS End User Messaging)
  -c keep=false          optional  let the tables and buckets go with the stack (trials only; default true)
  -c local=true          the one-machine stack; `courtesy up` gives it"""


class ConfigProblem(Exception):
    """The context is incomplete or wrong; the message lists every problem and what can be given."""


@dataclass(frozen=True)
class Config:
    """An installation, as its context describes it."""

    stage: str
    sender: str
    parts: int
    vendor: str
    vendor_account: str | None
    alarm_email: str | None
    divisions: tuple[str, ...]
    inbound_domain: str | None
    text_sender: str | None
    keep: bool
    local: bool
    endpoint: str | None
    """Where the one-machine stack listens; on AWS None."""
    bundle: bool
    """False in tests of the templates: assets are the plain source folders."""

    @property
    def prefix(self) -> str:
        """The beginning of every resource's name."""
        return f"courtesy-{self.stage}"

    @property
    def sender_domain(self) -> str:
        """The domain of the from-address."""
        return self.sender.rpartition("@")[2]

    @property
    def target(self) -> Target:
        """What the functions run on."""
        return target.host() if self.local else target.AWS

    @property
    def tls_only(self) -> bool:
        """Whether buckets, queues and topics refuse plain HTTP: always, except on one machine, which has no TLS."""
        return not self.local

    def visibility(self, consumer_timeout: int) -> int:
        """Seconds that a taken message stays hidden: six time-outs of its consumer, as AWS advises.

        On one machine a shorter time, so that a message whose handler failed is soon tried again.
        """
        return min(consumer_timeout, 90) if self.local else 6 * consumer_timeout


def read_config(context: Callable[[str], object]) -> Config:
    """The configuration in a CDK context; `context` is `node.try_get_context`. Raises ConfigProblem naming all problems at once."""
    problems: list[str] = []

    def text(name: str, default: str | None, pattern: re.Pattern[str], what: str) -> str:
        value = context(name)
        if value is None or value == "":
            if default is None:
                problems.append(f"`{name}` is missing: {what}. Give it with -c {name}=...")
            return default or ""
        if not pattern.fullmatch(str(value)):
            problems.append(f"`{name}` is {str(value)!r}, expected {what}.")
        return str(value)

    def flag(name: str, default: bool) -> bool:
        value = context(name)
        if value is None:
            return default
        if str(value).lower() not in {"true", "false"}:
            problems.append(f"`{name}` is {str(value)!r}, expected true or false.")
        return str(value).lower() == "true"

    def optional(name: str, pattern: re.Pattern[str], what: str) -> str | None:
        return text(name, "", pattern, what) or None

    def number(name: str, default: int) -> int:
        value = str(context(name) or default)
        if not _COUNT.fullmatch(value):
            problems.append(f"`{name}` is {value!r}, expected a whole number from 1 to 9999.")
            return default
        return int(value)

    local = flag("local", False)
    config = Config(
        stage=text(
            "stage", "local" if local else None, _STAGE, "a name of 1 to 20 small letters, digits and dashes"
        ),
        sender=text("sender", None, _ADDRESS, "an e-mail address, for instance news@example.com"),
        parts=number("parts", 2 if local else 4),
        vendor=text("vendor", "harbor_print", _VENDOR, "a vendor's name as in the rulebook"),
        vendor_account=optional("vendorAccount", _ACCOUNT, "an AWS account number of 12 digits"),
        alarm_email=optional("alarmEmail", _ADDRESS, "an e-mail address"),
        divisions=tuple(filter(None, text("divisions", "", _NAMES, "names with commas between").split(","))),
        inbound_domain=optional("inboundDomain", _DOMAIN, "a domain, for instance reply.example.com"),
        text_sender=optional("textSender", _SENDER, "the ARN of an origination identity"),
        keep=flag("keep", not local),
        local=local,
        endpoint=optional("endpoint", _ENDPOINT, "http://HOST:PORT") if local else None,
        bundle=flag("bundle", True),
    )
    if problems:
        raise ConfigProblem(
            "cannot describe the installation:\n  - "
            + "\n  - ".join(problems)
            + f"\nWhat can be given:\n{HELP}"
        )
    return config
