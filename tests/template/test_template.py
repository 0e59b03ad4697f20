"""What template.yaml must hold beyond what `sam validate --lint` sees: the contracts, and least privilege."""

import ast
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from emsp.receiver.routes import ROUTES
from emsp.settings import VARIABLES, Settings, Variable
from emsp.stores.expires_at import EXPIRES_AT
from tests.template.template import (
    REPOSITORY,
    as_list,
    design_name,
    environment,
    functions,
    logical_id,
    resources,
    routes,
    statements,
    template,
)

LAPSED_WITH_BODIES = {"SessionsTable": ["body_s3"], "CdrsTable": ["body_s3", "check_s3"]}

KNOWN_FUNCTIONS = {
    "answer_dispute",
    "assign_price_plan",
    "authorize_token",
    "check_cdr",
    "check_hub",
    "check_readiness",
    "credentials",
    "detect_misuse",
    "dismiss_rejected",
    "driver_api",
    "driver_statement",
    "enforce_limits",
    "estimate_price",
    "expire_command",
    "find_charges",
    "find_locations",
    "find_parties",
    "forget_driver",
    "get_command",
    "get_dispute",
    "get_price_plan",
    "link_session",
    "list_disputes",
    "list_price_plans",
    "list_misuse",
    "list_rejected",
    "publish_changes",
    "put_price_plan",
    "pull_locations",
    "pull_tariffs",
    "receive_cdr",
    "receive_command_result",
    "receive_session",
    "redrive_changes",
    "register",
    "replay_rejected",
    "resume_workflow",
    "send_command",
    "settle",
    "versions",
    "watch_charges",
}
SESSION = "/ocpi/2.2.1/sessions/{country_code}/{party_id}/{session_id}"
KNOWN_ROUTES = {
    ("GET", "/ocpi/versions", "versions"),
    ("GET", "/ocpi/2.2.1", "versions"),
    ("GET", "/ocpi/2.2.1/credentials", "credentials"),
    ("POST", "/ocpi/2.2.1/credentials", "credentials"),
    ("PUT", "/ocpi/2.2.1/credentials", "credentials"),
    ("DELETE", "/ocpi/2.2.1/credentials", "credentials"),
    ("GET", SESSION, "receive_session"),
    ("PUT", SESSION, "receive_session"),
    ("PATCH", SESSION, "receive_session"),
    ("POST", "/ocpi/2.2.1/cdrs", "receive_cdr"),
    ("GET", "/ocpi/2.2.1/cdrs/{country_code}/{party_id}/{cdr_id}", "receive_cdr"),
    ("POST", "/ocpi/2.2.1/commands/{command}/{command_id}", "receive_command_result"),
}
SETTINGS = REPOSITORY / "layers" / "emsp" / "emsp" / "settings.py"
# Actions that AWS can't narrow to a resource.
WITHOUT_RESOURCE = {
    "dynamodb:ListStreams",
    "states:SendTaskFailure",
    "states:SendTaskSuccess",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
API_LIMIT_S = 29
# Kept for good, but for what a first deployment that failed had just made.
KEPT = ("RetainExceptOnCreate", "Retain")


def test_the_functions_are_those_of_the_design_each_with_its_folder() -> None:
    assert set(functions()) == KNOWN_FUNCTIONS
    assert {path.parent.name for path in (REPOSITORY / "functions").glob("*/app.py")} == KNOWN_FUNCTIONS
    for name, function in functions().items():
        assert function["CodeUri"] == f"functions/{name}/"


def test_the_routes_are_those_of_the_contract_and_all_else_is_answered_too() -> None:
    """What the gateway itself answers has no OCPI timestamp, and comes before any token is looked at."""
    for path, methods in ROUTES.items():
        assert {verb for verb, known, _ in KNOWN_ROUTES if known == path} == set(methods)
    functions_at = {path: name for _, path, name in KNOWN_ROUTES} | {"/": "versions", "/{proxy+}": "versions"}
    assert sorted(routes()) == sorted(("ANY", path, name) for path, name in functions_at.items())


def test_every_function_is_named_for_its_stack_and_describes_itself() -> None:
    for name, function in functions().items():
        assert function["FunctionName"] == {"Fn::Sub": f"${{AWS::StackName}}-{name}"}
        assert function["Description"]


@pytest.mark.parametrize("name", sorted(KNOWN_FUNCTIONS))
def test_every_function_logs_to_a_group_of_its_own_that_forgets(name: str) -> None:
    group = template()["Resources"][functions()[name]["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_no_log_group_has_a_name_that_the_next_stack_would_find_taken() -> None:
    """Lambda makes a group again when a function still logs while its stack is deleted."""
    for name, group in resources("AWS::Logs::LogGroup").items():
        assert "LogGroupName" not in group["Properties"], name


def test_the_platforms_own_lines_are_json_and_no_line_of_ours_is_held_back() -> None:
    """A metric is a line without a level, which counts as INFO."""
    for_all = template()["Globals"]["Function"]["LoggingConfig"]
    level = {"Fn::If": ["LogsDebug", "DEBUG", "INFO"]}
    assert for_all == {"LogFormat": "JSON", "ApplicationLogLevel": level, "SystemLogLevel": "INFO"}
    own = {name: function["LoggingConfig"].keys() - {"LogGroup"} for name, function in functions().items()}
    failures_alone = {"publish_changes", "link_session", "check_cdr", "resume_workflow", "receive_session"}
    failures_alone |= {"detect_misuse"}
    assert {name for name, keys in own.items() if keys} == failures_alone
    assert all(functions()[name]["LoggingConfig"]["SystemLogLevel"] == "WARN" for name in failures_alone)


def test_functions_behind_the_api_end_before_the_api_gives_up() -> None:
    for _, _, name in routes():
        assert functions()[name]["Timeout"] < API_LIMIT_S, name


@pytest.mark.parametrize("name", sorted(KNOWN_FUNCTIONS))
def test_a_role_allows_named_actions_on_named_resources(name: str) -> None:
    for statement in statements(functions()[name]):
        actions = as_list(statement["Action"])
        assert statement["Effect"] == "Allow"
        assert not [action for action in actions if "*" in action]
        if set(actions) <= WITHOUT_RESOURCE:
            continue
        for resource in as_list(statement["Resource"]):
            assert resource != "*", f"{name} may {actions} on everything"
            assert resource.keys() & {"Fn::GetAtt", "Fn::Sub"}


def test_no_two_functions_share_a_role() -> None:
    roles = [str(function["Role"]) for function in functions().values() if "Role" in function]
    assert len(roles) == len(set(roles))


def test_who_may_read_and_who_may_change_the_tokens_that_let_the_hub_in() -> None:
    """Receivers read that one item; only register and credentials may change it, and check_readiness, which
    calls our receivers with a token that is good for nothing else.
    """
    readers, writers = set(), set()
    for name, function in functions().items():
        for statement in statements(function):
            if {"Fn::GetAtt": ["ControlTable", "Arn"]} not in as_list(statement["Resource"]):
                continue
            assert "Condition" in statement, f"{name}: say by dynamodb:LeadingKeys which items it may touch"
            [(operator, keys)] = statement["Condition"].items()
            assert operator in (
                "ForAllValues:StringEquals",
                "ForAllValues:StringLike",
                "ForAllValues:StringNotEquals",
            )
            named = set(keys["dynamodb:LeadingKeys"])
            if operator == "ForAllValues:StringNotEquals":
                assert named == {"inbound_tokens"}, name
            elif operator == "ForAllValues:StringLike":
                assert named <= {
                    "authorized_token#*",
                    "forgotten_tokens",
                    "forgotten_token#*",
                    "meter_key#*",
                }, name
            elif "inbound_tokens" in named:
                readers.add(name)
                if as_list(statement["Action"]) != ["dynamodb:GetItem"]:
                    writers.add(name)
    receivers = {"versions", "receive_session", "receive_cdr", "receive_command_result"}
    assert writers == {"check_readiness", "credentials", "register"}
    assert readers == receivers | writers


def test_functions_that_read_queues_or_streams_bring_their_own_role() -> None:
    """The managed policies that SAM would add may read every queue and stream of the account."""
    for name, function in functions().items():
        if any(event["Type"] in ("SQS", "DynamoDB") for event in function.get("Events", {}).values()):
            assert "Role" in function, name


@pytest.mark.parametrize("name", sorted(KNOWN_FUNCTIONS))
def test_what_a_function_is_told_of_it_may_use_and_the_other_way_round(name: str) -> None:
    """A table, bucket, secret, queue or bus whose name its code reads stands in the role, and the reverse."""
    function = functions()[name]
    read = _asked_for(name)
    told = {
        target for key, value in environment(function).items() if key in read for target in _targets(value)
    }
    allowed = {target for each in statements(function) for target in _targets(each["Resource"])}
    kept = {
        logical_id
        for logical_id, resource in template()["Resources"].items()
        if resource["Type"].split("::")[1] in ("DynamoDB", "S3", "SecretsManager", "SQS", "Events")
    }
    reads_by_event = {
        target
        for event in function.get("Events", {}).values()
        if event["Type"] in ("SQS", "DynamoDB")
        for target in _targets(event["Properties"])
    }
    assert told & kept == (allowed & kept) - (reads_by_event - told)


def _targets(value: Any) -> set[str]:
    """The logical ids that an expression refers to."""
    match value:
        case {"Ref": str(name)}:
            return {name}
        case {"Fn::GetAtt": [name, *_]}:
            return {name}
        case {"Fn::Sub": str(text)}:
            return set(re.findall(r"\$\{(\w+)[.}]", text))
        case dict():
            return {target for inner in value.values() for target in _targets(inner)}
        case list():
            return {target for inner in value for target in _targets(inner)}
    return set()


@pytest.mark.parametrize("name", sorted(KNOWN_FUNCTIONS))
def test_a_function_has_the_variables_that_it_asks_for_and_no_others(name: str) -> None:
    """Asked for by its handler, or by what its handler imports; those with a default may be left out."""
    asked = _asked_for(name)
    given = set(environment(functions()[name]))
    assert asked - _with_a_default() <= given
    assert given - set(template()["Globals"]["Function"]["Environment"]["Variables"]) <= asked


def _asked_for(name: str) -> set[str]:
    """The variables that a function's code reads."""
    variables = _variables_by_property()
    texts = [file.read_text(encoding="utf-8") for file in _imported_by(name)]
    return {
        variable
        for text in texts
        for found in re.findall(r"(?:settings|Settings\(\))\.(\w+)", text)
        for variable in variables.get(found, ())
    }


def _imported_by(name: str) -> set[Path]:
    """A function's app.py and the modules of ours that it imports, directly or not."""
    found = {REPOSITORY / "functions" / name / "app.py"}
    waiting = list(found)
    while waiting:
        for node in ast.walk(ast.parse(waiting.pop().read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not str(node.module).startswith("emsp"):
                continue
            for module in (str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)):
                file = (REPOSITORY / "layers" / "emsp" / Path(*module.split("."))).with_suffix(".py")
                if file.exists() and file != SETTINGS and file not in found:
                    found.add(file)
                    waiting.append(file)
    return found


def _with_a_default() -> set[str]:
    return {name for name, variable in VARIABLES.items() if not variable.needed}


def _variables_by_property() -> dict[str, set[str]]:
    """Which variables each field of Settings reads."""
    variables = {name: {each.name} for name, each in vars(Settings).items() if isinstance(each, Variable)}
    our_party = {"OUR_COUNTRY_CODE", "OUR_PARTY_ID"}
    return variables | {"public_base_url": {"PUBLIC_BASE_URL"}, "our_party": our_party}


def test_no_function_gets_a_variable_that_no_setting_reads() -> None:
    read = set().union(*_variables_by_property().values()) | {
        "LOG_LEVEL",
        "POWERTOOLS_SERVICE_NAME",
        "PYDANTIC_DISABLE_PLUGINS",
        "PYTHONTZPATH",
    }
    for name, function in functions().items():
        assert set(environment(function)) <= read, name


def test_functions_behind_the_api_do_not_depend_on_it() -> None:
    """They would make a circle; they build the URL from the request where no domain is given."""
    behind = {name for _, _, name in routes()}
    for name, function in functions().items():
        url = environment(function).get("PUBLIC_BASE_URL")
        if name in behind:
            assert url == {"Ref": "PublicBaseUrl"}
        elif url is not None:
            assert url["Fn::If"][0] == "HasPublicBaseUrl"


KEPT_TABLES = [
    *("SessionsTable", "CdrsTable", "CommandsTable", "TariffVersionsTable", "ControlTable", "FindingsTable"),
    *("PricePlansTable", "PlanAssignmentsTable", "DisputesTable"),
]


@pytest.mark.parametrize("table", KEPT_TABLES)
def test_what_cannot_be_fetched_again_is_kept(table: str) -> None:
    resource = template()["Resources"][table]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert resource["Properties"]["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}
    assert resource["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert template()["Parameters"]["DeletionProtection"]["Default"] == "true"


def test_the_apis_metrics_are_those_that_cost_nothing() -> None:
    """By resource and method each would be billed; whoever wants them in an alarm has to turn them on."""
    [of_api] = resources("AWS::Serverless::Api").values()
    assert [each["MetricsEnabled"] for each in of_api["Properties"]["MethodSettings"]] == [False]
    watched = [
        {each["Name"] for each in alarm["Properties"]["Dimensions"]}
        for alarm in resources("AWS::CloudWatch::Alarm").values()
        if alarm["Properties"].get("Namespace") == "AWS/ApiGateway"
    ]
    assert watched == [{"ApiName"}] * 3
    [shown] = resources("AWS::CloudWatch::Dashboard").values()
    body = shown["Properties"]["DashboardBody"]["Fn::Sub"]
    assert '"AWS/ApiGateway"' in body
    assert '"Method"' not in body
    assert '"Resource"' not in body


def test_tables_cost_nothing_when_idle() -> None:
    for name, table in resources("AWS::DynamoDB::Table").items():
        assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST", name


STREAMED = ("Sessions", "Cdrs", "Commands", "Disputes", "Findings", "Locations", "Tariffs")


def test_every_object_table_streams_to_publish_changes_and_no_change_is_lost_silently() -> None:
    events = list(functions()["publish_changes"]["Events"].values())
    streamed = {event["Properties"]["Stream"]["Fn::GetAtt"][0] for event in events}
    assert streamed == {f"{name}Table" for name in STREAMED}
    for table in streamed:
        view = template()["Resources"][table]["Properties"]["StreamSpecification"]["StreamViewType"]
        assert view == "NEW_AND_OLD_IMAGES"


READERS = ("publish_changes", "check_cdr", "link_session", "resume_workflow")


@pytest.mark.parametrize("name", READERS)
def test_what_reads_a_stream_tries_for_six_hours_and_what_fails_is_kept_whole(name: str) -> None:
    """Lambda writes the event itself to S3 alone, and to a queue where in the stream it was, for a day."""
    bucket = {"Fn::GetAtt": ["LargeBodiesBucket", "Arn"]}
    for event in functions()[name]["Events"].values():
        mapping = event["Properties"]
        assert mapping["StartingPosition"] == "TRIM_HORIZON"
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["MaximumRecordAgeInSeconds"] == 6 * 3600
        assert mapping["MaximumRetryAttempts"] == -1, "a hundred tries are over in minutes"
        assert mapping["DestinationConfig"] == {"OnFailure": {"Destination": bucket}}
        first, *others = [json.loads(each["Pattern"]) for each in mapping["FilterCriteria"]["Filters"]]
        assert first["eventName"] == ["INSERT", "MODIFY"]
        if name == "link_session":  # tests/integration/charges hold these against what it does
            assert [list(each["dynamodb"]["NewImage"]) for each in (first, *others)] == [
                ["link_moved"],
                ["is_limited"],
            ]
            continue
        assert "dynamodb" not in first
        stream = mapping["Stream"]["Fn::GetAtt"][0]
        pointers = LAPSED_WITH_BODIES.get(stream, ()) if name == "publish_changes" else ()
        assert others == [
            {"eventName": ["REMOVE"], "dynamodb": {"OldImage": {pointer: {"S": [{"exists": True}]}}}}
            for pointer in pointers
        ]


FAILED = ("aws/lambda/", "parked/")


@pytest.mark.parametrize("name", READERS)
def test_what_fails_can_be_written_is_named_in_a_queue_and_can_be_redriven(name: str) -> None:
    written = [
        each["Fn::Sub"] if isinstance(each, dict) else each
        for statement in statements(functions()[name])
        if "s3:PutObject" in as_list(statement["Action"])
        for each in as_list(statement["Resource"])
    ]
    for prefix in FAILED:
        assert {"${LargeBodiesBucket.Arn}/*", f"${{LargeBodiesBucket.Arn}}/{prefix}*"} & set(written)
    redrive = statements(functions()["redrive_changes"])
    [called] = [each["Resource"] for each in redrive if each["Action"] == "lambda:InvokeFunction"]
    assert {"Fn::GetAtt": [logical_id(name), "Arn"]} in called


def test_the_bucket_names_what_failed_in_a_queue_and_forgets_it_after_the_queue_does() -> None:
    bucket = template()["Resources"]["LargeBodiesBucket"]
    told = bucket["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    prefixes = [each["Filter"]["S3Key"]["Rules"][0]["Value"] for each in told]
    assert tuple(prefixes) == FAILED
    assert all(each["Queue"] == {"Fn::GetAtt": ["FailedChangesQueue", "Arn"]} for each in told)
    assert bucket["DependsOn"] == "FailedChangesQueuePolicy", "S3 tries the queue when it is told of it"
    days = {
        each["Prefix"]: each["ExpirationInDays"]
        for each in bucket["Properties"]["LifecycleConfiguration"]["Rules"]
        if "Prefix" in each
    }
    queue = resources("AWS::SQS::Queue")["FailedChangesQueue"]["Properties"]
    for prefix in FAILED:
        assert days[prefix] * 86400 > queue["MessageRetentionPeriod"]
    assert queue["VisibilityTimeout"] > functions()["redrive_changes"]["Timeout"]


def test_a_bus_with_a_key_has_a_dead_letter_queue_that_does_without_it() -> None:
    bus = template()["Resources"]["EventBus"]["Properties"]
    queue = {"Arn": {"Fn::GetAtt": ["UndeliveredEventsQueue", "Arn"]}}
    assert bus["DeadLetterConfig"] == {"Fn::If": ["HasKey", queue, {"Ref": "AWS::NoValue"}]}
    assert (
        resources("AWS::SQS::Queue")["UndeliveredEventsQueue"]["Properties"]["SqsManagedSseEnabled"] is True
    )


@pytest.mark.parametrize("table", ["Sessions", "Cdrs", "Commands", "Locations", "Tariffs", "Control"])
def test_what_has_an_end_lapses_by_itself(table: str) -> None:
    properties = template()["Resources"][f"{table}Table"]["Properties"]
    assert properties["TimeToLiveSpecification"] == {"AttributeName": EXPIRES_AT, "Enabled": True}


@pytest.mark.parametrize("kind", ["Session", "Cdr", "Command"])
def test_whoever_writes_what_lapses_knows_when(kind: str) -> None:
    writers = {
        name
        for name, function in functions().items()
        if f"{kind.upper()}_RETENTION_DAYS" in function.get("Environment", {}).get("Variables", {})
    }
    assert (
        writers
        == {
            "Session": {"receive_session", "receive_cdr", "replay_rejected", "link_session"},
            "Cdr": {"receive_cdr", "replay_rejected", "link_session"},
            "Command": {"send_command", "enforce_limits", "driver_api", "link_session"},
        }[kind]
    )
    parameter = template()["Parameters"][f"{kind}RetentionDays"]
    for days in ("0", "30", "400", "36500"):
        assert re.fullmatch(parameter["AllowedPattern"], days)
        kept = getattr(Settings({f"{kind.upper()}_RETENTION_DAYS": days}), f"{kind.lower()}_kept_for")
        assert kept == (timedelta(days=int(days)) if days != "0" else None)
    for days in ("1", "29", "-1", "030", ""):
        assert not re.fullmatch(parameter["AllowedPattern"], days)


def test_no_stream_has_more_readers_than_dynamodb_serves() -> None:
    readers = [
        event["Properties"]["Stream"]["Fn::GetAtt"][0]
        for function in functions().values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "DynamoDB"
    ]
    assert max(readers.count(table) for table in readers) <= 2


def test_the_queue_of_expiries_reports_each_failure_and_gives_up_into_a_dead_letter_queue() -> None:
    (event,) = functions()["expire_command"]["Events"].values()
    assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    queue = template()["Resources"]["ExpireCommandQueue"]["Properties"]
    assert queue["VisibilityTimeout"] >= 6 * functions()["expire_command"]["Timeout"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {
        "Fn::GetAtt": ["ExpireCommandDeadLetterQueue", "Arn"]
    }


def test_the_clock_runs_the_pulls_the_check_the_watch_and_the_settlement() -> None:
    schedules = {
        (name, schedule["ScheduleExpression"]["Ref"], schedule["Input"])
        for name, function in functions().items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "ScheduleV2"
        for schedule in [event["Properties"]]
    }
    assert schedules == {
        ("pull_locations", "LocationsDeltaSchedule", '{"mode": "delta"}'),
        ("pull_locations", "LocationsFullSchedule", '{"mode": "full", "insist": true}'),
        ("pull_tariffs", "TariffsDeltaSchedule", '{"mode": "delta"}'),
        ("pull_tariffs", "TariffsFullSchedule", '{"mode": "full", "insist": true}'),
        ("check_hub", "CheckHubSchedule", "{}"),
        ("watch_charges", "WatchChargesSchedule", "{}"),
        ("enforce_limits", "EnforceLimitsSchedule", "{}"),
        ("settle", "SettlementSchedule", '{"month": "previous"}'),
    }


@pytest.mark.parametrize("bucket", sorted(resources("AWS::S3::Bucket")))
def test_buckets_are_closed_encrypted_kept_and_reached_by_tls_only(bucket: str) -> None:
    resource = template()["Resources"][bucket]
    properties = resource["Properties"]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == KEPT
    assert all(properties["PublicAccessBlockConfiguration"].values())
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert properties["LifecycleConfiguration"]["Rules"]
    assert template()["Resources"][f"{bucket}Policy"]["Condition"] == "RequiresTls"
    assert template()["Parameters"]["RequireTls"]["Default"] == "true"
    (statement,) = template()["Resources"][f"{bucket}Policy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_secrets_begin_empty_and_outlive_the_stack() -> None:
    for secret in resources("AWS::SecretsManager::Secret").values():
        if "GenerateSecretString" in secret["Properties"]:
            continue  # ours alone to make, and to make again
        assert secret["Properties"]["SecretString"] == "{}"
        assert (secret["DeletionPolicy"], secret["UpdateReplacePolicy"]) == KEPT


def test_indexes_project_no_more_attributes_than_are_declared() -> None:
    for name, table in resources("AWS::DynamoDB::Table").items():
        properties = table["Properties"]
        declared = {attribute["AttributeName"] for attribute in properties["AttributeDefinitions"]}
        indexes = properties.get("GlobalSecondaryIndexes", [])
        keys = [key for each in (properties, *indexes) for key in each["KeySchema"]]
        assert {key["AttributeName"] for key in keys} == declared, name


def test_every_index_that_a_store_reads_is_there() -> None:
    known = {
        index["IndexName"]
        for table in resources("AWS::DynamoDB::Table").values()
        for index in table["Properties"].get("GlobalSecondaryIndexes", [])
    }
    read = {
        name
        for path in (REPOSITORY / "layers" / "emsp" / "emsp" / "stores").glob("*.py")
        for name in re.findall(r'"(by_\w+)"', path.read_text(encoding="utf-8"))
    }
    assert read <= known


def test_outputs_name_every_part_whose_name_is_not_known() -> None:
    """Functions are named for their stack: <stack>-receive_cdr."""
    outputs = set(template()["Outputs"])
    parts = {
        "AWS::DynamoDB::Table": "Name",
        "AWS::S3::Bucket": "Name",
        "AWS::SecretsManager::Secret": "Id",
        "AWS::SQS::Queue": "Url",
    }
    for kind, ending in parts.items():
        assert {f"{logical_id}{ending}" for logical_id in resources(kind)} <= outputs


def test_design_names_turn_into_logical_ids_and_back() -> None:
    assert design_name("ReceiveCommandResultFunction") == "receive_command_result"


def _tracked_text_files() -> list[Path]:
    folders = ("functions", "layers", "locks", "events", "tests", "docs", ".ci")
    files = [path for path in REPOSITORY.iterdir() if path.is_file() and path.name != ".git"]
    files += [path for folder in folders for path in (REPOSITORY / folder).rglob("*") if path.is_file()]
    return [path for path in files if "__pycache__" not in path.parts and path.suffix not in (".png", ".svg")]


def test_nothing_names_a_package_registry_or_a_place_on_this_machine() -> None:
    forbidden = re.compile(
        r"pypi\.org|pythonhosted|registry\.npmjs|--(?:extra-)?index-url\s*=?\s*\S|/root/|/work/|--find-links"
    )
    for path in _tracked_text_files():
        if path == Path(__file__):
            continue
        found = forbidden.findall(path.read_text(encoding="utf-8", errors="replace"))
        assert not found, f"{path.relative_to(REPOSITORY)} says {found}"
