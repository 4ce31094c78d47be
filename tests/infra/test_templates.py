"""What the templates promise: nothing lost, nothing open, nobody may do more than they need."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra import features
from tests.infra.conftest import Resource, Templates

pytestmark = pytest.mark.infra
NAMES = (*features.CYCLE, *features.OTHERS)
TABLE_KEYS = {
    "timeline": ["customer_id", "event_key"],
    "profiles": ["customer_id"],
    "identities": ["entry", "member"],
    "rulebooks": ["kind", "name"],
    "answers": ["caller_key"],
}


def statements(templates: Templates) -> list[dict[str, Any]]:
    """All statements of all roles' policies."""
    policies = templates.of_type("AWS::IAM::Policy").values()
    return [each for policy in policies for each in policy["Properties"]["PolicyDocument"]["Statement"]]


def listed(value: object) -> list[Any]:
    """A value that policies write alone or in a list, as a list."""
    return value if isinstance(value, list) else [value]


def test_both_shapes_pass_both_packs(aws: Templates, local: Templates) -> None:
    for templates in (aws, local):  # synthesis has refused anything that nobody accepted
        reports = {pack["pluginName"]: pack for pack in templates.report["pluginReports"]}
        assert {"AwsSolutions", "Serverless"} <= set(reports)
        assert [name for name, pack in reports.items() if pack["conclusion"] != "success"] == []
        assert reports["AwsSolutions"]["violations"] == reports["Serverless"]["violations"] == []


@pytest.mark.parametrize(("table", "keys"), TABLE_KEYS.items())
def test_tables_are_kept_and_can_be_restored(aws: Templates, table: str, keys: list[str]) -> None:
    (found,) = [
        each
        for each in aws.of_type("AWS::DynamoDB::Table").values()
        if each["Properties"]["TableName"] == f"courtesy-test-{table}"
    ]
    properties = found["Properties"]

    assert [key["AttributeName"] for key in properties["KeySchema"]] == keys
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["DeletionProtectionEnabled"] is True
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert (found["DeletionPolicy"], found["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_the_due_index_is_sparse_and_whole(aws: Templates) -> None:
    (timeline,) = [
        each["Properties"]
        for each in aws.of_type("AWS::DynamoDB::Table").values()
        if "GlobalSecondaryIndexes" in each["Properties"]
    ]
    (index,) = timeline["GlobalSecondaryIndexes"]

    assert index["IndexName"] == "due"
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["due_shard", "due_at"]
    assert index["Projection"] == {"ProjectionType": "ALL"}


def test_buckets_are_closed_encrypted_and_versioned(aws: Templates) -> None:
    buckets = [each for each in aws.data.values() if each["Type"] == "AWS::S3::Bucket"]

    assert len(buckets) == 2
    for bucket in buckets:
        properties = bucket["Properties"]
        assert all(properties["PublicAccessBlockConfiguration"].values())
        assert properties["BucketEncryption"]
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
        assert bucket["DeletionPolicy"] == "Retain"
    denied = json.dumps([each for each in aws.data.values() if each["Type"] == "AWS::S3::BucketPolicy"])
    assert denied.count('"aws:SecureTransport": "false"') == 2


def test_the_one_machine_stack_goes_without_trace(local: Templates) -> None:
    kept = [key for key, each in (local.data | local.app).items() if each.get("DeletionPolicy") == "Retain"]

    assert [key for key in kept if not key.startswith("layers")] == []
    assert not any(
        each["Properties"]["DeletionProtectionEnabled"]
        for each in local.of_type("AWS::DynamoDB::Table").values()
    )


def test_every_work_queue_gives_up_into_a_watched_queue(aws: Templates) -> None:
    queues = aws.of_type("AWS::SQS::Queue")
    dead = {key for key, each in queues.items() if each["Properties"]["QueueName"].endswith("-dead")}
    work = {key: each["Properties"] for key, each in queues.items() if key not in dead}
    watched = json.dumps([each["Properties"] for each in aws.of_type("AWS::CloudWatch::Alarm").values()])

    assert len(work) == 11
    for properties in work.values():
        assert properties["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] in dead
        assert properties["RedrivePolicy"]["maxReceiveCount"] == 5
    for key in dead:
        assert f'["{key}", "QueueName"]' in watched
    for each in queues.values():
        assert each["Properties"]["SqsManagedSseEnabled"] is True


def test_queues_hide_a_message_for_six_timeouts_of_their_consumer(aws: Templates) -> None:
    mappings = aws.of_type("AWS::Lambda::EventSourceMapping")
    assert len(mappings) == 10
    for mapping in mappings.values():
        properties = mapping["Properties"]
        queue = aws.app[properties["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
        function = aws.app[properties["FunctionName"]["Ref"]]["Properties"]

        assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
        assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert properties["ScalingConfig"]["MaximumConcurrency"] >= 2


@pytest.mark.parametrize("name", NAMES)
def test_functions_run_on_arm_with_their_own_role_and_log(aws: Templates, name: str) -> None:
    function = aws.function(name)
    roles = [aws.function(other)["Role"] for other in NAMES]

    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == ["arm64"]
    assert roles.count(function["Role"]) == 1
    assert function["LoggingConfig"]["LogGroup"]


def test_functions_run_on_the_host_s_processor_locally(local: Templates) -> None:
    from infra.bundling.target import host

    assert local.function("read_drop")["Architectures"] == [host().architecture]
    assert local.function("read_drop")["Runtime"] == f"python{host().python}"


def test_no_policy_allows_an_action_or_a_resource_of_every_name(aws: Templates) -> None:
    for statement in statements(aws):
        assert not any(action == "*" or action.endswith(":*") for action in listed(statement["Action"]))
        if "*" in listed(statement["Resource"]):
            assert all(action.startswith("logs:") for action in listed(statement["Action"]))


def test_only_the_sender_may_send(aws: Templates) -> None:
    sending = [each for each in statements(aws) if "ses:SendEmail" in listed(each["Action"])]

    (one,) = sending
    resources = json.dumps(one["Resource"])
    for part in ("identity/news@example.com", "identity/example.com", "configuration-set/courtesy-test-mail"):
        assert part in resources
    assert len(listed(one["Resource"])) == 3


def test_only_snapshots_and_retention_scan_and_only_who_moves_events_deletes(aws: Templates) -> None:
    def able(action: str) -> set[str]:
        found = set()
        for policy in aws.of_type("AWS::IAM::Policy").values():
            actions = [
                a for s in policy["Properties"]["PolicyDocument"]["Statement"] for a in listed(s["Action"])
            ]
            if action in actions:
                found.add(policy["Properties"]["Roles"][0]["Ref"].rpartition("role")[0])
        return found

    assert able("dynamodb:Scan") == {"snapshotpart", "trimtimelines"}
    assert able("dynamodb:DeleteItem") == {"loadchunk", "serveapi", "trimtimelines"}


def test_what_intake_leaves_in_the_lake_expires(aws: Templates) -> None:
    rules = [
        (rule["Prefix"], rule["ExpirationInDays"])
        for bucket in aws.data.values()
        if bucket["Type"] == "AWS::S3::Bucket"
        for rule in bucket["Properties"]["LifecycleConfiguration"]["Rules"]
        if "Prefix" in rule
    ]
    assert {("staged/", 45), ("quarantine/", 365)} <= set(rules)


def test_references_go_from_the_app_to_the_data_only(aws: Templates) -> None:
    assert "Fn::ImportValue" in json.dumps(aws.app)
    assert "Fn::ImportValue" not in json.dumps(aws.data)


def test_the_api_asks_for_a_token_except_where_the_public_is_meant(aws: Templates) -> None:
    routes = {
        each["Properties"]["RouteKey"]: each["Properties"]["AuthorizationType"]
        for each in aws.of_type("AWS::ApiGatewayV2::Route").values()
    }

    assert {route for route, kind in routes.items() if kind == "NONE"} == {
        "GET /u/{token}",
        "POST /u/{token}",
        "GET /u/{token}/preferences",
        "POST /u/{token}/preferences",
        "GET /openapi.json",
        "GET /console",
        "GET /console/{proxy+}",
    }
    assert {kind for route, kind in routes.items() if route == "ANY /{proxy+}"} == {"JWT"}


def test_every_route_of_the_api_has_its_rate_and_the_stage_waits_for_it(aws: Templates) -> None:
    (stage,) = aws.of_type("AWS::ApiGatewayV2::Stage").values()
    routes = {
        each["Properties"]["RouteKey"]: key for key, each in aws.of_type("AWS::ApiGatewayV2::Route").items()
    }
    described = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text())["paths"]
    settings, rest = stage["Properties"]["RouteSettings"], stage["Properties"]["DefaultRouteSettings"]

    for path, operations in described.items():
        for method, operation in operations.items():
            name, told = f"{method.upper()} {path}", operation["x-rate"]
            assert settings.get(name, rest) == {
                "ThrottlingRateLimit": told["a_second"], "ThrottlingBurstLimit": told["burst"],
            }  # fmt: skip
            assert name in routes
    assert settings["POST /rulebook/drafts/{draft_id}/rehearsal"]["ThrottlingRateLimit"] <= 5
    assert set(settings) <= set(routes)
    assert set(routes.values()) <= set(stage["DependsOn"])
    permissions = [
        each
        for each in aws.of_type("AWS::Lambda::Permission").values()
        if each["Properties"]["Principal"] == "apigateway.amazonaws.com"
    ]
    assert len(permissions) == 1, "a policy of a function holds 20 KB, not a line for each route"
    assert len(aws.app) < 450, "CloudFormation takes 500 resources"


def test_the_access_log_keeps_paths_to_itself(aws: Templates) -> None:
    (stage,) = aws.of_type("AWS::ApiGatewayV2::Stage").values()

    assert "$context.path" not in stage["Properties"]["AccessLogSettings"]["Format"]


def test_mail_events_reach_the_feedback_queue_by_way_of_sns(aws: Templates) -> None:
    (destination,) = aws.of_type("AWS::SES::ConfigurationSetEventDestination").values()
    topic = destination["Properties"]["EventDestination"]["SnsDestination"]["TopicARN"]["Ref"]
    subscriptions = [
        each["Properties"]
        for each in aws.of_type("AWS::SNS::Subscription").values()
        if each["Properties"]["TopicArn"] == {"Ref": topic} and each["Properties"]["Protocol"] == "sqs"
    ]

    assert {"SEND", "BOUNCE", "COMPLAINT"} <= set(
        destination["Properties"]["EventDestination"]["MatchingEventTypes"]
    )
    assert [
        aws.app[each["Endpoint"]["Fn::GetAtt"][0]]["Properties"]["QueueName"] for each in subscriptions
    ] == ["courtesy-test-feedback"]


def test_schedules_release_and_erase_each_minute_and_start_a_cycle_each_night(aws: Templates) -> None:
    schedules = {
        each["Properties"]["Name"]: each["Properties"]
        for each in aws.of_type("AWS::Scheduler::Schedule").values()
    }

    assert schedules["courtesy-test-release"]["ScheduleExpression"] == "rate(1 minute)"
    assert schedules["courtesy-test-cycle"]["ScheduleExpression"].startswith("cron(")
    assert schedules["courtesy-test-erase"]["ScheduleExpression"] == "rate(1 minute)"
    assert schedules["courtesy-test-erase-again"]["ScheduleExpression"].startswith("cron(")
    assert schedules["courtesy-test-erase-again"]["Target"]["Input"] == '{"round": true}'
    assert all("DeadLetterConfig" in each["Target"] for each in schedules.values())


def test_a_queue_s_vendor_is_let_in_by_account_only(aws: Templates, local: Templates) -> None:
    def vendors(resources: dict[str, Resource]) -> str:
        return json.dumps([each for each in resources.values() if each["Type"] == "AWS::SQS::QueuePolicy"])

    assert vendors(aws.app).count("111122223333") == 2
    assert "111122223333" not in vendors(local.app)
