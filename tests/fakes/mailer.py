"""`messages.ports.Mailer` in memory."""

from collections.abc import Iterable

from courtesy.messages.ports import Accepted, Mail, MailOutcome


class FakeMailer:
    """Takes every mail, or answers as it was told, one answer per mail; `sent` holds each mail that may have gone out."""

    def __init__(self, answers: Iterable[MailOutcome] = (), *, ready: bool = True) -> None:
        self._answers, self._ready = list(answers), ready
        self.asked: list[Mail] = []

    def __repr__(self) -> str:
        return f"FakeMailer({len(self.asked)} asked)"

    def ready(self) -> bool:
        return self._ready

    def send(self, mail: Mail) -> MailOutcome:
        self.asked.append(mail)
        return self._answers.pop(0) if self._answers else Accepted(f"ses-{len(self.asked)}")
