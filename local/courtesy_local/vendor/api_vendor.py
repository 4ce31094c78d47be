"""A print vendor with an HTTP API on this machine: letters and postcards over a real connection, with the faults of real ones.

It answers in the fields that a common vendor publishes: create with an idempotency key, list by metadata in pages, cancel until
the sending date, tracking events. `faults` makes single requests fail the way networks do.
"""

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

Fault = Literal[
    "busy",
    "broken",
    "broken_after",
    "cut",
    "cut_after",
    "late_after",
    "no_body_after",
    "forbidden",
    "redirect",
    "refused",
]
"""busy: 429; broken: 500; cut: the connection is cut; late: answers too late; `_after`: what was asked for is done all the same."""

PAGE = 100


class ApiVendorServer:
    """The vendor; used as a context manager, it listens on a free port of this machine.

    faults: what happens to the next requests of a method, by `METHOD`; an empty list: nothing
    forgets: whether idempotency keys are forgotten at once; page: pieces in one answer of a list
    """

    def __init__(self, port: int = 0, *, key: str = "test", late: float = 0.5) -> None:
        self.key, self.late, self.forgets, self.page = key, late, False, PAGE
        self.pieces: list[dict[str, Any]] = []
        self.files: dict[str, dict[str, bytes]] = {}
        self.faults: dict[str, list[Fault | None]] = {}
        self.requests: list[tuple[str, str]] = []
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._keys: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __repr__(self) -> str:
        return f"ApiVendorServer({self.url!r}, {len(self.pieces)} pieces)"

    def __enter__(self) -> "ApiVendorServer":
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def serve(self) -> None:
        """Listen until interrupted."""
        self._server.serve_forever()

    def printed(self) -> list[str]:
        """Our ids of the pieces that are, or will be, printed: each should be there once."""
        return [str(p["metadata"]["piece"]) for p in self.pieces if not p["deleted"]]

    def happen(self, piece: str, *names: str) -> None:
        """Let things happen to a piece, in the vendor's words (`Mailed`, `Returned to Sender`)."""
        (found,) = [p for p in self.pieces if p["metadata"]["piece"] == piece and not p["deleted"]]
        found["tracking_events"] += [{"name": n, "time": self.now().isoformat()} for n in names]

    def fault(self, method: str) -> Fault | None:
        """What is to happen to the next request of a method."""
        waiting = self.faults.get(method)
        return waiting.pop(0) if waiting else None

    def create(self, kind: str, key: str, fields: dict[str, Any], files: dict[str, bytes]) -> tuple[int, Any]:
        """A piece under an idempotency key."""
        with self._lock:
            if key and key in self._keys and not self.forgets:
                return 200, self._keys[key]
            wanted = {"file"} if kind == "letters" else {"front", "back"}
            if set(files) != wanted:
                return 422, _error("artwork_required", f"{kind} take {sorted(wanted)}")
            if not fields.get("to", {}).get("address_line1"):
                return 422, _error("address_required", "to[address_line1]")
            made = {
                "id": f"{'ltr' if kind == 'letters' else 'psc'}_{len(self.pieces):016x}",
                "object": kind.removesuffix("s"),
                "metadata": fields.get("metadata", {}),
                "date_created": self.now().isoformat(),
                "send_date": fields.get("send_date", ""),
                "tracking_events": [],
                "deleted": False,
            }
            self.pieces.append(made)
            self.files[str(made["id"])] = files
            self._keys[key] = made
            return 200, made

    def find(self, kind: str, asked: dict[str, list[str]]) -> tuple[int, Any]:
        """A page of the pieces, newest first, by metadata."""
        with self._lock:
            wanted = {n[9:-1]: v[0] for n, v in asked.items() if n.startswith("metadata[")}
            found = [
                p
                for p in reversed(self.pieces)
                if p["object"] == kind.removesuffix("s")
                and all(p["metadata"].get(name) == value for name, value in wanted.items())
            ]
            begin = int(asked.get("after", ["0"])[0])
            page = found[begin : begin + self.page]
            more = begin + self.page < len(found)
            next_url = f"{self.url}/{kind}?limit=100&after={begin + self.page}" if more else None
            return 200, {"object": "list", "data": page, "count": len(page), "next_url": next_url}

    def cancel(self, id_: str) -> tuple[int, Any]:
        """Stop a piece before its sending date."""
        with self._lock:
            piece = next((p for p in self.pieces if p["id"] == id_), None)
            if piece is None:
                return 404, _error("not_found", id_)
            until = piece["send_date"]
            if piece["tracking_events"] or (until and datetime.fromisoformat(until) <= self.now()):
                return 422, _error("cannot_delete", "the sending date has passed")
            piece["deleted"] = True
            return 200, {"id": id_, "deleted": True}


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def _handler(vendor: ApiVendorServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_DELETE(self) -> None:
            self._answer()

        def log_message(self, *_: object) -> None:
            """Nothing: addresses would stand in it."""

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            vendor.requests.append((self.command, self.path))
            fault = vendor.fault(self.command)
            if fault in ("busy", "broken", "forbidden", "refused"):
                status = {"busy": 429, "broken": 500, "forbidden": 403, "refused": 422}[fault]
                self._say(status, _error("bad_address" if fault == "refused" else fault, ""))
                return
            if fault == "redirect":
                self.send_response(302)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if fault == "cut":
                self.close_connection = True
                return
            status, said = self._do(body)
            match fault:
                case "late_after":
                    time.sleep(vendor.late)
                case "cut_after":
                    self.close_connection = True
                    return
                case "broken_after":
                    status, said = 502, _error("broken", "")
                case "no_body_after":
                    said = None
            self._say(status, said)

        def _do(self, body: bytes) -> tuple[int, Any]:
            at = urlsplit(self.path)
            kind, _, id_ = at.path.removeprefix("/v1/").partition("/")
            if kind not in ("letters", "postcards"):
                return 404, _error("not_found", "")
            if self.command == "GET":
                return vendor.find(kind, parse_qs(at.query))
            if self.command == "DELETE":
                return vendor.cancel(id_)
            fields, files = _form(self.headers.get("Content-Type", ""), body)
            return vendor.create(kind, self.headers.get("Idempotency-Key", ""), fields, files)

        def _say(self, status: int, said: Any) -> None:
            content = b"" if said is None else json.dumps(said).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # who asked has gone away

    return Handler


def _form(content_type: str, body: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The fields (`to[name]` nested) and files of a multipart form."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    fields: dict[str, Any] = {}
    files: dict[str, bytes] = {}
    for part in BytesParser(policy=HTTP).parsebytes(head + body).walk():
        content = part.get_payload(decode=True)
        if part.is_multipart() or not isinstance(content, bytes):
            continue
        name = str(part.get_param("name", header="content-disposition"))
        if part.get_filename():
            files[name] = content
            continue
        outer, _, inner = name.partition("[")
        if inner:
            fields.setdefault(outer, {})[inner.removesuffix("]")] = content.decode()
        else:
            fields[outer] = content.decode()
    return fields, files
