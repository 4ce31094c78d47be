"""Counts what the local server is asked for, in the units that AWS bills. Shown as JSON at /_courtesy/meter.

Loaded by its path beside `server_process`, on the interpreter of `.ministack`; imports nothing of Courtesy.

DynamoDB: write units of 1 KB (a transaction's count twice; an item that carries `due` is written to an index as well), read
units of 4 KB (half for eventual consistency). An update is taken as one unit per KB of what it says. S3: writes and lists, and
reads, apart. Lambda: requests and the GB-seconds that the functions took on this machine.
"""

import base64
import json
from collections import defaultdict
from contextlib import suppress
from time import monotonic
from typing import Any

PATH = "/_courtesy/meter"
ADMINISTRATOR = "test"
"""The access key of the demo and the commands, whose questions are no part of what an installation does."""
WRITING = frozenset({"PUT", "POST"})
counted: defaultdict[str, float] = defaultdict(float)


def size(value: Any) -> int:
    """Bytes of an attribute value or of an item, by DynamoDB's rules."""
    total = 0
    for kind, held in value.items():
        if kind in ("S", "N"):
            total += len(held.encode()) if kind == "S" else len(held) // 2 + 1
        elif kind == "B":
            total += len(base64.b64decode(held))
        elif kind in ("SS", "NS", "BS"):
            total += sum(len(each) for each in held)
        elif kind in ("BOOL", "NULL"):
            total += 1
        elif kind == "L":
            total += 3 + sum(1 + size(each) for each in held)
        elif kind == "M":
            total += 3 + size(held)
        else:
            total += len(kind) + size(held)
    return total


def written(item: Any, times: int = 1) -> int:
    """Write units of putting an item."""
    units = -(-max(1, size(item)) // 1024) * times
    return units + (-(-max(1, size(item)) // 1024) if "due" in item else 0)


def read(items: Any, consistent: bool, at_least: int = 1) -> float:
    """Read units of items that are read each on its own."""
    units = sum(-(-max(1, size(item)) // 4096) for item in items)
    return max(units, at_least) * (1 if consistent else 0.5)


def dynamodb(action: str, request: Any, answer: Any) -> None:
    """Count one request to DynamoDB."""
    counted["dynamodb.requests"] += 1
    writes, reads = 0, 0.0
    if action == "PutItem":
        writes = written(request["Item"])
    elif action in ("UpdateItem", "DeleteItem"):
        writes = 1
    elif action == "BatchWriteItem":
        for entries in request["RequestItems"].values():
            writes += sum(written(e["PutRequest"]["Item"]) if "PutRequest" in e else 1 for e in entries)
    elif action == "TransactWriteItems":
        for entry in request["TransactItems"]:
            ((how, told),) = entry.items()
            writes += written(told["Item"], 2) if how == "Put" else 2
    elif action == "GetItem":
        reads = read([answer.get("Item", {})], bool(request.get("ConsistentRead")))
    elif action == "BatchGetItem":
        for table, told in request["RequestItems"].items():
            found = answer.get("Responses", {}).get(table, [])
            reads += read(found, bool(told.get("ConsistentRead")), len(told["Keys"]))
    elif action in ("Query", "Scan"):
        together = sum(size(item) for item in answer.get("Items", []))
        reads = max(1, -(-together // 4096)) * (1 if request.get("ConsistentRead") else 0.5)
    counted["dynamodb.write_units"] += writes
    counted["dynamodb.read_units"] += reads


def signer(authorization: str) -> tuple[str, str]:
    """The access key and the service that a request is signed for; empty where it is not signed."""
    signed = authorization.partition("Credential=")[2].split("/")
    return (signed[0], signed[3]) if len(signed) > 4 else ("", "")


def request(scope: Any) -> None:
    """Count one request to another service; listing a bucket costs as much as a write."""
    key, service = signer(dict(scope["headers"]).get(b"authorization", b"").decode("latin-1"))
    if key == ADMINISTRATOR:
        return
    if service == "s3":
        lists = scope["method"] == "GET" and b"list-type=" in scope["query_string"]
        counted["s3.writes" if lists or scope["method"] in WRITING else "s3.reads"] += 1
    elif service not in ("", "dynamodb"):
        counted[f"{service}.requests"] += 1


def install(app: Any, dynamo: Any, functions: Any) -> None:
    """Put the counting around MiniStack's own handlers."""
    serve, answer, execute = app.app, dynamo.handle_request, functions._execute_function

    async def served(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            if scope["path"] == PATH:
                kind = [(b"content-type", b"application/json")]
                await send({"type": "http.response.start", "status": 200, "headers": kind})
                await send({"type": "http.response.body", "body": json.dumps(counted).encode()})
                return
            request(scope)
        await serve(scope, receive, send)

    async def handle_request(method: str, path: str, headers: Any, body: Any, query_params: Any) -> Any:
        given = await answer(method, path, headers, body, query_params)
        with suppress(Exception):
            action = headers.get("x-amz-target", "").rpartition(".")[2]
            if signer(headers.get("authorization", ""))[0] != ADMINISTRATOR:
                dynamodb(action, json.loads(body), json.loads(given[2]))
        return given

    def execute_function(func: Any, event: Any) -> Any:
        began = monotonic()
        try:
            return execute(func, event)
        finally:
            memory = func.get("config", {}).get("MemorySize", 128)
            counted["lambda.requests"] += 1
            counted["lambda.gb_seconds"] += (monotonic() - began) * memory / 1024

    app.app, dynamo.handle_request, functions._execute_function = served, handle_request, execute_function
