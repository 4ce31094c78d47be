"""The API's own description."""

from aws_lambda_powertools.event_handler.api_gateway import Response

from functions.serve_api.application import openapi_document
from functions.serve_api.gate import Router

router = Router("about")


@router.get("/openapi.json", public=True, include_in_schema=False)
def serve_openapi() -> Response[str]:
    """As OpenAPI 3.1."""
    return Response(status_code=200, content_type="application/json", body=openapi_document())
