"""The text message adapter: one request, told apart by what is certain, never repeated."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from botocore.stub import Stubber

from courtesy.messages.ports import Accepted, Ambiguous, MailOutcome, Refused, TextMessage
from courtesy_aws.session import client
from courtesy_aws.texter import EndUserMessaging

TEXT = TextMessage(
    "+16175550100", "Meridian Cars: hello", {"contact": "k1", "customer": "c1", "trigger": ""}, True
)
NUMBER = "arn:aws:sms-voice:us-east-1:123456789012:phone-number/phone-1"


@pytest.fixture
def stub(aws: None) -> Iterator[Stubber]:
    with Stubber(client("pinpoint-sms-voice-v2")) as made:
        yield made


def texter(remaining: int = 60_000, origination: str = NUMBER) -> EndUserMessaging:
    return EndUserMessaging("texts", origination, lambda: remaining)


def test_the_request_names_number_sender_and_ids(stub: Stubber) -> None:
    expected = {
        "DestinationPhoneNumber": "+16175550100",
        "OriginationIdentity": NUMBER,
        "MessageBody": "Meridian Cars: hello",
        "MessageType": "PROMOTIONAL",
        "ConfigurationSetName": "texts",
        "MaxPrice": "0.50",
        "Context": {"contact": "k1", "customer": "c1"},
    }
    stub.add_response("send_text_message", {"MessageId": "m1"}, expected)
    assert texter().send(TEXT) == Accepted("m1")


@pytest.mark.parametrize(
    ("code", "status", "outcome"),
    [
        ("ThrottlingException", 400, Refused("ThrottlingException", retryable=True)),
        ("ServiceQuotaExceededException", 402, Refused("ServiceQuotaExceededException", retryable=True)),
        ("ConflictException", 409, Refused("ConflictException", retryable=False)),
        ("ValidationException", 400, Refused("ValidationException", retryable=False)),
        ("InternalServerException", 500, Ambiguous("InternalServerException")),
    ],
)
def test_errors_are_told_apart(stub: Stubber, code: str, status: int, outcome: MailOutcome) -> None:
    stub.add_client_error("send_text_message", code, http_status_code=status)
    assert texter().send(TEXT) == outcome


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ReadTimeoutError(endpoint_url="x"), Ambiguous("ReadTimeoutError")),
        (ConnectTimeoutError(endpoint_url="x"), Refused("ConnectTimeoutError", retryable=True)),
    ],
)
def test_a_time_out_is_ambiguous_once_it_was_handed_over(
    aws: None, monkeypatch: pytest.MonkeyPatch, error: Exception, outcome: MailOutcome
) -> None:
    def fails(**_: object) -> object:
        raise error

    monkeypatch.setattr(client("pinpoint-sms-voice-v2"), "send_text_message", fails, raising=False)
    assert texter().send(TEXT) == outcome


def test_the_client_never_repeats_by_itself(aws: None) -> None:
    assert client("pinpoint-sms-voice-v2").meta.config.retries["total_max_attempts"] == 1


def test_without_time_or_number_nothing_is_sent(aws: None) -> None:
    assert not texter(1000).ready()
    assert texter(1000).send(TEXT) == Refused("no_time_left", retryable=True)
    assert texter(origination="").send(TEXT) == Refused("no_origination_number", retryable=False)
