"""Work spread over processes, in the order it was given."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any


@contextmanager
def pool_of(processes: int) -> Iterator[Callable[..., Iterable[Any]]]:
    """`map` over so many processes; here, one after the other, where one is enough."""
    if processes <= 1:
        yield map
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield pool.map
