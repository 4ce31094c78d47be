"""serve_api: HTTP API events in, answers out."""

from typing import Any

import orjson
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer
from aws_lambda_powertools.utilities.typing import LambdaContext

from courtesy_aws.observability import observed
from functions.serve_api import problems
from functions.serve_api.routes import (
    console,
    customers,
    cycles,
    identity,
    intake,
    population,
    sources,
    unsubscribe,
)

API_VERSION = "0.1.0"
app = APIGatewayHttpResolver(enable_validation=True, serializer=lambda value: orjson.dumps(value).decode())
problems.install(app)
for subject in (customers, identity, cycles, population, sources, intake, unsubscribe, console):
    app.include_router(subject.router)


def openapi_document() -> str:
    """The OpenAPI 3.1 description of this API as JSON; the same text is checked in as `docs/openapi.json`."""
    return app.get_openapi_json_schema(
        title="Courtesy",
        version=API_VERSION,
        description="Customers, cycles and sources; problems are answered as application/problem+json (RFC 9457).",
        security_schemes={"token": HTTPBearer(bearerFormat="JWT")},
        security=[{"token": []}],
    )


@app.get("/openapi.json", include_in_schema=False)
def serve_openapi() -> Response[str]:
    """This API's own description."""
    return Response(status_code=200, content_type="application/json", body=openapi_document())


@observed
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of the HTTP API (payload format 2.0)."""
    return app.resolve(event, context)
