"""Clients whose requests meet a script instead of AWS."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from courtesy_aws.session import Service, client, forget_clients
from tests.unit.adapters.wire import Script

Play = Callable[..., Script]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Iterator[Play]:
    """`play("dynamodb", answer, answer, ...)`; botocore's pauses between retries take no time."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    forget_clients()

    def start(service: Service, *answers: object) -> Script:
        script = Script(*answers)  # type: ignore[arg-type]
        events: Any = client(service).meta.events
        events.register_first("before-send.*.*", script)
        return script

    yield start
    forget_clients()
