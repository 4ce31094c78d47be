"""Where the stack on one machine keeps its things, all below the checkout unless COURTESY_STATE names another folder."""

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
STATE = Path(os.environ.get("COURTESY_STATE") or CHECKOUT / ".courtesy").resolve()
"""Stacks with states of their own do not see each other: the tests of the system leave a user's stack alone."""
SERVER_STATE = STATE / "server.json"
DEPLOYED = STATE / "deployed.json"
OUTPUTS = STATE / "outputs.json"
SERVER_LOG = STATE / "ministack.log"
DEPLOY_LOG = STATE / "deploy.log"
SERVER_PYTHON = CHECKOUT / ".ministack" / "bin" / "python"
SERVER_PROGRAM = Path(__file__).with_name("server_process.py")
CDK = CHECKOUT / "node_modules" / ".bin" / "cdk"
ASSEMBLY = STATE / "cdk"

ACCOUNT, REGION = "000000000000", "eu-central-1"
ASSETS_BUCKET = "courtesy-local-assets"
SENDER = "news@courtesy.example"
STAGE = "local"


def shown(path: Path) -> str:
    """A path as messages name it: from the checkout on where it is below it."""
    return str(path.relative_to(CHECKOUT)) if path.is_relative_to(CHECKOUT) else str(path)
