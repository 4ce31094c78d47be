"""The mailer and the mailing shelf: fakes and adapters by one contract, and SES's answers told apart."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from botocore.stub import Stubber

from courtesy.errors import OutsideFailed
from courtesy.messages.ports import Accepted, Ambiguous, Mail, Mailer, MailingShelf, Refused
from courtesy_aws.mailer import SesMailer, tag
from courtesy_aws.sending import TIME_NEEDED_MS
from courtesy_aws.session import client
from courtesy_aws.vendor import S3MailingShelf
from tests.fakes.mailer import FakeMailer
from tests.fakes.vendor import InMemoryShelf

MAIL = Mail(
    from_name="Meridian Cars",
    from_address="cars@example.com",
    to="anna@example.com",
    subject="Zeit für den Service",
    html="<p>Hello</p>",
    text="Hello",
    tags={"contact": "k1", "customer": "c1", "trigger": "service_due_cars"},
    unsubscribe="https://api.example.com/u/token",
)


@pytest.fixture(params=["fake", "ses"])
def mailer(request: pytest.FixtureRequest) -> Mailer:
    if request.param == "fake":
        return FakeMailer()
    request.getfixturevalue("aws")
    client("sesv2").create_email_identity(EmailIdentity="sender@example.com")
    return SesMailer("", "sender@example.com", lambda: 60_000)


def test_a_mail_is_accepted_with_an_id_of_its_own(mailer: Mailer) -> None:
    first, second = mailer.send(MAIL), mailer.send(MAIL)
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert first.message_id
    assert first.message_id != second.message_id


def test_it_is_ready_while_there_is_time(mailer: Mailer) -> None:
    assert mailer.ready()


class Answers:
    """SES answering in a certain way; keeps what it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.mailer = SesMailer("set-cars", "sender@example.com", lambda: 60_000)
        self.stub = Stubber(client("sesv2"))
        self.asked: list[dict[str, object]] = []
        self.stub.activate()
        monkeypatch.setattr(self.mailer, "_ses", client("sesv2"))


@pytest.fixture
def answers(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answers]:
    made = Answers(monkeypatch)
    yield made
    made.stub.deactivate()


def test_the_request_is_one_recipient_with_headers_tags_and_the_configuration_set(answers: Answers) -> None:
    expected = {
        "FromEmailAddress": "Meridian Cars <sender@example.com>",
        "Destination": {"ToAddresses": ["anna@example.com"]},
        "ConfigurationSetName": "set-cars",
        "ReplyToAddresses": [],
        "EmailTags": [
            {"Name": "contact", "Value": "k1"},
            {"Name": "customer", "Value": "c1"},
            {"Name": "trigger", "Value": "service_due_cars"},
        ],
        "Content": {
            "Simple": {
                "Subject": {"Data": "Zeit für den Service", "Charset": "UTF-8"},
                "Body": {
                    "Html": {"Data": "<p>Hello</p>", "Charset": "UTF-8"},
                    "Text": {"Data": "Hello", "Charset": "UTF-8"},
                },
                "Headers": [
                    {"Name": "List-Unsubscribe", "Value": "<https://api.example.com/u/token>"},
                    {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
                ],
            }
        },
    }
    answers.stub.add_response("send_email", {"MessageId": "m1"}, expected)
    assert answers.mailer.send(MAIL) == Accepted("m1")


@pytest.mark.parametrize(
    ("code", "status", "outcome"),
    [
        ("TooManyRequestsException", 429, Refused("TooManyRequestsException", retryable=True)),
        ("SendingPausedException", 400, Refused("SendingPausedException", retryable=True)),
        ("MessageRejected", 400, Refused("MessageRejected", retryable=False)),
        ("BadRequestException", 400, Refused("BadRequestException", retryable=False)),
        ("InternalServiceErrorException", 500, Ambiguous("InternalServiceErrorException")),
        ("ServiceUnavailable", 503, Ambiguous("ServiceUnavailable")),
    ],
)
def test_errors_are_told_apart(answers: Answers, code: str, status: int, outcome: object) -> None:
    answers.stub.add_client_error("send_email", code, http_status_code=status)
    assert answers.mailer.send(MAIL) == outcome


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ReadTimeoutError(endpoint_url="x"), Ambiguous("ReadTimeoutError")),
        (ConnectTimeoutError(endpoint_url="x"), Refused("ConnectTimeoutError", retryable=True)),
    ],
)
def test_a_time_out_is_ambiguous_once_the_mail_was_handed_over(
    answers: Answers, monkeypatch: pytest.MonkeyPatch, error: Exception, outcome: object
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(client("sesv2"), "send_email", fail)
    assert answers.mailer.send(MAIL) == outcome


def test_the_client_never_repeats_by_itself(aws: None) -> None:
    config: Any = client("sesv2").meta.config
    assert config.retries["total_max_attempts"] == 1
    assert config.connect_timeout + config.read_timeout < TIME_NEEDED_MS / 1000


def test_without_time_nothing_is_sent(answers: Answers) -> None:
    late = SesMailer("set", "sender@example.com", lambda: TIME_NEEDED_MS - 1)
    assert not late.ready()
    assert late.send(MAIL) == Refused("no_time_left", retryable=True)


@pytest.mark.parametrize(
    "name", ['Evil" <x@y.z>', "Evil\r\nBcc: victim@example.com", "Größe, Ltd", "a" * 500]
)
def test_a_sender_s_name_can_add_neither_header_nor_address(answers: Answers, name: str) -> None:
    from dataclasses import replace

    seen: list[str] = []

    def catch(**asked: object) -> dict[str, str]:
        seen.append(str(asked["FromEmailAddress"]))
        return {"MessageId": "m"}

    answers.mailer._ses.send_email = catch  # type: ignore[method-assign,assignment]
    assert answers.mailer.send(replace(MAIL, from_name=name)) == Accepted("m")
    assert "\n" not in seen[0]
    assert "\r" not in seen[0]
    assert seen[0].endswith("<sender@example.com>")
    from email.utils import getaddresses

    assert [address for _, address in getaddresses([seen[0]])] == ["sender@example.com"]


def test_tags_have_ses_s_characters_only() -> None:
    assert tag("win back/é#1") == "win_back___1"
    assert len(tag("x" * 400)) == 256


@pytest.fixture(params=["fake", "s3"])
def shelf(request: pytest.FixtureRequest) -> MailingShelf:
    if request.param == "fake":
        return InMemoryShelf()
    request.getfixturevalue("aws")
    client("s3").create_bucket(
        Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    return S3MailingShelf("lake")


def test_the_first_register_stands_and_everybody_reads_it(shelf: MailingShelf) -> None:
    assert shelf.register("v", "m") is None
    assert shelf.close("v", "m", b"first") == b"first"
    assert shelf.close("v", "m", b"second") == b"first"
    assert shelf.register("v", "m") == b"first"
    assert shelf.register("v", "other") is None


def test_pieces_and_files_may_be_stored_again(shelf: MailingShelf) -> None:
    for _ in range(2):
        shelf.put_piece("v", "m", "pieces/k1-abc.pdf", b"%PDF")
        shelf.put("v", "m", "manifest.jsonl", b"{}\n")


def test_a_bucket_that_is_not_there_is_an_outside_failure(aws: None) -> None:
    shelf = S3MailingShelf("nowhere")
    calls: list[Callable[[], object]] = [
        lambda: shelf.put("v", "m", "manifest.jsonl", b""),
        lambda: shelf.close("v", "m", b""),
        lambda: shelf.register("v", "m"),
    ]
    for call in calls:
        with pytest.raises(OutsideFailed, match="NoSuchBucket"):
            call()
