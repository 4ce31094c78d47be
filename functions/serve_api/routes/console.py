"""The console's static files, served with the API, with the headers that `console/headers.json` gives each of them."""

import hashlib
from functools import cache
from importlib import resources
from typing import Annotated

import orjson
from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from courtesy.errors import NotFound
from functions.serve_api import wiring
from functions.serve_api.gate import Router

router = Router("console")
TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}
FOLDERS = ("", "pages", "vendor")
FileName = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,40}\.(html|css|js)$|^LICENSES\.txt$")]


@cache
def files() -> frozenset[str]:
    """Every file that is handed out, by its path below the console's folder."""
    root = resources.files("console")
    return frozenset(
        f"{folder}/{file.name}".lstrip("/")
        for folder in FOLDERS
        for file in root.joinpath(folder).iterdir()
        if file.is_file() and file.name.rpartition(".")[2] in TYPES
    )


@router.get("/console", public=True, rate="page", include_in_schema=False)
def show_console() -> Response[str]:
    """The console's page; it speaks only to this API, with the token that the person signs in with."""
    return _file("index.html")


@router.get("/console/config.json", public=True, rate="page", include_in_schema=False)
def show_config() -> Response[str]:
    """Where the console signs people in; nothing secret."""
    return Response(
        status_code=200,
        content_type="application/json",
        body=orjson.dumps(wiring.wire().sign_in).decode(),
        headers={"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"},
    )


@router.get("/console/<name>", public=True, rate="page", include_in_schema=False)
def show_file(name: FileName) -> Response[str]:
    """A page, style sheet or script of the console."""
    return _file(name)


@router.get("/console/pages/<name>", public=True, rate="page", include_in_schema=False)
def show_page(name: FileName) -> Response[str]:
    """The script of one page."""
    return _file(f"pages/{name}")


@router.get("/console/vendor/<name>", public=True, rate="page", include_in_schema=False)
def show_library(name: FileName) -> Response[str]:
    """A browser library, or the licences of all."""
    return _file(f"vendor/{name}")


@cache
def _read(path: str) -> tuple[str, str]:
    """A file's text and its entity tag."""
    text = resources.files("console").joinpath(path).read_text(encoding="utf-8")
    return text, f'"{hashlib.sha256(text.encode()).hexdigest()[:20]}"'


@cache
def _headers(path: str) -> dict[str, str]:
    """The headers of a file; scripts may speak to this API and to where people sign in, and to nobody else."""
    declared = orjson.loads(resources.files("console").joinpath("headers.json").read_bytes())
    cognito = wiring.wire().sign_in["cognito"].rstrip("/")
    headers = declared.get(path, declared["*"])
    # Bundles change with a deployment only; everything else is asked for again each time, and answered with 304.
    lasts = "max-age=86400" if path.startswith("vendor/") else "no-cache"
    return {name: value.replace("{cognito}", cognito) for name, value in headers.items()} | {
        "Cache-Control": lasts
    }


def _file(path: str) -> Response[str]:
    if path not in files():
        raise NotFound(f"the console has no file {path!r}")
    text, tag = _read(path)
    headers = {**_headers(path), "ETag": tag}
    known = router.current_event.headers.get("if-none-match", "")
    if known == tag:
        return Response(
            status_code=304, content_type=TYPES[path.rpartition(".")[2]], body="", headers=headers
        )
    return Response(
        status_code=200,
        content_type=TYPES[path.rpartition(".")[2]],
        body=text,
        headers=headers,
        compress=True,
    )
