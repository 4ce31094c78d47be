"""AWS clients: one session, each client made once, only those that are asked for.

Making a client costs 0.1 to 0.2 s, so a process shares them. Parameter validation is off where the code itself makes
every parameter and calls are many; botocore's own retries re-send with the same ClientRequestToken, so a repeated
transaction is answered and not done twice.
"""

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
import botocore
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

Service = Literal[
    "dynamodb", "s3", "sqs", "sesv2", "stepfunctions", "secretsmanager", "cloudwatch", "pinpoint-sms-voice-v2"
]

_AGENT = f"courtesy Botocore/{botocore.__version__}"
"""Given as a whole: botocore otherwise puts its own together for each request, a sixth of a request's time."""

_CONFIGS: dict[str, Config] = {
    "dynamodb": Config(
        user_agent=_AGENT,
        parameter_validation=False,
        connect_timeout=1,
        read_timeout=5,
        retries={"mode": "standard", "total_max_attempts": 4},
        max_pool_connections=32,
    ),
    "sqs": Config(
        user_agent=_AGENT,
        parameter_validation=False,
        connect_timeout=2,
        read_timeout=10,
        retries={"mode": "standard", "total_max_attempts": 4},
    ),
    # SES has no idempotency token: one attempt, and what is not known stays unknown until an event tells.
    "sesv2": Config(connect_timeout=2, read_timeout=8, retries={"total_max_attempts": 1}),
    # Nor has the service of text messages.
    "pinpoint-sms-voice-v2": Config(connect_timeout=2, read_timeout=8, retries={"total_max_attempts": 1}),
    "s3": Config(
        connect_timeout=2,
        read_timeout=60,
        retries={"mode": "standard", "total_max_attempts": 4},
        max_pool_connections=32,
    ),
}
_STANDARD = Config(connect_timeout=2, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 4})
_making = Lock()


@overload
def client(service: Literal["dynamodb"]) -> "DynamoDBClient": ...
@overload
def client(service: Literal["s3"]) -> "S3Client": ...
@overload
def client(service: Literal["sqs"]) -> "SQSClient": ...
@overload
def client(service: Literal["sesv2"]) -> "SESV2Client": ...
@overload
def client(service: Literal["stepfunctions"]) -> "SFNClient": ...
@overload
def client(service: Literal["secretsmanager", "cloudwatch", "pinpoint-sms-voice-v2"]) -> Any: ...
def client(service: Service) -> Any:
    """The process's client of a service; made at the first call (making one is not thread-safe, hence the lock)."""
    with _making:
        return _client(service)


def forget_clients() -> None:
    """Make every client anew at its next use: for tests that start another stand-in for AWS."""
    _client.cache_clear()
    _session.cache_clear()


@cache
def _session() -> boto3.session.Session:
    return boto3.session.Session()


@cache
def _client(service: Service) -> Any:
    return _session().client(service, config=_CONFIGS.get(service, _STANDARD))
