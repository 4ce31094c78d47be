"""Where the stack on one machine keeps its things, all below the checkout."""

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
STATE = CHECKOUT / ".courtesy"
SERVER_STATE = STATE / "server.json"
DEPLOYED = STATE / "deployed.json"
OUTPUTS = STATE / "outputs.json"
SERVER_LOG = STATE / "ministack.log"
DEPLOY_LOG = STATE / "deploy.log"
SERVER_PYTHON = CHECKOUT / ".ministack" / "bin" / "python"
SERVER_PROGRAM = Path(__file__).with_name("server_process.py")
CDK = CHECKOUT / "node_modules" / ".bin" / "cdk"
ASSEMBLY = CHECKOUT / "build" / "cdk.local"

ACCOUNT, REGION = "000000000000", "eu-central-1"
ASSETS_BUCKET = "courtesy-local-assets"
SENDER = "news@courtesy.example"
STAGE = "local"
