"""What the store of answers does: the fake and the table."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from courtesy_aws.tables.answers import KEPT, LEASE, DynamoAnswers, Held
from tests.contract.conftest import make_table
from tests.fakes.answers import InMemoryAnswers

NOW = datetime(2026, 3, 2, 12, 0, 10, tzinfo=UTC)
ANNA, BERT = "c" + "a" * 26, "c" + "b" * 26
Answers = InMemoryAnswers | DynamoAnswers


@pytest.fixture(params=["fake", "table"])
def answers(request: pytest.FixtureRequest) -> Iterator[Answers]:
    if request.param == "fake":
        yield InMemoryAnswers()
        return
    request.getfixturevalue("aws")
    make_table("answers", "caller_key")
    yield DynamoAnswers("answers")


def test_a_key_is_taken_once_and_answers_what_was_kept(answers: Answers) -> None:
    assert answers.take("k", "r", NOW) is None
    assert answers.take("k", "r", NOW) == Held("r", "")
    answers.keep("k", "r", "done", (), NOW)
    assert answers.take("k", "other", NOW) == Held("r", "done")
    assert answers.take("k", "r", NOW + KEPT + timedelta(seconds=2)) is None


def test_a_key_whose_request_died_is_taken_over_by_the_same_request_only(answers: Answers) -> None:
    answers.take("k", "r", NOW)
    late = NOW + LEASE + timedelta(seconds=2)
    assert answers.take("k", "other", late) == Held("r", "")
    assert answers.take("k", "r", late) is None
    answers.release("k", "r", late)
    assert answers.take("k", "r", late + timedelta(seconds=1)) is None


def test_what_was_answered_about_a_customer_is_forgotten_with_them(answers: Answers) -> None:
    for key, about in (("k1", {ANNA}), ("k2", {ANNA, BERT}), ("k3", {BERT})):
        answers.take(key, "r", NOW)
        answers.keep(key, "r", f"answer {key}", about, NOW)
    answers.forget([ANNA, "c" + "x" * 26, ANNA])
    assert answers.take("k3", "r", NOW) == Held("r", "answer k3")
    assert answers.take("k1", "r", NOW) is None
    assert answers.take("k2", "r", NOW) is None
    answers.forget([ANNA])


def test_requests_are_counted_by_caller_and_minute(answers: Answers) -> None:
    assert [answers.count("mia", 2, NOW) for _ in range(3)] == [True, True, False]
    assert answers.count("ben", 2, NOW)
    assert not answers.count("mia", 2, NOW + timedelta(seconds=49))
    assert answers.count("mia", 2, NOW + timedelta(seconds=50))
