"""Errors as RFC 9457 problem documents: one shape for every failure that a caller can see."""

from typing import Any

import orjson
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.exceptions import ServiceError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestValidationError,
    ResponseValidationError,
)

from courtesy.errors import Conflict, CourtesyError, NotAllowed, NotFound, OutsideFailed, RefusedInput, Stale
from courtesy_aws.observability import logger

TITLES = {
    400: "The request cannot be taken as it is",
    401: "Sign in first",
    403: "Not allowed for this role",
    404: "Not found",
    405: "This method is not offered here",
    409: "Not as things stand",
    412: "Somebody else changed it first",
    422: "The request has wrong or missing fields",
    428: "Say which state you saw",
    429: "Too many requests; wait a little",
    500: "Courtesy failed",
    503: "A part of Courtesy did not answer; try again",
}
_STATUS: dict[type[CourtesyError], int] = {
    Stale: 412,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    OutsideFailed: 503,
    RefusedInput: 400,
}


def problem(status: int, detail: str, errors: list[dict[str, str]] | None = None) -> Response[str]:
    """A problem document; `errors` name a field by its path, what is wrong with it and what was expected."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": TITLES[status],
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    return Response(
        status_code=status, content_type="application/problem+json", body=orjson.dumps(body).decode()
    )


def as_answer(response: Response[str]) -> dict[str, Any]:
    """The response as the HTTP API takes it (payload format 2.0)."""
    headers = {"Content-Type": str(response.content_type), "Cache-Control": "no-store"}
    return {
        "statusCode": response.status_code, "headers": headers, "body": response.body, "isBase64Encoded": False,
        "cookies": [],
    }  # fmt: skip


def install(app: APIGatewayHttpResolver) -> None:
    """Make `app` answer every error with a problem document and tell the log only what holds no personal data."""

    def no_route(_: Exception) -> Response[str]:
        return problem(404, f"there is no {app.current_event.http_method} {app.current_event.path}")

    app.not_found(no_route)
    app.exception_handler(RequestValidationError)(_refuse_request)
    app.exception_handler(ResponseValidationError)(_failed)
    app.exception_handler(CourtesyError)(_refuse)
    app.exception_handler(ServiceError)(_refuse_service)
    app.exception_handler(UnicodeDecodeError)(_no_text)
    app.exception_handler(Exception)(_failed)


def problem_of(error: Exception) -> Response[str]:
    """The problem document of an error that was raised before the request was looked at."""
    match error:
        case CourtesyError():
            return _refuse(error)
        case ServiceError():
            return _refuse_service(error)
    return _failed(error)


def _refuse_request(error: RequestValidationError) -> Response[str]:
    errors = [
        {"field": ".".join(str(part) for part in found["loc"]), "problem": str(found["msg"])}
        for found in error.errors()
    ]
    return problem(422, "; ".join(f"{e['field']}: {e['problem']}" for e in errors), errors)


def _refuse(error: CourtesyError) -> Response[str]:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    logger.info("request refused", extra={"status": status, "error": type(error).__name__})
    return problem(status, str(error))


def _refuse_service(error: ServiceError) -> Response[str]:
    if error.status_code == 422:  # the text begins with the field
        field, _, text = str(error.msg).partition(": ")
        return problem(422, str(error.msg), [{"field": field, "problem": text}])
    return problem(error.status_code if error.status_code in TITLES else 500, str(error.msg))


def _no_text(_: UnicodeDecodeError) -> Response[str]:
    return problem(400, "the body is no text in UTF-8")


def _failed(error: Exception) -> Response[str]:
    # The text of an unforeseen error may hold a person's data, so only its kind and place are logged.
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else ""
    logger.error("request failed", extra={"error": type(error).__name__, "where": where})
    return problem(500, "the failure is recorded; try again, and tell the operator if it stays")
