"""The template's tables, made where tests want them, and the variables that its functions get."""

import re
from typing import Any

from tests.template.template import environment, functions, resources, template

KEPT = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


def short_name(logical_id: str) -> str:
    """`TariffVersionsTable` -> `tariff_versions`, `LargeBodiesBucket` -> `large-bodies`."""
    words = re.findall("[A-Z][a-z]+", logical_id)
    return ("-" if words[-1] == "Bucket" else "_").join(words[:-1]).lower()


def table_keys() -> dict[str, list[str]]:
    """The attributes of each table's key, by the table's short name."""
    return {
        short_name(logical_id): [each["AttributeName"] for each in table["Properties"]["KeySchema"]]
        for logical_id, table in resources("AWS::DynamoDB::Table").items()
    }


def create_tables(dynamodb: Any, *names: str) -> None:
    """Those of these short names, or all: keys, indexes with what they project, streams, expiry."""
    for logical_id in resources("AWS::DynamoDB::Table"):
        if not names or short_name(logical_id) in names:
            create_table(dynamodb, logical_id, short_name(logical_id))


def create_table(dynamodb: Any, logical_id: str, name: str) -> None:
    properties = template()["Resources"][logical_id]["Properties"]
    made = {key: properties[key] for key in KEPT if key in properties}
    if "StreamSpecification" in properties:
        made["StreamSpecification"] = {"StreamEnabled": True, **properties["StreamSpecification"]}
    dynamodb.create_table(TableName=name, **made)
    if "TimeToLiveSpecification" in properties:
        dynamodb.update_time_to_live(
            TableName=name, TimeToLiveSpecification=properties["TimeToLiveSpecification"]
        )


def bucket_names() -> list[str]:
    return [short_name(logical_id) for logical_id in resources("AWS::S3::Bucket")]


def variables() -> dict[str, str]:
    """Of all functions: parameters by their defaults, tables and buckets by their short names. What is left
    out is the caller's to give: parameters without a default, queues, URLs.
    """
    found = {}
    for function in functions().values():
        for name, value in environment(function).items():
            match value:
                case str():
                    found[name] = value
                case {"Ref": str(of)} if of in template()["Parameters"]:
                    if "Default" in template()["Parameters"][of]:
                        found[name] = str(template()["Parameters"][of]["Default"])
                case {"Ref": str(of)} if of.endswith(("Table", "Bucket")):
                    found[name] = short_name(of)
    return found
