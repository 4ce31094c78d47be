"""AWS as a script: the answers that the next requests get, below botocore, so that its own retries are the real ones."""

import json
from collections.abc import Iterator
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError


class Script:
    """Answers in order; an exception is raised as the network would. `requests` are those that were sent."""

    def __init__(self, *answers: dict[str, Any] | tuple[int, dict[str, Any]] | Exception) -> None:
        self._answers = iter(answers)
        self.requests: list[dict[str, Any]] = []

    def __call__(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        body: Any = request.body
        self.requests.append(json.loads(body) if body else {})
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        status, content = answer if isinstance(answer, tuple) else (200, answer)
        raw = json.dumps(content).encode()
        headers: Any = {"content-type": "application/x-amz-json-1.0", "content-length": str(len(raw))}
        return AWSResponse(request.url, status, headers, _Raw(raw))


class _Raw:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, amt: int = 65536, decode_content: bool = False) -> Iterator[bytes]:
        yield self._content


def lost_answer() -> ReadTimeoutError:
    """The server may have done it; we never hear."""
    return ReadTimeoutError(endpoint_url="https://aws.example")


def unreachable() -> ConnectTimeoutError:
    """The server never saw it."""
    return ConnectTimeoutError(endpoint_url="https://aws.example")


def refusal(code: str, **more: Any) -> tuple[int, dict[str, Any]]:
    """An error answer of DynamoDB or SQS."""
    return 400, {"__type": f"com.amazonaws#{code}", "message": code, **more}
