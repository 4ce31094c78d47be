"""Which of cdk-nag's findings are accepted, and why. Any other finding makes synth fail."""

from aws_cdk import Acknowledgment, App, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from constructs import IConstruct


def check(app: App, data: IConstruct, stack: IConstruct) -> None:
    """Check the app against the AwsSolutions and Serverless packs."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
