"""The CDK app: `python -m infra.app`, run by the CDK command line with the context that cdk.json and `-c` give."""

import os
import sys

from aws_cdk import App, CliCredentialsStackSynthesizer, Environment, IStackSynthesizer, Tags

from infra import nag
from infra.app_stack import AppStack
from infra.bundling.artefacts import BundlingFailed
from infra.config import Config, ConfigProblem, read_config
from infra.data_stack import DataStack

LOCAL_ACCOUNT, LOCAL_REGION = "000000000000", "eu-central-1"
LOCAL_ASSETS = "courtesy-local-assets"


def build(app: App, config: Config) -> tuple[DataStack, AppStack]:
    """Both stacks of an installation, their dependencies one way, and the rules they are checked against."""
    environment = _environment(config)
    data = DataStack(
        app, config, env=environment, synthesizer=_synthesizer(config), description="Courtesy: stores"
    )
    stack = AppStack(
        app,
        config,
        data,
        env=environment,
        synthesizer=_synthesizer(config),
        description="Courtesy: functions",
    )
    stack.add_stack_dependency(data)
    Tags.of(app).add("product", "courtesy")
    Tags.of(app).add("stage", config.stage)
    nag.check(app, data, stack)
    return data, stack


def _environment(config: Config) -> Environment:
    if config.local:
        return Environment(account=LOCAL_ACCOUNT, region=LOCAL_REGION)
    return Environment(
        account=os.environ.get("CDK_DEFAULT_ACCOUNT"), region=os.environ.get("CDK_DEFAULT_REGION")
    )


def _synthesizer(config: Config) -> IStackSynthesizer | None:
    """Locally assets are published with the caller's credentials: there are no bootstrap roles."""
    return CliCredentialsStackSynthesizer(file_assets_bucket_name=LOCAL_ASSETS) if config.local else None


def main() -> None:
    """Synthesise, or say what is missing and end with status 2."""
    app = App()
    try:
        build(app, read_config(app.node.try_get_context))
    except (ConfigProblem, BundlingFailed) as problem:
        sys.exit(f"courtesy: {problem}")
    app.synth()


if __name__ == "__main__":
    main()
