"""How the tables are asked: batches with what was left over, pages, and what DynamoDB's errors mean."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from courtesy.errors import OutsideFailed, RefusedInput

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WRITE_BATCH = 25
READ_BATCH = 100
TRANSACTION = 100
LARGEST_ITEM = 400 * 1024
ROUNDS = 8
"""How often what DynamoDB left over of a batch is asked for again: 50 ms, doubled each time, about 6 s in all."""

Item = dict[str, Any]
Pause = Callable[[float], None]
_T = TypeVar("_T")
_R = TypeVar("_R")

_OURS_TO_TELL = frozenset(
    {
        "ConditionalCheckFailedException",
        "TransactionCanceledException",
        "TransactionConflictException",
        "ValidationException",
        "ResourceNotFoundException",
        "AccessDeniedException",
    }
)


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Turn what the store could not do (throttled, timed out, not reachable) into OutsideFailed; let the rest through.

    A failed condition, a cancelled transaction and a wrong request stay the ClientError that they are.
    """
    try:
        yield
    except ClientError as error:
        if code(error) in _OURS_TO_TELL:
            raise
        raise OutsideFailed(f"{what}: {code(error)}") from error
    except BotoCoreError as error:
        raise OutsideFailed(f"{what}: {type(error).__name__}") from error


def code(error: ClientError) -> str:
    """The error's name on the wire."""
    return error.response["Error"]["Code"]


def was_repeated(error: ClientError) -> bool:
    """Whether botocore sent the request more than once, so that an earlier one may have been done."""
    return error.response["ResponseMetadata"].get("RetryAttempts", 0) > 0


def check_size(item: Item, what: str) -> None:
    """Raises RefusedInput where an item cannot fit DynamoDB's 400 KB, before it is asked."""
    size = sum(len(name) + len(next(iter(value.values()))) for name, value in item.items())
    if size > LARGEST_ITEM:
        raise RefusedInput(
            f"{what} is {size // 1024} KB; an item holds at most {LARGEST_ITEM // 1024} KB. "
            "Shorten the source's fields or lower how long the profile remembers"
        )


def write_batches(
    client: "DynamoDBClient", table: str, requests: Iterable[Item], pause: Pause = time.sleep
) -> None:
    """Put and delete requests in batches of 25; what comes back unprocessed is tried again with growing pauses.

    Requests must name different items within a batch of 25. Raises OutsideFailed when something stays unprocessed.
    """
    for batch in batches(requests, WRITE_BATCH):
        left: Any = {table: batch}
        for attempt in range(ROUNDS):
            with asking(f"writing to {table}"):
                left = client.batch_write_item(RequestItems=left).get("UnprocessedItems")
            if not left:
                break
            pause(0.05 * 2**attempt)
        else:
            raise OutsideFailed(f"writing to {table}: {len(left[table])} items stayed unprocessed")


def read_batches(
    client: "DynamoDBClient", table: str, keys: Iterable[Item], fields: str, pause: Pause = time.sleep
) -> Iterator[Item]:
    """Items of different keys by consistent batches of 100, in any order; those that do not exist are left out."""
    for batch in batches(keys, READ_BATCH):
        names = {f"#{n}": name for n, name in enumerate(fields.split())}
        left: Any = {
            table: {
                "Keys": batch,
                "ConsistentRead": True,
                "ProjectionExpression": ",".join(names),
                "ExpressionAttributeNames": names,
            }
        }
        for attempt in range(ROUNDS):
            with asking(f"reading from {table}"):
                answer = client.batch_get_item(RequestItems=left)
            yield from answer["Responses"].get(table, [])
            left = answer.get("UnprocessedKeys")
            if not left:
                break
            pause(0.05 * 2**attempt)
        else:
            raise OutsideFailed(f"reading from {table}: {len(left[table]['Keys'])} keys stayed unprocessed")


def pages(ask: Callable[..., Any], what: str, request: Item) -> Iterator[Item]:
    """The items of a Query or Scan over all its pages (each at most 1 MB)."""
    start: Item = {}
    while True:
        with asking(what):
            answer = ask(**request, **start)
        yield from answer["Items"]
        if not answer.get("LastEvaluatedKey"):
            return
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def at_once(ask: Callable[[_T], _R], things: Sequence[_T], threads: int) -> list[_R]:
    """The answers in order, `threads` requests at a time. The first failure is raised when all have ended."""
    if threads < 2 or len(things) < 2:
        return [ask(thing) for thing in things]
    with ThreadPoolExecutor(min(threads, len(things))) as pool:
        return list(pool.map(ask, things))


def batches(things: Iterable[_T], size: int) -> Iterator[Sequence[_T]]:
    """Lists of at most `size`."""
    rest = iter(things)
    while batch := list(islice(rest, size)):
        yield batch
