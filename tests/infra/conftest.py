"""The templates of both shapes, synthesised once for all infra tests; assets are the plain source folders."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

Resource = dict[str, Any]
AWS = {
    "stage": "test",
    "sender": "news@example.com",
    "alarmEmail": "ops@example.com",
    "vendorAccount": "111122223333",
}
LOCAL = {"local": "true", "sender": "news@example.com", "endpoint": "http://127.0.0.1:4566"}


@dataclass(frozen=True)
class Templates:
    """The resources of the two stacks, by logical id, and what the checks reported."""

    data: dict[str, Resource]
    app: dict[str, Resource]
    report: dict[str, Any]

    def of_type(self, type_: str) -> dict[str, Resource]:
        """Resources of a type in either stack."""
        return {key: value for key, value in (self.data | self.app).items() if value["Type"] == type_}

    def function(self, name: str) -> Resource:
        """A function's properties, by the name of its folder."""
        found = [
            each["Properties"]
            for each in self.of_type("AWS::Lambda::Function").values()
            if each["Properties"]["Handler"] == f"functions.{name}.handler.handle"
        ]
        (one,) = found
        return dict(one)


def synthesise(context: dict[str, str], folder: Path) -> Templates:
    """Both templates of an installation with this context. Raises where cdk-nag finds what nobody accepted."""
    from aws_cdk import App

    from infra.app import build
    from infra.config import read_config

    app = App(context={**context, "bundle": "false"}, outdir=str(folder))
    config = read_config(app.node.try_get_context)
    build(app, config)
    app.synth()
    data, stack = (
        json.loads((folder / f"{config.prefix}-{name}.template.json").read_text()) for name in ("data", "app")
    )
    report = folder / "validation-report.json"
    return Templates(
        data["Resources"], stack["Resources"], json.loads(report.read_text()) if report.exists() else {}
    )


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """The shape on AWS."""
    return synthesise(AWS, tmp_path_factory.mktemp("aws"))


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """The shape on one machine."""
    return synthesise(LOCAL, tmp_path_factory.mktemp("local"))
