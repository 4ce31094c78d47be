"""What every `ports.Queue` does: the fake and SQS."""

from collections.abc import Callable

import pytest

from courtesy.ports import Queue
from courtesy_aws.queues import SqsQueue
from courtesy_aws.session import client
from tests.fakes import InMemoryQueue

Seen = Callable[[], list[bytes]]


@pytest.fixture(params=["fake", "sqs"])
def queue(request: pytest.FixtureRequest) -> tuple[Queue, Seen]:
    """A queue to write to, and what a reader sees of it now."""
    if request.param == "fake":
        fake = InMemoryQueue()
        return fake, lambda: [body for body, delay in fake.sent if not delay]
    request.getfixturevalue("aws")
    url = client("sqs").create_queue(QueueName="events")["QueueUrl"]

    def seen() -> list[bytes]:
        bodies: list[bytes] = []
        while got := client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            bodies += [message["Body"].encode() for message in got]
        return bodies

    return SqsQueue(url), seen


def test_every_body_arrives_whole(queue: tuple[Queue, Seen]) -> None:
    sent = [f'{{"n": {n}, "name": "Åse"}}'.encode() for n in range(37)]
    queue[0].send(sent)
    assert sorted(queue[1]()) == sorted(sent)


def test_nothing_to_send_is_no_request(queue: tuple[Queue, Seen]) -> None:
    queue[0].send([])
    assert queue[1]() == []


def test_large_bodies_go_in_smaller_batches(queue: tuple[Queue, Seen]) -> None:
    sent = [b'"%s"' % (b"%d" % n * 100_000) for n in range(5)]
    queue[0].send(sent)
    assert sorted(queue[1]()) == sorted(sent)


def test_delayed_messages_are_not_seen_yet(queue: tuple[Queue, Seen]) -> None:
    queue[0].send([b'"later"'], delay=600)
    queue[0].send([b'"now"'])
    assert queue[1]() == [b'"now"']
