"""The MiniStack process: started apart from us, found again by what it wrote down, stopped with all its workers."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import urllib3

from courtesy_local.stack import places

STARTS_WITHIN = 120.0
FIRST_PORT = 4566
PORT_VARIABLE = "COURTESY_PORT"

_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")


class StackProblem(Exception):
    """The stack on one machine cannot do what was asked; the message says why and what to do."""


@dataclass(frozen=True)
class Server:
    """A MiniStack process of this checkout. `started` is the kernel's start time of the process, so a reused pid is not taken for it."""

    pid: int
    port: int
    started: str

    @property
    def endpoint(self) -> str:
        """Its address; a numeric host makes SDKs put bucket names in the path."""
        return f"http://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        """Whether it is our process and answers its health check."""
        if _start_of(self.pid) != self.started:
            return False
        try:
            return (
                urllib3.request(
                    "GET", f"{self.endpoint}/_ministack/health", timeout=20.0, retries=False
                ).status
                == 200
            )
        except urllib3.exceptions.HTTPError:
            return False


def find() -> Server | None:
    """The server of this checkout if it runs, else None."""
    try:
        written = Server(**json.loads(places.SERVER_STATE.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return written if _start_of(written.pid) == written.started else None


def start() -> Server:
    """Start a server on a free port and wait until it answers. Raises StackProblem."""
    if not places.SERVER_PYTHON.exists():
        raise StackProblem(
            f"{places.SERVER_PYTHON.parent.parent.name} is not set up. Run `make setup` in {places.CHECKOUT.name}."
        )
    places.STATE.mkdir(parents=True, exist_ok=True)
    work = places.STATE / "server"
    work.mkdir(exist_ok=True)
    _clear(work)
    port = _port()
    with places.SERVER_LOG.open("wb") as log:
        process = subprocess.Popen(
            [str(places.SERVER_PYTHON), "-P", str(places.SERVER_PROGRAM)],
            cwd=work,
            env=_environment(port, work),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(process.pid, port, _start_of(process.pid) or "")
    places.SERVER_STATE.write_text(json.dumps(asdict(server)))
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if server.answers():
            process.returncode = 0  # from here on it is found by what is written down, not by this object
            return server
        time.sleep(0.05)
    stop(server)
    tail = "\n".join(places.SERVER_LOG.read_text(errors="replace").splitlines()[-5:])
    raise StackProblem(
        f"the local AWS stand-in did not start on port {port}; the end of {places.SERVER_LOG.name}:\n{tail}"
    )


def stop(server: Server) -> None:
    """End the server and every worker it started, and remove the workers' copies of the layers."""
    places.SERVER_STATE.unlink(missing_ok=True)
    if _start_of(server.pid) == server.started:
        _end(server)
    _clear(places.STATE / "server")


def _clear(work: Path) -> None:
    """Every worker unpacks the layers for itself, some 200 MB; a server that ended leaves them lying."""
    shutil.rmtree(work / "tmp", ignore_errors=True)


def _end(server: Server) -> None:
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, how)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            with suppress(ChildProcessError):
                os.waitpid(server.pid, os.WNOHANG)
            if _start_of(server.pid) is None:
                break
            time.sleep(0.05)
        else:
            continue
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)  # workers that outlived it
        return


def _environment(port: int, work: Path) -> dict[str, str]:
    """Only what the server needs: its workers inherit it, and they must see no more than functions on AWS do."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return kept | {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": places.ACCOUNT,
        "MINISTACK_REGION": places.REGION,
        "STATE_DIR": str(work / "state"),
        "S3_DATA_DIR": str(work / "s3"),
        "TMPDIR": str(_made(work / "tmp")),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_WARM_TTL_SECONDS": "3600",
        "PYTHONUNBUFFERED": "1",
    }


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _port() -> int:
    """The port that the environment names, else the first free one from 4566 on. Raises StackProblem."""
    wanted = os.environ.get(PORT_VARIABLE)
    if wanted:
        if not wanted.isdigit() or not _free(int(wanted)):
            raise StackProblem(
                f"{PORT_VARIABLE} is {wanted!r}: not a free port. Unset it to take the first free one."
            )
        return int(wanted)
    for port in range(FIRST_PORT, FIRST_PORT + 100):
        if _free(port):
            return port
    raise StackProblem(f"no free port from {FIRST_PORT} to {FIRST_PORT + 99}; name one with {PORT_VARIABLE}")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _start_of(pid: int) -> str | None:
    """When the kernel says the process started; None where there is none (a zombie counts as none)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None if Path("/proc/self/stat").exists() else _start_by_ps(pid)
    return None if fields[0] in "ZX" else fields[19]  # clock ticks after the boot


def _start_by_ps(pid: int) -> str | None:
    """The same where there is no /proc."""
    done = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    state, _, started = done.stdout.strip().partition(" ")
    return started.strip() or None if state and not state.startswith("Z") else None
