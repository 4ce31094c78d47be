"""Deploys the CDK app to the local server with the ordinary CDK command line, and knows when it need not."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from courtesy_local.stack import places
from courtesy_local.stack.server import Server, StackProblem

INPUTS = ("infra", "functions", "layers", "console", "cdk.json", "requirements.lock", "package-lock.json")

ADMIN = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": places.REGION,
    "AWS_DEFAULT_REGION": places.REGION,
}
"""The local administrator: MiniStack takes this key for the account's root."""


def fingerprint(server: Server) -> str:
    """A hash of the server and of all that a deployment is made from."""
    state = hashlib.sha256(f"{server.pid} {server.port} {server.started}".encode())
    for path in _inputs():
        state.update(
            str(path.relative_to(places.CHECKOUT)).encode()
            + b"\0"
            + hashlib.sha256(path.read_bytes()).digest()
        )
    return state.hexdigest()


def is_deployed(server: Server) -> bool:
    """Whether what is deployed on the server is what the checkout holds."""
    try:
        return bool(json.loads(places.DEPLOYED.read_text())["fingerprint"] == fingerprint(server))
    except (FileNotFoundError, ValueError, KeyError):
        return False


def deploy(server: Server) -> None:
    """Synthesise and deploy both stacks. Raises StackProblem with the end of the log."""
    if not places.CDK.exists():
        raise StackProblem("the CDK command line is not set up. Run `make setup`.")
    mark = fingerprint(server)
    arguments = ["deploy", "--all", "--require-approval", "never", "--method", "direct", "--concurrency", "2"]
    arguments += [
        "--output",
        str(places.ASSEMBLY),
        "--outputs-file",
        str(places.OUTPUTS),
        "--progress",
        "events",
    ]
    arguments += ["--no-version-reporting", "--no-notices", "--ci"]
    arguments += ["--app", f"{sys.executable} -m infra.app"]
    context = {"local": "true", "stage": places.STAGE, "sender": places.SENDER, "endpoint": server.endpoint}
    for name, value in context.items():
        arguments += ["-c", f"{name}={value}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    environment |= ADMIN | {
        "AWS_ENDPOINT_URL": server.endpoint,
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    }
    with places.DEPLOY_LOG.open("wb") as log:
        done = subprocess.run(
            [str(places.CDK), *arguments],
            cwd=places.CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
        )
    if done.returncode:
        tail = "\n".join(places.DEPLOY_LOG.read_text(errors="replace").splitlines()[-25:])
        raise StackProblem(
            f"deploying to the local stack failed; the end of {places.shown(places.DEPLOY_LOG)}:\n{tail}"
        )
    places.DEPLOYED.write_text(json.dumps({"fingerprint": mark}))


def _inputs() -> Iterator[Path]:
    for name in INPUTS:
        root = places.CHECKOUT / name
        found = sorted(root.rglob("*")) if root.is_dir() else [root]
        for path in found:
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
