"""order_pieces: a message is done with the vendor that it names, or comes again."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from courtesy.messages.compile import compile_messages
from courtesy.messages.mailing import recall
from courtesy.messages.render import Renderer
from courtesy.rulebook.load import load_rulebook
from courtesy_aws.print_api import HttpPrintApi
from courtesy_local.vendor.api_vendor import ApiVendorServer
from functions.order_pieces import handler
from functions.order_pieces.settings import Settings
from functions.order_pieces.wiring import Outside
from tests.unit.messages.people import FOLDER, NOW
from tests.unit.messages.test_print_api import NAME, Shop

LEFT = SimpleNamespace(get_remaining_time_in_millis=lambda: 300_000)
SHORT = SimpleNamespace(get_remaining_time_in_millis=lambda: 20_000)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(load_rulebook(FOLDER, compile_messages))


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, renderer: Renderer) -> Iterator[Shop]:
    with ApiVendorServer() as server:
        server.now = lambda: NOW
        made = Shop(renderer, server)
        rules = renderer.rulebook.messages.model_copy(update={"vendors": {NAME: made.vendor}})
        books = SimpleNamespace(current=lambda: renderer.rulebook.model_copy(update={"messages": rules}))
        outside = Outside(
            books, made.lake, made.reports, lambda api: HttpPrintApi(api.url, "test"), lambda: NOW
        )
        monkeypatch.setattr(handler, "wire", lambda: outside)
        yield made


def event(*bodies: bytes | str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m{n}",
                "eventSource": "aws:sqs",
                "body": b.decode() if isinstance(b, bytes) else b,
            }
            for n, b in enumerate(bodies)
        ]
    }


def test_a_mailing_is_handed_over_and_a_piece_asked_back(shop: Shop) -> None:
    asked = recall(NAME, "letter", shop.mailing_id, shop.pieces[:1])
    assert handler.handle(event(*shop.announced, asked), LEFT) == {"batchItemFailures": []}
    assert sorted(shop.server.printed()) == sorted(shop.pieces[1:])
    assert shop.told() == [("acknowledged", 3), ("rejected", 1)]


def test_what_cannot_be_done_comes_again(shop: Shop) -> None:
    shop.server.faults = {"POST": ["busy"]}
    unknown = json.dumps({"schema": "courtesy.mailing.v1", "vendor": "nobody", "mailing_id": "m"})
    answer = handler.handle(
        event(*shop.announced, "nonsense", unknown, recall(NAME, "letter", shop.mailing_id, [])), LEFT
    )
    assert [each["itemIdentifier"] for each in answer["batchItemFailures"]] == ["m0", "m1", "m2"]
    assert handler.handle(event(*shop.announced), LEFT) == {"batchItemFailures": []}
    assert sorted(shop.server.printed()) == sorted(shop.pieces)


def test_with_little_time_left_nothing_is_begun(shop: Shop) -> None:
    answer = handler.handle(event(*shop.announced), SHORT)
    assert [each["itemIdentifier"] for each in answer["batchItemFailures"]] == ["m0"]
    assert shop.server.printed() == []


def test_settings_name_what_is_missing() -> None:
    with pytest.raises(Exception, match="VENDOR_STATUS_QUEUE_URL"):
        Settings.load({"PREFIX": "courtesy-test"})
