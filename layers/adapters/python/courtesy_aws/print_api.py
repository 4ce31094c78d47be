"""`messages.print_api.PrintApi` over HTTPS: form fields with the artwork as a file, Basic authentication, an idempotency key."""

from typing import Any, Literal

import orjson
from urllib3 import PoolManager, Retry, Timeout, make_headers
from urllib3.exceptions import HTTPError

from courtesy.errors import OutsideFailed
from courtesy.messages.print_api import Answered, PieceRequest

_GONE = frozenset({404, 409, 422})


class HttpPrintApi:
    """A vendor's API at `url` with an account's `key`. Never repeats by itself: the announcement comes again."""

    def __init__(self, url: str, key: str, pool: Any = None) -> None:
        self._url = url.rstrip("/")
        self._headers = dict(make_headers(basic_auth=f"{key}:"))
        self._pool = pool or PoolManager(
            timeout=Timeout(connect=3, read=20), retries=Retry(0, raise_on_status=False)
        )

    def __repr__(self) -> str:
        return f"HttpPrintApi({self._url!r})"

    def create(self, request: PieceRequest) -> Answered:
        """See `PrintApi`."""
        artwork = (f"{request.key}.pdf", request.file, "application/pdf")
        fields: dict[str, Any] = {}
        for name, value in request.fields.items():
            if isinstance(value, dict):
                fields |= {f"{name}[{part}]": str(text) for part, text in value.items()}
            else:
                fields[name] = str(value).lower() if isinstance(value, bool) else str(value)
        if request.kind == "postcards":
            # Front and back are the two pages of one file.
            fields |= {"front": artwork, "back": artwork}
        else:
            fields["file"] = artwork
        status, body = self._ask("POST", request.kind, {"Idempotency-Key": request.key}, fields)
        if status < 300:
            return Answered(id=str(body.get("id", "")))
        return Answered(code=str((body.get("error") or {}).get("code", f"http_{status}"))[:60])

    def cancel(self, kind: Literal["letters", "postcards"], id_: str) -> bool:
        """See `PrintApi`."""
        status, body = self._ask("DELETE", f"{kind}/{id_}", {}, None)
        return status < 300 and bool(body.get("deleted", True))

    def _ask(
        self, method: str, path: str, headers: dict[str, str], fields: Any
    ) -> tuple[int, dict[str, Any]]:
        try:
            answer = self._pool.request(
                method, f"{self._url}/{path}", headers={**self._headers, **headers}, fields=fields
            )
        except HTTPError as error:
            raise OutsideFailed(f"print API: {type(error).__name__}") from error
        status = int(answer.status)
        if status == 429 or status >= 500 or (300 <= status < 500 and status in (401, 403, 408)):
            raise OutsideFailed(f"print API: status {status}")
        try:
            body = orjson.loads(answer.data)
        except orjson.JSONDecodeError:
            body = {}
        if method == "DELETE" and status not in _GONE and status >= 300:
            raise OutsideFailed(f"print API: status {status}")
        return status, body if isinstance(body, dict) else {}
