"""Layer and function folders below `build/`, each named by the hash of what went into it, so a second synth makes nothing."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from infra.bundling import pruning
from infra.bundling.target import Target

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
RECIPE = "1"
"""Counts up when an artefact is made differently from the same inputs."""


class BundlingFailed(Exception):
    """An artefact could not be made; the message says which, why and what to do."""


def third_party_layer(name: str, target: Target) -> Path:
    """A layer folder holding `python/` with the wheels that `layers/<name>/requirements.in` names, at the locked versions.

    Hashes are those of requirements.lock. Raises BundlingFailed where uv or a wheel for the target is missing.
    """
    names, lock = ROOT / "layers" / name / "requirements.in", ROOT / "requirements.lock"
    key = _digest([names, lock, Path(pruning.__file__)], target)

    def make(folder: Path) -> None:
        site = folder / "python"
        platform = ["--python-platform", target.wheel_platform, "--python-version", target.python]
        what = ["--requirements", str(names), "--constraints", str(lock)]
        install = [
            "pip",
            "install",
            "--quiet",
            "--no-compile",
            "--only-binary",
            ":all:",
            "--target",
            str(site),
        ]
        _uv([*install, *platform, *what], f"layer {name} for {target.name}")
        pruning.prune(site)
        _compile(folder, target)

    return _made(f"layer-{name}-{target.name}", key, make)


def own_layer(folder_name: str, package: str, target: Target) -> Path:
    """A layer folder holding `python/<package>`, from `layers/<folder_name>/python/<package>`."""
    source = ROOT / "layers" / folder_name / "python" / package

    def make(folder: Path) -> None:
        _copy_sources(source, folder / "python" / package)
        _compile(folder, target)

    return _made(f"layer-{folder_name}-{target.name}", _digest(_sources(source), target), make)


def function(name: str, target: Target, beside: tuple[str, ...] = ()) -> Path:
    """A function folder: `functions/__init__.py` and `functions/<name>/`, so its handler is `functions.<name>.handler.handle`.

    `beside` names further folders of the project that the function serves or reads.
    """
    root = ROOT / "functions"
    inputs = [root / "__init__.py", *_sources(root / name)]
    for other in beside:
        inputs += _sources(ROOT / other)

    def make(folder: Path) -> None:
        (folder / "functions").mkdir()
        shutil.copy(root / "__init__.py", folder / "functions" / "__init__.py")
        _copy_sources(root / name, folder / "functions" / name)
        for other in beside:
            _copy_sources(ROOT / other, folder / other)
        _compile(folder, target)

    return _made(f"function-{name}-{target.name}", _digest(inputs, target), make)


def size(folder: Path) -> int:
    """Bytes of all files below a folder: what counts against Lambda's limit of 250 MB unzipped."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _made(name: str, key: str, make: Callable[[Path], None]) -> Path:
    """The folder of that name and key, made once; older ones of the name are removed."""
    folder = BUILD / f"{name}-{key}"
    if folder.is_dir():
        return folder
    BUILD.mkdir(exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=BUILD))
    try:
        make(work)
        work.chmod(0o755)
        try:
            work.rename(folder)
        except OSError:
            if not folder.is_dir():  # another synth was not faster: this is a real failure
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    for old in BUILD.glob(f"{name}-*"):
        if old != folder:
            shutil.rmtree(old, ignore_errors=True)
    return folder


def _sources(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _copy_sources(source: Path, folder: Path) -> None:
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__"))


def _digest(inputs: Iterable[Path], target: Target) -> str:
    compiled = "plain" if _compiler(target.python) is None else "compiled"
    state = hashlib.sha256(f"{RECIPE} {target.name} {compiled}".encode())
    for path in inputs:
        state.update(
            str(path.relative_to(ROOT)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest()
        )
    return state.hexdigest()[:16]


def _uv(arguments: list[str], what: str) -> str:
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv is None:
        raise BundlingFailed(
            f"cannot make {what}: `uv` was not found beside {sys.executable} or on PATH. Run `make setup`."
        )
    done = subprocess.run([uv, *arguments], capture_output=True, text=True, check=False)  # noqa: S603 - uv and the interpreter, with our own arguments
    if done.returncode:
        raise BundlingFailed(f"cannot make {what}: uv ended with {done.returncode}:\n{done.stderr.strip()}")
    return done.stdout.strip()


@cache
def _compiler(python: str) -> str | None:
    """A Python of that version on this machine, None (said once) where there is none."""
    if python == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    kept_by_pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for folder in sorted(kept_by_pyenv.glob(f"{python}.*/bin/python{python}"), reverse=True):
        return str(folder)  # uv stumbles over pyenv's shims where that version is kept but not chosen
    try:
        return _uv(
            ["python", "find", "--no-project", "--quiet", python], f"files compiled by Python {python}"
        )
    except BundlingFailed:
        print(  # noqa: T201 - what the person who deploys reads
            f"note: there is no Python {python} on this machine, so the layers carry no compiled files and cold starts "
            f"take longer. `uv python install {python}` brings one.",
            file=sys.stderr,
        )
        return None


def _compile(folder: Path, target: Target) -> None:
    """Add .pyc files that are valid whatever the files' times are; a cold start without them takes twice as long."""
    interpreter = _compiler(target.python)
    if interpreter is None:
        return
    command = [interpreter, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(folder), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - uv and the interpreter, with our own arguments
    if done.returncode:
        raise BundlingFailed(f"compiling {folder.name} failed:\n{done.stdout.strip()}{done.stderr.strip()}")
