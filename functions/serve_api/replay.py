"""Idempotency keys: a write that carries one is carried out once, and answered the same whenever it comes again.

The key belongs to its caller. While the first is being carried out a second gets 409; the key with another request gets 422. An
answer that says that Courtesy failed, or that it was too much, is not kept, so that the request can be sent again. A request that
changes nothing (`asks`) is simply carried out again. Answers are filed under the customers whom they name, so that an erasure
removes them; what a request said is kept as a keyed hash only.
"""

import hashlib
import hmac
import re
from collections.abc import Callable

import orjson
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from courtesy_aws.tables.answers import Held
from functions.serve_api import wiring
from functions.serve_api.gate import Admitted, Answer
from functions.serve_api.problems import as_answer, problem

HEADER = "idempotency-key"
FORM = re.compile(r"[\x21-\x7e]{1,200}")
NAMED = re.compile(r"\bc[a-z0-9]{20,40}\b")
"""A customer's id in a path, a request or an answer; a word that only looks like one does no harm."""
REPLAYED = "Idempotency-Replayed"


def once(admitted: Admitted, request: APIGatewayProxyEventV2, work: Callable[[], Answer]) -> Answer:
    """The answer of `work`; of an earlier one where the request's key says that it was carried out already."""
    given = {name.lower(): value for name, value in (request.headers or {}).items()}.get(HEADER)
    if given is None or not admitted.route.writes or admitted.route.access.asks:
        return work()
    if not FORM.fullmatch(given):
        return as_answer(problem(422, "Idempotency-Key: give 1 to 200 visible ASCII characters, no blanks"))
    outside = wiring.wire()
    body = request.get("body") or ""
    key = _hash(admitted.caller.id, given)
    asked = _hash(request.http_method, request.path, request.raw_query_string or "", body)
    held = outside.answers.take(key, asked, outside.clock())
    if held is not None:
        return _again(held, asked)
    try:
        answer = work()
    except BaseException:
        outside.answers.release(key, asked, outside.clock())
        raise
    if answer["statusCode"] >= 500 or answer["statusCode"] == 429:
        outside.answers.release(key, asked, outside.clock())
    else:
        about = set(NAMED.findall(f"{request.path} {_plain(request)} {answer['body']}"))
        outside.answers.keep(key, asked, orjson.dumps(answer).decode(), about, outside.clock())
    return answer


def _again(held: Held, asked: str) -> Answer:
    if held.request != asked:
        return as_answer(
            problem(422, "Idempotency-Key: it was used for another request; take a new key for a new request")
        )
    if not held.answer:
        return as_answer(
            problem(
                409, "the request with this Idempotency-Key is still being carried out; try again shortly"
            )
        )
    answer: Answer = orjson.loads(held.answer)
    answer["headers"] = {**answer["headers"], REPLAYED: "true"}
    return answer


def _hash(*parts: str) -> str:
    return hmac.new(wiring.wire().key(), "\0".join(parts).encode(), hashlib.sha256).hexdigest()


def _plain(request: APIGatewayProxyEventV2) -> str:
    """The body as text, for the ids in it."""
    try:
        return request.decoded_body or ""
    except ValueError:  # no text: whoever reads it refuses it
        return ""
