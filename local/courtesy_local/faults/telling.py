"""How every story is told: messages come twice and again, people try until it is confirmed, processes may end anywhere."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from courtesy.errors import CourtesyError
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_local.faults.plan import Killed
from courtesy_local.faults.world import Run

RECEIVES = 20
"""So often a message comes, or a person tries, before it is given up as lost."""


class Telling(ABC):
    """One run of a story. `undelivered`: what never came to an end."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.undelivered: list[str] = []
        self.store = DynamoCustomerStore("timeline", "profiles")
        self._invocations = 0

    @abstractmethod
    def tell(self) -> None:
        """All of it; each story tells its own."""

    def queued(self, name: str) -> list[tuple[str, int]]:
        """The messages of a queue, taken from it, each with how often it came."""
        waiting, self.run.queues[name] = self.run.queues[name], []
        return [(body, 0) for body in waiting]

    def until_done(self, handle: Callable[..., Any], waiting: list[tuple[str, int]]) -> None:
        """Deliver messages until all are done or given up."""
        while waiting:
            waiting = self.deliver(handle, waiting)

    def deliver(self, handle: Callable[..., Any], waiting: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """Deliver each message twice; returns those that failed and come again later, though not for ever."""
        left: list[tuple[str, int]] = []
        for body, receives in waiting:
            event = {"Records": [{"messageId": f"m{len(left)}", "body": body, "attributes": {}}]}
            failed = False
            for _ in range(2):
                answer = self.once(lambda event=event: handle(event, self._context()))  # type: ignore[misc]
                failed = failed or answer is None or bool(answer["batchItemFailures"])
            if failed and receives + 1 < RECEIVES:
                left.append((body, receives + 1))
            elif failed:
                self.undelivered.append(body)
        return left

    def once(self, action: Callable[[], Any]) -> Any:
        """One invocation; None where it failed or its process ended."""
        self.run.killed = False
        try:
            return action()
        except (Killed, CourtesyError):
            return None
        except Exception:
            if not self.run.killed:
                raise
            return None

    def surely(
        self,
        action: Callable[[], object],
        between: Callable[[], object] = lambda: None,
    ) -> None:
        """Somebody who tries until it is confirmed; `between`: after each try."""
        for _ in range(RECEIVES):
            try:
                action()
            except (Killed, CourtesyError):
                between()
                continue
            between()
            return
        self.undelivered.append("a person's command")

    def _context(self) -> Any:
        self._invocations += 1
        return SimpleNamespace(
            get_remaining_time_in_millis=lambda: 60_000,
            aws_request_id=f"r{self._invocations}",
            memory_limit_in_mb=1024,
        )
