"""A lake in a folder, for measuring without a store's own time."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from courtesy.errors import NotFound


class FolderLake:
    """`ports.Lake` on the local disk."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    def __repr__(self) -> str:
        return f"FolderLake({self._root.name})"

    def link(self, local: Path, path: str) -> None:
        """Put a local file into the lake without copying it."""
        target = self._root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(local, target)

    def put(self, path: str, content: bytes) -> None:
        """See `ports.Lake`."""
        target = self._root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def get(self, path: str) -> bytes:
        """See `ports.Lake`."""
        try:
            return (self._root / path).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"lake: there is no {path}") from None

    def list(self, prefix: str) -> list[str]:
        """See `ports.Lake`."""
        folder = self._root / prefix.rpartition("/")[0]
        found = (str(path.relative_to(self._root)) for path in folder.rglob("*") if path.is_file())
        return sorted(path for path in found if path.startswith(prefix))

    def upload(self, local: Path, path: str) -> None:
        """See `ports.Lake`."""
        target = self._root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(local, target)

    def download(self, path: str, local: Path) -> None:
        """See `ports.Lake`. Links instead of copying: the reader does not write to it."""
        if not (self._root / path).exists():
            raise NotFound(f"lake: there is no {path}")
        local.parent.mkdir(parents=True, exist_ok=True)
        os.link(self._root / path, local)

    def delete(self, path: str) -> None:
        """See `ports.Lake`."""
        (self._root / path).unlink(missing_ok=True)


class Silence:
    """`ports.Queue` that drops everything."""

    def send(self, bodies: Sequence[bytes], delay: int = 0) -> None:
        """See `ports.Queue`."""
