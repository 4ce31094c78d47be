"""An installation with everything that can be left out: divisions' own reputation, mail that comes back, text messages."""

import json
from typing import Any

import pytest

from tests.infra.conftest import AWS, Templates, synthesise

pytestmark = pytest.mark.infra
TEXT_SENDER = "arn:aws:sms-voice:eu-west-1:111122223333:phone-number/phone-1"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """Synthesis itself refuses whatever cdk-nag finds and nobody accepted."""
    more = {"divisions": "cars,marine", "inboundDomain": "reply.example.com", "textSender": TEXT_SENDER}
    return synthesise(AWS | more, tmp_path_factory.mktemp("whole"))


def properties(templates: Templates, type_: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in templates.of_type(type_).values()]


def allowed(templates: Templates, action: str) -> list[str]:
    """The resources on which any role may do something, as text."""
    found: list[str] = []
    for policy in properties(templates, "AWS::IAM::Policy"):
        for statement in policy["PolicyDocument"]["Statement"]:
            actions = statement["Action"]
            if action in (actions if isinstance(actions, list) else [actions]):
                resources = statement["Resource"]
                found += map(json.dumps, resources if isinstance(resources, list) else [resources])
    return found


def test_both_packs_find_nothing(whole: Templates) -> None:
    reports = {pack["pluginName"]: pack for pack in whole.report["pluginReports"]}
    assert {"AwsSolutions", "Serverless"} <= set(reports)
    assert [pack["violations"] for pack in reports.values()] == [[]] * len(reports)


def test_each_division_has_a_configuration_set_whose_events_come_back(
    whole: Templates, aws: Templates
) -> None:
    names = {one["Name"] for one in properties(whole, "AWS::SES::ConfigurationSet")}
    assert names == {"courtesy-test-mail", "courtesy-test-mail-cars", "courtesy-test-mail-marine"}
    assert len(properties(whole, "AWS::SES::ConfigurationSetEventDestination")) == 3
    told = whole.function("send_email")["Environment"]["Variables"]
    assert told["DIVISION_SETS"] == "cars=courtesy-test-mail-cars,marine=courtesy-test-mail-marine"
    assert aws.function("send_email")["Environment"]["Variables"]["DIVISION_SETS"] == ""
    sending = " ".join(allowed(whole, "ses:SendEmail"))
    assert all(f"configuration-set/{name}" in sending for name in names)


def test_mail_that_comes_back_is_kept_below_a_prefix_for_a_month_and_told_to_the_feedback_queue(
    whole: Templates, aws: Templates
) -> None:
    (rule,) = (one["Rule"] for one in properties(whole, "AWS::SES::ReceiptRule"))
    assert (rule["Recipients"], rule["ScanEnabled"]) == (["reply.example.com"], True)
    (action,) = rule["Actions"]
    assert action["S3Action"]["ObjectKeyPrefix"] == "inbound/"
    assert "mailevents" in json.dumps(action["S3Action"]["TopicArn"])
    kept = [
        rule
        for bucket in properties(whole, "AWS::S3::Bucket")
        for rule in bucket.get("LifecycleConfiguration", {}).get("Rules", [])
        if rule.get("Prefix") == "inbound/"
    ]
    assert [rule["ExpirationInDays"] for rule in kept] == [30]
    written = [
        s
        for policy in properties(whole, "AWS::S3::BucketPolicy")
        for s in policy["PolicyDocument"]["Statement"]
        if s.get("Principal") == {"Service": "ses.amazonaws.com"}
    ]
    assert [(s["Action"], "aws:SourceAccount" in json.dumps(s).replace("AWS:", "aws:")) for s in written] == [("s3:PutObject", True)]  # fmt: skip
    assert "/inbound/*" in json.dumps(written[0]["Resource"])
    assert whole.function("send_email")["Environment"]["Variables"]["INBOUND_DOMAIN"] == "reply.example.com"
    assert properties(aws, "AWS::SES::ReceiptRule") == []


def test_text_messages_leave_from_the_one_number_and_their_events_come_back(
    whole: Templates, aws: Templates
) -> None:
    (made,) = properties(whole, "AWS::SMSVOICE::ConfigurationSet")
    (destination,) = made["EventDestinations"]
    assert destination["MatchingEventTypes"] == ["TEXT_ALL"]
    assert "textsevents" in json.dumps(destination["SnsDestination"])
    assert whole.function("send_text")["Environment"]["Variables"]["TEXT_ORIGINATION"] == TEXT_SENDER
    assert any(TEXT_SENDER in one for one in allowed(whole, "sms-voice:SendTextMessage"))
    assert not any(one == '"*"' for one in allowed(whole, "sms-voice:SendTextMessage"))
    assert properties(aws, "AWS::SMSVOICE::ConfigurationSet") == []
    assert aws.function("send_text")["Environment"]["Variables"]["TEXT_ORIGINATION"] == ""


def test_services_that_tell_of_events_may_use_the_key_of_their_topics(whole: Templates) -> None:
    """A topic is encrypted: a service that may publish but not use the key is refused without anybody hearing of it."""
    publishers = {
        s["Principal"]["Service"]
        for policy in properties(whole, "AWS::SNS::TopicPolicy")
        for s in policy["PolicyDocument"]["Statement"]
        if s["Effect"] == "Allow" and "Service" in s.get("Principal", {})
    }
    allowed_key = json.dumps(properties(whole, "AWS::KMS::Key"))
    assert {"ses.amazonaws.com", "sms-voice.amazonaws.com"} <= publishers
    assert [name for name in publishers if f'"{name}"' not in allowed_key] == []


def test_a_print_vendor_sees_manifests_and_pieces_and_nothing_else(whole: Templates) -> None:
    (role,) = [
        each["Properties"]
        for key, each in whole.app.items()
        if each["Type"] == "AWS::IAM::Policy" and key.startswith("vendorrole")
    ]
    (statement,) = role["PolicyDocument"]["Statement"]
    assert statement["Action"] == "s3:GetObject"
    ends = [json.dumps(one).rpartition("/mailings/")[2] for one in statement["Resource"]]
    assert ends == ['harbor_print/*/manifest.jsonl*"]]}', 'harbor_print/*/pieces/*"]]}']


def test_the_keys_of_vendors_are_read_by_whoever_asks_vendors(whole: Templates) -> None:
    secrets = allowed(whole, "secretsmanager:GetSecretValue")
    assert [one for one in secrets if "-vendor-" in one] == [
        one for one in secrets if "courtesy-test-vendor-*" in one
    ]
    assert len([one for one in secrets if "-vendor-" in one]) == 1
