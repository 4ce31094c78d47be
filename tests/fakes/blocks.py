"""Dealers' words in memory."""

from dataclasses import dataclass, field

from courtesy.messages.blocks import DealerBlocks
from courtesy.outcomes import Commit


@dataclass
class InMemoryBlockStore:
    """`messages.ports.BlockStore`: a document and its version for each dealer."""

    held: dict[str, tuple[DealerBlocks, int]] = field(default_factory=dict)

    def read(self, dealer: str) -> tuple[DealerBlocks, int]:
        return self.held.get(dealer, (DealerBlocks(dealer), 0))

    def write(self, blocks: DealerBlocks, version: int) -> Commit:
        if self.read(blocks.dealer)[1] != version:
            return "conflict"
        self.held[blocks.dealer] = (blocks, version + 1)
        return "committed"

    def every(self) -> list[DealerBlocks]:
        return [self.held[dealer][0] for dealer in sorted(self.held)]
