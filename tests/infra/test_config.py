"""What an installation's context may say, and how a person learns what is wrong with it."""

import pytest

from infra.bundling.target import AWS
from infra.config import Config, ConfigProblem, read_config

pytestmark = pytest.mark.infra
ENOUGH = {"stage": "prod", "sender": "news@example.com"}


def config(**context: str) -> Config:
    return read_config(context.get)


def complaint(**context: str) -> str:
    with pytest.raises(ConfigProblem) as raised:
        config(**context)
    return str(raised.value)


def test_stage_and_sender_are_enough() -> None:
    told = config(**ENOUGH)

    assert (told.prefix, told.sender_domain, told.parts, told.keep) == (
        "courtesy-prod",
        "example.com",
        4,
        True,
    )
    assert told.target == AWS


def test_everything_that_is_missing_is_said_at_once() -> None:
    told = complaint()

    assert "`stage` is missing" in told
    assert "`sender` is missing" in told
    assert "-c sender=..." in told
    assert "-c alarmEmail=ADDRESS" in told


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("stage", "Prod_1", "small letters"),
        ("sender", "news.example.com", "e-mail address"),
        ("parts", "0", "1 to 9999"),
        ("parts", "many", "1 to 9999"),
        ("vendorAccount", "1234", "12 digits"),
        ("keep", "perhaps", "true or false"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(name: str, value: str, expected: str) -> None:
    told = complaint(**{**ENOUGH, name: value})

    assert f"`{name}` is {value!r}" in told
    assert expected in told


def test_one_machine_needs_a_sender_only() -> None:
    told = config(local="true", sender="news@example.com")

    assert (told.stage, told.keep, told.tls_only) == ("local", False, False)


def test_messages_stay_hidden_for_six_timeouts_on_aws() -> None:
    assert config(**ENOUGH).visibility(60) == 360
