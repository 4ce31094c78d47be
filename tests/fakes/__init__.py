"""Fakes of the ports, in memory: the same semantics as the adapters, by the same contract suites (`tests/contract`)."""

from tests.fakes.clock import FakeClock
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.lake import InMemoryLake
from tests.fakes.queue import InMemoryQueue
from tests.fakes.rulebooks import InMemoryRulebookStore

__all__ = ["FakeClock", "InMemoryCustomerStore", "InMemoryLake", "InMemoryQueue", "InMemoryRulebookStore"]
