"""`messages.print_api.PrintApi` over HTTPS: form fields with the artwork as files, Basic authentication, an idempotency key."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
from urllib3 import PoolManager, Retry, Timeout, make_headers
from urllib3.exceptions import HTTPError

from courtesy.errors import OutsideFailed
from courtesy.messages.print_api import Answered, Kind, Made, PieceRequest, made_of

ANSWER_MAX = 4_000_000
"""Bytes of an answer that are read; a list of a hundred pieces has some 300,000."""
PAGES_MAX = 200
_GONE = frozenset({404, 409, 422})
"""What a vendor answers who cannot stop a piece any more."""


class HttpPrintApi:
    """A vendor's API at `url` with an account's `key`. Never repeats by itself: the announcement comes again.

    connect, read: seconds. No redirect is followed: it would carry the key elsewhere.
    """

    def __init__(self, url: str, key: str, *, connect: float = 3, read: float = 20) -> None:
        self._url = url.rstrip("/")
        self._headers = dict(make_headers(basic_auth=f"{key}:"))
        self._pool = PoolManager(
            timeout=Timeout(connect=connect, read=read), retries=Retry(0, redirect=0, raise_on_status=False)
        )

    def __repr__(self) -> str:
        return f"HttpPrintApi({self._url!r})"

    def create(self, request: PieceRequest) -> Answered:
        """See `PrintApi`. Refused is what the vendor gives a reason for; all else may have been taken, or will be."""
        fields: dict[str, Any] = {}
        for name, value in request.fields.items():
            if isinstance(value, dict):
                fields |= {f"{name}[{part}]": str(text) for part, text in value.items()}
            else:
                fields[name] = str(value).lower() if isinstance(value, bool) else str(value)
        for name, content in request.files.items():
            fields[name] = (f"{request.key}-{name}.pdf", content, "application/pdf")
        status, body = self._ask("POST", request.kind, {"Idempotency-Key": request.key}, fields)
        if status < 300 and body.get("id"):
            return Answered(id=str(body["id"]))
        error = body.get("error")
        if status in (400, 422) and isinstance(error, dict):
            return Answered(code=str(error.get("code") or f"http_{status}")[:60])
        raise _unclear(status)

    def find(self, kind: Kind, mailing_id: str) -> list[Made]:
        """See `PrintApi`. Pieces carry the mailing's id as metadata, by which the API lists."""
        asked = {"limit": "100", "metadata[mailing]": mailing_id}
        made: list[Made] = []
        for _ in range(PAGES_MAX):
            status, body = self._ask("GET", kind, {}, asked)
            if status >= 300 or not isinstance(body.get("data"), list):
                raise _unclear(status)
            made += [made_of(one) for one in body["data"] if isinstance(one, dict)]
            after = _after(str(body.get("next_url") or ""))
            if not after or not body["data"]:
                return made[::-1]  # the API's lists begin with the newest
            asked |= {"after": after}
        raise OutsideFailed(f"print API: a list of more than {PAGES_MAX} pages")

    def cancel(self, kind: Kind, id_: str) -> bool:
        """See `PrintApi`."""
        status, body = self._ask("DELETE", f"{kind}/{id_}", {}, None)
        if status >= 300 and status not in _GONE:
            raise _unclear(status)
        return status < 300 and bool(body.get("deleted", True))

    def _ask(
        self, method: str, path: str, headers: dict[str, str], fields: Any
    ) -> tuple[int, dict[str, Any]]:
        try:
            answer = self._pool.request(
                method,
                f"{self._url}/{path}",
                headers={**self._headers, **headers},
                fields=fields,
                preload_content=False,
            )
            content = answer.read(ANSWER_MAX)
            answer.release_conn()
        except HTTPError as error:
            raise OutsideFailed(f"print API: {type(error).__name__}") from error
        status = int(answer.status)
        if status == 429 or status >= 500 or status in (401, 403, 408):
            raise _unclear(status)
        try:
            body = orjson.loads(content)
        except orjson.JSONDecodeError:
            body = {}
        return status, body if isinstance(body, dict) else {}


def _after(next_url: str) -> str:
    """The cursor in the address of the next page; the address itself is not followed."""
    return parse_qs(urlsplit(next_url).query).get("after", [""])[0]


def _unclear(status: int) -> OutsideFailed:
    return OutsideFailed(f"print API: status {status}")
