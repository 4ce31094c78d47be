"""The API's OpenAPI document: what Powertools makes of the routes, with roles and problem documents for each operation."""

from typing import Any

import orjson
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer

from functions.serve_api.gate import DECLARED, Access
from functions.serve_api.problems import TITLES
from functions.serve_api.rates import RATES

API_VERSION = "0.2.0"
ABOUT = (
    "What marketers, approvers, agents, dealers, privacy officers, engineers and source systems do with Courtesy. "
    "Problems are answered as application/problem+json (RFC 9457). Lists take `limit` and `cursor` and answer `next`. "
    "A write with the header `Idempotency-Key` is done once; sent again it gets the same answer. Drafts carry an ETag and "
    "are changed with If-Match. Each route has its own limit of requests (`x-rate`: a second, at once, and of one caller a minute "
    "where callers are counted); beyond it the answer is 429."
)
PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "What is wrong, where, and what to do (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "problem"],
                "properties": {"field": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
}
KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Your own name of this request: sent again under it, it is answered as the first time and done once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[\\x21-\\x7e]+$"},
}
_PROBLEM_CONTENT: dict[str, Any] = {
    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
}
_ALWAYS = (400, 404, 405, 429, 500, 503)


def describe(app: APIGatewayHttpResolver) -> str:
    """The OpenAPI 3.1 document of these routes, as JSON."""
    document: dict[str, Any] = orjson.loads(
        app.get_openapi_json_schema(
            title="Courtesy",
            version=API_VERSION,
            description=ABOUT,
            security_schemes={"token": HTTPBearer(bearerFormat="JWT")},
            security=[{"token": []}],
        )
    )
    schemas = document["components"]["schemas"]
    for gone in ("HTTPValidationError", "ValidationError", "ResponseValidationError"):
        schemas.pop(gone, None)
    schemas["Problem"] = PROBLEM
    document["components"]["responses"] = {
        _name(status): {
            "description": title,
            "content": _PROBLEM_CONTENT,
        }
        for status, title in TITLES.items()
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            route = DECLARED[method.upper(), path.replace("{", "<").replace("}", ">")]
            _complete(operation, route.access, writes=route.writes)
            operation["x-rate"] = {"kind": route.access.rate, **RATES[route.access.rate]._asdict()}
    return orjson.dumps(document).decode()


def _complete(operation: dict[str, Any], access: Access, *, writes: bool) -> None:
    """Say who may call it, and which problems it answers with."""
    statuses = list(_ALWAYS)
    if access.public:
        operation["security"] = []
        statuses.remove(404)
        page: dict[str, Any] = {"content": {"text/html": {"schema": {"type": "string"}}}}
        operation["responses"] = {
            "200": {"description": "A page for people", **page},
            "404": {
                "description": "The link is not valid",
                "content": {**page["content"], **_PROBLEM_CONTENT},
            },
        }
    else:
        operation["x-roles"] = sorted(access.roles)
        operation["x-scope"] = access.scope
        statuses += [401, 403]
        if writes:
            operation.setdefault("parameters", []).append(KEY_HEADER)
    if operation.get("requestBody"):
        statuses.append(415)
    if operation.get("parameters") or operation.get("requestBody"):
        statuses.append(422)
    if writes:
        statuses.append(409)
    if any(each["name"].lower() == "if-match" for each in operation.get("parameters", [])):
        statuses += [412, 428]
    responses = operation["responses"]
    responses.pop("422", None)
    for status in sorted(statuses):
        responses[str(status)] = {"$ref": f"#/components/responses/{_name(status)}"}


def _name(status: int) -> str:
    return f"Problem{status}"
