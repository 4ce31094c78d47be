"""`ports.Lake` in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from courtesy.errors import NotFound


class InMemoryLake:
    """Objects by path; thread-safe."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"InMemoryLake({len(self.objects)} objects, {sum(map(len, self.objects.values()))} bytes)"

    def put(self, path: str, content: bytes) -> None:
        with self._lock:
            self.objects[path] = bytes(content)

    def get(self, path: str) -> bytes:
        with self._lock:
            if path not in self.objects:
                raise NotFound(f"lake: there is no {path}")
            return self.objects[path]

    def list(self, prefix: str) -> list[str]:
        with self._lock:
            return sorted(path for path in self.objects if path.startswith(prefix))

    def written(self, prefix: str) -> Sequence[tuple[datetime, str]]:
        """See `courtesy_aws.file_reports.WrittenLake`; all as if written at one instant that is still to come."""
        return [(datetime(9000, 1, 1, tzinfo=UTC), path) for path in self.list(prefix)]

    def upload(self, local: Path, path: str) -> None:
        self.put(path, local.read_bytes())

    def download(self, path: str, local: Path) -> None:
        content = self.get(path)
        local.parent.mkdir(parents=True, exist_ok=True)
        local.write_bytes(content)

    def delete(self, path: str) -> None:
        with self._lock:
            self.objects.pop(path, None)
