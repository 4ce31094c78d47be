"""Wrong designs at the ports: each is put in the place of the right one for the time of a `with`."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from unittest.mock import patch

from courtesy.messages.ports import Ambiguous, Mail, MailOutcome
from courtesy_local.faults import designs
from courtesy_local.faults.schedules.posts import Ses
from courtesy_local.faults.wire import Wire

_SEND = Ses.send


@contextmanager
def stock_retries() -> Iterator[None]:
    """The mailer repeats what it got no answer to, as clients do unless they are told not to."""

    def send(self: Ses, mail: Mail) -> MailOutcome:
        answer: MailOutcome = Ambiguous("not tried yet")
        for _ in range(4):
            answer = _SEND(self, mail)
            if not isinstance(answer, Ambiguous):
                break
        return answer

    with patch.object(Ses, "send", send):
        yield


def _same(name: str) -> Callable[[], AbstractContextManager[object]]:
    """A design that is wrong in the domain is the same one below botocore."""
    return lambda: designs.WRONG[name](Wire())


WRONG: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "stock_retries": stock_retries,
    **{name: _same(name) for name in ("check_then_send", "lock_without_fence", "checkpoint_before_send")},
}
