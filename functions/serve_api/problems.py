"""Errors as RFC 9457 problem documents: one shape for every failure that a caller can see."""

from collections.abc import Sequence
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
    415: "This API takes JSON",
    422: "The request has wrong or missing fields",
    428: "Say which state you saw",
    429: "Too many requests; wait a little",
    500: "Courtesy failed",
    503: "A part of Courtesy did not answer; try again",
}
NO_PATH = "there is no such path; GET /openapi.json lists those that there are"
_STATUS: dict[type[CourtesyError], int] = {
    Stale: 412,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    OutsideFailed: 503,
    RefusedInput: 400,
}


class TooMany(ServiceError):
    """More requests of a costly route than one caller may make. `wait`: seconds until the next may be made."""

    def __init__(self, allowed: int, wait: int) -> None:
        super().__init__(429, f"this route takes {allowed} requests a minute of one caller; wait {wait} s")
        self.wait = wait


def problem(
    status: int,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response[str]:
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
        status_code=status, content_type="application/problem+json", body=orjson.dumps(body).decode(),
        headers=dict(headers or {}),
    )  # fmt: skip


def as_answer(response: Response[str]) -> dict[str, Any]:
    """The response as the HTTP API takes it (payload format 2.0)."""
    headers = {"Content-Type": str(response.content_type), "Cache-Control": "no-store", **response.headers}
    return {
        "statusCode": response.status_code, "headers": headers, "body": response.body, "isBase64Encoded": False,
        "cookies": [],
    }  # fmt: skip


def not_offered(method: str, offered: Sequence[str]) -> dict[str, Any]:
    """The answer where no route fits: 405 with the methods that the path has, else 404."""
    if not offered:
        return as_answer(problem(404, NO_PATH))
    those = ", ".join(offered)
    told = f"{method} is not offered here; this path takes {those}"
    return as_answer(problem(405, told, headers={"Allow": those}))


def install(app: APIGatewayHttpResolver) -> None:
    """Make `app` answer every error with a problem document and tell the log only what holds no personal data."""

    app.not_found(lambda _: problem(404, NO_PATH))
    app.exception_handler(RequestValidationError)(_refuse_request)
    app.exception_handler(ResponseValidationError)(_failed)
    app.exception_handler(CourtesyError)(_refuse)
    app.exception_handler(ServiceError)(_refuse_service)
    app.exception_handler(UnicodeDecodeError)(_no_text)
    app.exception_handler(RecursionError)(_too_deep)
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
    if isinstance(error, TooMany):
        return problem(429, str(error.msg), headers={"Retry-After": str(error.wait)})
    if error.status_code == 422:  # the text begins with the field
        field, _, text = str(error.msg).partition(": ")
        return problem(422, str(error.msg), [{"field": field, "problem": text}])
    return problem(error.status_code if error.status_code in TITLES else 500, str(error.msg))


def _no_text(_: UnicodeDecodeError) -> Response[str]:
    return problem(400, "the body is no text in UTF-8")


def _too_deep(_: RecursionError) -> Response[str]:
    return problem(400, "the body is nested too deeply")


def _failed(error: Exception) -> Response[str]:
    # The text of an unforeseen error may hold a person's data, so only its kind and place are logged.
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else ""
    logger.error("request failed", extra={"error": type(error).__name__, "where": where})
    return problem(500, "the failure is recorded; try again, and tell the operator if it stays")
