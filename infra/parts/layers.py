"""The layers that functions are put together from."""

from pathlib import Path

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.bundling import artefacts
from infra.config import Config

THIRD_PARTY = ("vendor", "columns", "print")
OWN = {"domain": "courtesy", "adapters": "courtesy_aws"}
ALWAYS = ("vendor", "domain", "adapters")


class Layers(Construct):
    """All layers of an installation, by name."""

    def __init__(self, scope: Construct, config: Config) -> None:
        super().__init__(scope, "layers")
        self.config = config
        self._by_name = {name: self._layer(name) for name in (*THIRD_PARTY, *OWN)}

    def of(self, *extra: str) -> list[lambda_.ILayerVersion]:
        """The layers every function carries, and the extra ones named."""
        return [self._by_name[name] for name in (*ALWAYS, *extra)]

    def _layer(self, name: str) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            name,
            layer_version_name=f"{self.config.prefix}-{name}",
            code=code(layer_folder(self.config, name), self.config),
            compatible_runtimes=[runtime(self.config)],
            compatible_architectures=[architecture(self.config)],
        )


def layer_folder(config: Config, name: str) -> Path:
    """The folder that a layer is made of; in tests of templates its sources."""
    if not config.bundle:
        return artefacts.ROOT / "layers" / name
    if name in OWN:
        return artefacts.own_layer(name, OWN[name], config.target)
    return artefacts.third_party_layer(name, config.target)


def code(folder: Path, config: Config) -> lambda_.Code:
    """The folder as an asset. A made folder's name carries the hash of its inputs, so it need not be read again."""
    if not config.bundle:
        return lambda_.Code.from_asset(str(folder), exclude=["**/__pycache__"])
    return lambda_.Code.from_asset(str(folder), asset_hash=folder.name)


def runtime(config: Config) -> lambda_.Runtime:
    """The Python runtime that the target names."""
    return lambda_.Runtime(f"python{config.target.python}", lambda_.RuntimeFamily.PYTHON)


def architecture(config: Config) -> lambda_.Architecture:
    """The processor that the target names."""
    return (
        lambda_.Architecture.ARM_64 if config.target.architecture == "arm64" else lambda_.Architecture.X86_64
    )
