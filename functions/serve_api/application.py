"""The application: a resource's routes join it when the first request for them comes, or all at once for its description."""

from functools import cache
from importlib import import_module

import orjson
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from functions.serve_api import gate, problems
from functions.serve_api.directory import Line
from functions.serve_api.routes import MODULES

app = APIGatewayHttpResolver(enable_validation=True, serializer=lambda value: orjson.dumps(value).decode())
problems.install(app)


@cache
def join(module: str) -> None:
    """Take the routes of a module in, once."""
    app.include_router(import_module(f"functions.serve_api.routes.{module}").router.inner)


def route_of(line: Line) -> gate.Route:
    """The route with what is declared of it."""
    join(line.module)
    return gate.DECLARED[line.method, line.rule]


def join_all() -> None:
    """Take in every route there is."""
    for module in MODULES:
        join(module)


@cache
def openapi_document() -> str:
    """The OpenAPI 3.1 description of this API as JSON; the same text is checked in as `docs/openapi.json`."""
    from functions.serve_api import description  # asked for seldom

    join_all()
    return description.describe(app)
