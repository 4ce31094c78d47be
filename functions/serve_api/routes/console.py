"""The console's static files, served with the API."""

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
FILES = {
    "index.html": "text/html; charset=utf-8",
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "api.js": "text/javascript; charset=utf-8",
}


@cache
def _text(name: str) -> str:
    return resources.files("console").joinpath(name).read_text(encoding="utf-8")


@router.get("/console", public=True, include_in_schema=False)
def show_console() -> Response[str]:
    """The console's page; it speaks only to this API, with the token that the person signs in with."""
    return _file("index.html")


@router.get("/console/config.json", public=True, include_in_schema=False)
def show_config() -> Response[str]:
    """Where the console signs people in; nothing secret."""
    return Response(
        status_code=200, content_type="application/json", body=orjson.dumps(wiring.wire().sign_in).decode()
    )


@router.get("/console/<name>", public=True, include_in_schema=False)
def show_file(name: Annotated[str, Path(pattern=r"^[a-z.]{1,40}$")]) -> Response[str]:
    """A style sheet or script of the console."""
    if name not in FILES:
        raise NotFound(f"the console has no file {name!r}")
    return _file(name)


def _file(name: str) -> Response[str]:
    headers = {"Cache-Control": "max-age=300", "X-Content-Type-Options": "nosniff"}
    return Response(status_code=200, content_type=FILES[name], body=_text(name), headers=headers)
