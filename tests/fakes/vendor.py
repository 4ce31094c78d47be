"""`messages.ports.MailingShelf` in memory."""

from threading import Lock

from courtesy.messages.mailing import folder


class InMemoryShelf:
    """Mailings by path; the register of each is written once; thread-safe."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"InMemoryShelf({len(self.objects)} objects)"

    def put_piece(self, vendor: str, mailing_id: str, file: str, content: bytes) -> None:
        self.put(vendor, mailing_id, file, content)

    def put(self, vendor: str, mailing_id: str, file: str, content: bytes) -> None:
        with self._lock:
            self.objects[folder(vendor, mailing_id) + file] = bytes(content)

    def close(self, vendor: str, mailing_id: str, content: bytes) -> bytes:
        with self._lock:
            return self.objects.setdefault(folder(vendor, mailing_id) + "register.json", bytes(content))

    def register(self, vendor: str, mailing_id: str) -> bytes | None:
        with self._lock:
            return self.objects.get(folder(vendor, mailing_id) + "register.json")
