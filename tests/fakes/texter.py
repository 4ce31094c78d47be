"""`messages.ports.Texter` in memory."""

from collections.abc import Iterable

from courtesy.messages.ports import Accepted, MailOutcome, TextMessage


class FakeTexter:
    """Takes every text message, or answers as it was told; `asked` holds each that may have gone out."""

    def __init__(self, answers: Iterable[MailOutcome] = (), *, ready: bool = True) -> None:
        self._answers, self._ready = list(answers), ready
        self.asked: list[TextMessage] = []

    def __repr__(self) -> str:
        return f"FakeTexter({len(self.asked)} asked)"

    def ready(self) -> bool:
        return self._ready

    def send(self, message: TextMessage) -> MailOutcome:
        self.asked.append(message)
        return self._answers.pop(0) if self._answers else Accepted(f"sms-{len(self.asked)}")
