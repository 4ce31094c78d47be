"""For which machine and Python an artefact is made."""

import platform
import sys
from dataclasses import dataclass
from typing import Literal

Architecture = Literal["arm64", "x86_64"]

LAMBDA_PYTHON = "3.13"

_WHEEL_PLATFORMS = {
    ("arm64", "Linux"): "aarch64-manylinux_2_28",
    ("x86_64", "Linux"): "x86_64-manylinux_2_28",
    ("arm64", "Darwin"): "aarch64-apple-darwin",
    ("x86_64", "Darwin"): "x86_64-apple-darwin",
}


@dataclass(frozen=True)
class Target:
    """Where an artefact runs. `system` is "Linux" on AWS; on the local stack it is that of the host."""

    architecture: Architecture
    python: str
    system: str = "Linux"

    @property
    def wheel_platform(self) -> str:
        """The platform's name as `uv pip install --python-platform` takes it."""
        return _WHEEL_PLATFORMS[self.architecture, self.system]

    @property
    def name(self) -> str:
        """A short name for folders."""
        return f"{self.system.lower()}-{self.architecture}-py{self.python}"


AWS = Target("arm64", LAMBDA_PYTHON)


def host() -> Target:
    """This machine with this interpreter: what the local stack runs functions on."""
    arm = platform.machine().lower() in {"arm64", "aarch64"}
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return Target("arm64" if arm else "x86_64", version, platform.system())
