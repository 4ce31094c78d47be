"""The buckets of one world, and in one of them the shelf of mailings."""

from functools import partial
from pathlib import Path
from threading import get_ident

from courtesy.errors import NotFound
from courtesy_local.faults.schedules.stage import Stage


class Objects:
    """`ports.Lake`: one bucket."""

    def __init__(self, stage: Stage) -> None:
        self.held: dict[str, bytes] = {}
        self._stage = stage
        self._thread = get_ident()

    def put(self, path: str, content: bytes) -> None:
        self._stage.call(partial(self.held.__setitem__, path, content))

    def get(self, path: str) -> bytes:
        if get_ident() == self._thread:
            content = self._stage.call(partial(self.held.get, path))
        else:  # read beside by a thread of the process that runs: it cannot give way
            content = self.held.get(path)
        if content is None:
            raise NotFound(f"nothing lies at {path}")
        return content

    def list(self, prefix: str) -> list[str]:
        return self._stage.call(lambda: sorted(path for path in self.held if path.startswith(prefix)))

    def delete(self, path: str) -> None:
        self._stage.call(partial(self.held.pop, path, None))

    def upload(self, local: Path, path: str) -> None:
        self.put(path, local.read_bytes())

    def download(self, path: str, local: Path) -> None:
        content = self.get(path)
        local.parent.mkdir(parents=True, exist_ok=True)
        local.write_bytes(content)


class Shelf:
    """`messages.ports.MailingShelf` in the world's bucket."""

    def __init__(self, stage: Stage) -> None:
        self.registers: dict[tuple[str, str], bytes] = {}
        self.files: dict[tuple[str, str, str], bytes] = {}
        self._stage = stage

    def put_piece(self, vendor: str, mailing_id: str, file: str, content: bytes) -> None:
        self.put(vendor, mailing_id, file, content)

    def put(self, vendor: str, mailing_id: str, file: str, content: bytes) -> None:
        self._stage.call(partial(self.files.__setitem__, (vendor, mailing_id, file), content))

    def close(self, vendor: str, mailing_id: str, content: bytes) -> bytes:
        return self._stage.call(partial(self.registers.setdefault, (vendor, mailing_id), content))

    def register(self, vendor: str, mailing_id: str) -> bytes | None:
        return self._stage.call(partial(self.registers.get, (vendor, mailing_id)))
