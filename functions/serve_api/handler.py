"""serve_api: HTTP API events in, answers out."""

from typing import Any

import orjson
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from aws_lambda_powertools.utilities.typing import LambdaContext

from courtesy_aws.observability import observed
from functions.serve_api import description, gate, problems, replay
from functions.serve_api.routes import ROUTES

app = APIGatewayHttpResolver(enable_validation=True, serializer=lambda value: orjson.dumps(value).decode())
problems.install(app)
for module in ROUTES:
    app.include_router(module.router.inner)

about = gate.Router("about")


@about.get("/openapi.json", public=True, include_in_schema=False)
def serve_openapi() -> Response[str]:
    """This API's own description."""
    return Response(status_code=200, content_type="application/json", body=openapi_document())


app.include_router(about.inner)


def openapi_document() -> str:
    """The OpenAPI 3.1 description of this API as JSON; the same text is checked in as `docs/openapi.json`."""
    return description.describe(app)


@observed
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of the HTTP API (payload format 2.0)."""
    request = APIGatewayProxyEventV2(event)
    route = gate.find(request.http_method, request.path)
    if route is None or route.access.public:
        return app.resolve(event, context)
    try:
        admitted = gate.admit(route, request)
        return replay.once(
            admitted, request, lambda: gate.carry_out(admitted, lambda: app.resolve(event, context))
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a problem document
        return problems.as_answer(problems.problem_of(error))
