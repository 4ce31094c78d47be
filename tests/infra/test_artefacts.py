"""The artefacts as they are deployed: complete, within Lambda's limit, made once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra import features
from infra.bundling import artefacts, target
from infra.bundling.artefacts import BundlingFailed
from infra.parts.layers import ALWAYS, OWN, THIRD_PARTY

pytestmark = pytest.mark.infra
LIMIT = 250 * 1024 * 1024


@pytest.fixture(scope="module")
def layers() -> dict[str, Path]:
    """The layers as the local stack and AWS (here: this machine's build) carry them."""
    return {name: artefacts.third_party_layer(name, target.host()) for name in THIRD_PARTY} | {
        name: artefacts.own_layer(name, package, target.host()) for name, package in OWN.items()
    }


@pytest.mark.parametrize("name", [*features.CYCLE, *features.OTHERS])
def test_a_function_with_its_layers_fits_lambda(layers: dict[str, Path], name: str) -> None:
    feature = features.feature(name)
    carried = [layers[layer] for layer in (*ALWAYS, *feature.layers)]
    carried.append(artefacts.function(name, target.host(), feature.beside))

    assert sum(map(artefacts.size, carried)) < LIMIT


def test_heavy_layers_go_to_those_who_need_them() -> None:
    carrying = {
        layer: {
            name for name in (*features.CYCLE, *features.OTHERS) if layer in features.feature(name).layers
        }
        for layer in ("columns", "print")
    }

    assert carrying["print"] == {"make_mailing", "serve_api"}
    assert not carrying["columns"] & {"send_email", "release_due", "make_mailing", "record_feedback"}


@pytest.mark.parametrize("name", [*features.CYCLE, *features.OTHERS])
def test_a_function_loads_with_nothing_but_its_layers(layers: dict[str, Path], name: str) -> None:
    feature = features.feature(name)
    folders = [str(artefacts.function(name, target.host(), feature.beside))]
    folders += [str(layers[layer] / "python") for layer in (*ALWAYS, *feature.layers)]
    code = f"from functions.{name}.handler import handle; print(callable(handle))"

    done = subprocess.run(
        [sys.executable, "-S", "-P", "-c", code],
        cwd=folders[0],
        capture_output=True,
        text=True,
        check=False,
        env={
            "PYTHONPATH": os.pathsep.join(folders),
            "AWS_DEFAULT_REGION": "eu-central-1",
            "POWERTOOLS_SERVICE_NAME": name,
        },
    )

    assert done.stdout == "True\n", done.stderr


def test_only_the_services_in_use_are_described(layers: dict[str, Path]) -> None:
    data = layers["vendor"] / "python" / "botocore" / "data"

    assert {"dynamodb", "s3", "sqs", "sesv2"} <= {path.name for path in data.iterdir()}
    assert not (data / "ec2").exists()


def test_the_same_inputs_are_made_once(layers: dict[str, Path]) -> None:
    made = layers["domain"].stat().st_ctime_ns

    assert artefacts.own_layer("domain", "courtesy", target.host()) == layers["domain"]
    assert layers["domain"].stat().st_ctime_ns == made


def test_without_uv_a_person_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(artefacts, "BUILD", tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(BundlingFailed, match=r"`uv` was not found .* `make setup`"):
        artefacts.third_party_layer("columns", target.host())
