"""serve_api: HTTP API events in, answers out."""

from typing import Any

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from aws_lambda_powertools.utilities.typing import LambdaContext

from courtesy_aws.observability import observed
from functions.serve_api import directory, gate, problems, replay
from functions.serve_api.application import app, route_of


@observed
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of the HTTP API (payload format 2.0)."""
    request = APIGatewayProxyEventV2(event)
    try:
        line = directory.find(request.http_method, request.path)
        if line is None:
            return problems.not_offered(request.http_method, directory.offered(request.path))
        route = route_of(line)
        if route.access.public:
            return app.resolve(event, context)
        admitted = gate.admit(route, request)
        return replay.once(
            admitted, request, lambda: gate.carry_out(admitted, lambda: app.resolve(event, context))
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a problem document
        return problems.as_answer(problems.problem_of(error))
