"""The print API's adapter: what it puts on the wire, and what it makes of each answer."""

from types import SimpleNamespace
from typing import Any

import pytest
from urllib3.exceptions import ReadTimeoutError

from courtesy.errors import OutsideFailed
from courtesy.messages.print_api import Answered, PieceRequest
from courtesy_aws.print_api import HttpPrintApi

LETTER = PieceRequest("letters", "k1", {"to": {"name": "Anna"}, "size": "us_letter", "color": True}, b"%PDF")


class Pool:
    """Answers as it is told and keeps what it was asked."""

    def __init__(self, status: int = 200, data: bytes = b"{}", error: Exception | None = None) -> None:
        self.answer, self.error = SimpleNamespace(status=status, data=data), error
        self.asked: list[tuple[str, str, dict[str, str], Any]] = []

    def request(self, method: str, url: str, headers: dict[str, str], fields: Any) -> SimpleNamespace:
        self.asked.append((method, url, headers, fields))
        if self.error:
            raise self.error
        return self.answer


def test_a_letter_is_posted_with_its_key_fields_and_file() -> None:
    pool = Pool(data=b'{"id": "ltr_1"}')
    assert HttpPrintApi("https://api.example.com/v1/", "secret", pool).create(LETTER) == Answered(id="ltr_1")
    ((method, url, headers, fields),) = pool.asked
    assert (method, url, headers["Idempotency-Key"]) == ("POST", "https://api.example.com/v1/letters", "k1")
    assert fields == {
        "to[name]": "Anna",
        "size": "us_letter",
        "color": "true",
        "file": ("k1.pdf", b"%PDF", "application/pdf"),
    }
    card = PieceRequest("postcards", "k2", {}, b"%PDF")
    HttpPrintApi("https://api.example.com/v1", "secret", pool).create(card)
    assert set(pool.asked[1][3]) == {"front", "back"}


@pytest.mark.parametrize(
    ("status", "data", "expected"),
    [
        (422, b'{"error": {"code": "invalid_address"}}', Answered(code="invalid_address")),
        (400, b"<html>", Answered(code="http_400")),
        (429, b"{}", None),
        (500, b"{}", None),
        (401, b"{}", None),
    ],
)
def test_refusals_are_told_from_what_may_pass(status: int, data: bytes, expected: Answered | None) -> None:
    api = HttpPrintApi("https://api.example.com/v1", "secret", Pool(status, data))
    if expected is None:
        with pytest.raises(OutsideFailed, match=str(status)):
            api.create(LETTER)
    else:
        assert api.create(LETTER) == expected


def test_a_time_out_is_asked_again_later_under_the_same_key() -> None:
    error = ReadTimeoutError(None, "", "late")  # type: ignore[arg-type]
    with pytest.raises(OutsideFailed, match="ReadTimeoutError"):
        HttpPrintApi("https://api.example.com/v1", "secret", Pool(error=error)).create(LETTER)


@pytest.mark.parametrize(
    ("status", "data", "stopped"), [(200, b'{"deleted": true}', True), (422, b"[]", False)]
)
def test_a_piece_is_cancelled_or_has_left(status: int, data: bytes, stopped: bool) -> None:
    pool = Pool(status, data)
    assert HttpPrintApi("https://api.example.com/v1", "secret", pool).cancel("letters", "ltr_1") is stopped
    assert pool.asked[0][:2] == ("DELETE", "https://api.example.com/v1/letters/ltr_1")
    with pytest.raises(OutsideFailed):
        HttpPrintApi("https://api.example.com/v1", "secret", Pool(418)).cancel("letters", "ltr_1")
