"""The same two weeks by letter: mailings are made, announced, printed once each and reported on."""

from datetime import timedelta
from unittest.mock import patch

import msgspec

from courtesy.messages.mailing import decode_register, folder
from courtesy.messages.vendor_status import STATUS
from courtesy_local.faults.schedules.law import Press
from courtesy_local.faults.story import Story, lay_ground
from courtesy_local.faults.world import Run
from functions.make_mailing import handler as make_mailing
from functions.make_mailing import wiring


def lay_postal_ground(run: Run) -> None:
    """The customers of the story, written to by letter."""
    lay_ground(run, "letter")


class PostStory(Story):
    """Letters instead of mails."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._known: set[str] = set()
        self._statuses: list[str] = []

    def _send(self) -> None:
        with patch.object(wiring, "Typesetter", lambda _: Press()):
            left = self.deliver(make_mailing.handle, self.queued("letter"))
        self.run.queues["letter"] += [body for body, _ in left]
        for body, _ in self.queued("vendor"):
            self._print(msgspec.json.decode(body))

    def _print(self, announced: dict[str, str]) -> None:
        vendor, mailing = announced["vendor"], announced["mailing_id"]
        if mailing in self._known:
            return
        self._known.add(mailing)
        path = folder(vendor, mailing) + "register.json"
        [document] = [content for name, content in self.run.objects.items() if name.endswith(path)]
        pieces = decode_register(document).pieces
        for piece in pieces:
            self.run.printed(piece.id, piece.customer_id, piece.customer_id)
        self.run.sleep(timedelta(seconds=1).total_seconds())
        for status in ("acknowledged", "mailed"):
            report = {"schema": STATUS, "vendor": vendor, "mailing_id": mailing, "status": status}
            listed = [{"piece_id": piece.id} for piece in pieces] if status == "mailed" else []
            at = self.run.now().isoformat()
            self._statuses.append(msgspec.json.encode(report | {"pieces": listed, "at": at}).decode())

    def _told(self) -> list[tuple[str, int]]:
        told, self._statuses = self._statuses, []
        return [(body, 0) for body in told]
