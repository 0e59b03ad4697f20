"""README leads to every page, and the tables of the pages are those of the template and of the code."""

import re
from typing import Any

from emsp.hub import errors
from emsp.hub.errors import HubError
from tests.schemas.events import EVENTS
from tests.schemas.pages import event_file, schemas
from tests.schemas.payloads import payload_schemas
from tests.template.pages import PAGES, rows, section, text
from tests.template.template import REPOSITORY, functions, resources, template

CODE = "".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "layers" / "emsp").rglob("*.py"))


def test_readme_leads_to_every_page() -> None:
    led_to = set(re.findall(r"\]\((docs/[\w-]+\.md)\)", section("README.md", "A page for each question")))
    assert led_to == PAGES.keys() - {"README.md"}


def test_readme_begins_with_what_for_whom_a_picture_and_two_commands() -> None:
    first_screen = "\n".join(text("README.md").splitlines()[:30])
    for part in ("e-mobility service provider", "```mermaid", "make demo", "make test"):
        assert part in first_screen


def test_readme_tells_the_cold_starts_that_the_benchmark_tells() -> None:
    benchmark = (REPOSITORY / "tests" / "benchmarks" / "README.md").read_text(encoding="utf-8")
    told = section("README.md", "How fast")
    for name in ("versions", "receive_session", "FastAPI + Mangum", "authorize_token"):
        [ratio] = re.findall(rf"^\| {re.escape(name)} \| \d+ \| ([\d.]+) \|", benchmark, flags=re.MULTILINE)
        assert re.search(rf"\b{ratio}\s+times", told), name


def test_every_parameter_is_explained_in_the_order_in_which_it_is_asked_for() -> None:
    table = re.findall(
        r"^\| `([A-Z]\w+)` \| (.+) \| (.+) \|$", text("docs/parameters.md"), flags=re.MULTILINE
    )
    expected = []
    for name, parameter in template()["Parameters"].items():
        default = str(parameter.get("Default", "(yours)"))
        shown = default if default == "(yours)" else f"`{default}`" if default else "(none)"
        expected.append((name, shown, parameter["Description"]))
    assert table == expected


def test_every_function_is_told_of() -> None:
    told = {name for cells in rows("docs/functions.md") for name in re.findall(r"`(\w+)`", cells[0])}
    assert told == set(functions())


def test_every_field_of_every_payload_is_told_of() -> None:
    """In the function's row, or on the page that its row leads to."""
    for name, schema in payload_schemas().items():
        [row] = [cells for cells in rows("docs/functions.md") if f"`{name}`" in cells[0]]
        led_to = [text(f"docs/{page}") for page in re.findall(r"\]\(([\w-]+\.md)\)", row[1])]
        told = "\n".join([*row, *led_to])
        missing = [field for field in _fields(schema) if not re.search(rf'[`"]{field}[`"]', told)]
        assert not missing, (name, missing)


def _fields(schema: dict[str, Any]) -> set[str]:
    of_all = schema.get("oneOf", [schema])
    return {field for each in of_all for field in each.get("properties", {})}


def test_every_event_is_told_of_with_what_it_has_beside_its_object() -> None:
    for name, schema in ((name, schemas()[event_file(name)]) for name in EVENTS):
        link = f"[`{name}`](../events/schemas/events/{event_file(name).name})"
        [row] = [cells for cells in rows("docs/events.md") if link in cells[0]]
        fields = {*schema["properties"]} - {
            *("event_id", "occurred_at", "country_code", "party_id", "id", "object", "object_s3")
        }
        told = " ".join(row) + (" ".join(_received()) if "what `CDR Received` has" in row[2] else "")
        missing = [field for field in fields if f"`{field}`" not in told]
        assert not missing, (name, missing)


def _received() -> list[str]:
    return next(cells for cells in rows("docs/events.md") if "[`CDR Received`]" in cells[0])


def test_every_error_of_the_hub_is_in_the_table_and_every_error_in_the_table_exists() -> None:
    lines = section("docs/drive-a-charge.md", "Errors that callers see").splitlines()
    table = [line for line in lines if line.startswith("|")]
    told = {name for line in table for name in re.findall(r"`([A-Z]\w+)`", line.split(" | ")[0])}
    raised = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, HubError) and kind is not HubError
    }
    assert raised <= told
    assert not [name for name in told if f"class {name}(" not in CODE]


def test_every_table_and_index_is_told_of_with_its_keys() -> None:
    told, table = {}, ""
    for cells in rows("docs/stored-data.md"):
        if len(cells) == 4 and cells[0] != "table":
            table = cells[0] or table
            told[table, cells[1].strip("`")] = (re.findall(r"`(\w+)`", cells[2]), cells[3].replace("`", ""))
    expected = {}
    for logical, each in resources("AWS::DynamoDB::Table").items():
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", logical.removesuffix("Table")).lower()
        properties = each["Properties"]
        expected[name, ""] = (_keys(properties), "everything")
        for index in properties.get("GlobalSecondaryIndexes", []):
            projection = index["Projection"]
            held = {"ALL": "everything", "KEYS_ONLY": "keys"}.get(projection["ProjectionType"])
            held = held or ", ".join(["keys", *projection["NonKeyAttributes"]])
            expected[name, index["IndexName"]] = (_keys(index), held)
    assert told == expected


def _keys(described: dict[str, Any]) -> list[str]:
    return [key["AttributeName"] for key in described["KeySchema"]]


def test_every_bucket_is_told_of() -> None:
    told = {cells[0].strip("`") for cells in rows("docs/stored-data.md") if len(cells) == 3}
    assert told - {"output", ""} == {f"{name}Name" for name in resources("AWS::S3::Bucket")}


def test_the_layout_has_every_room_of_the_package() -> None:
    layout = (REPOSITORY / "README.md").read_text("utf-8").partition("## Layout")[2]
    package = REPOSITORY / "layers" / "emsp" / "emsp"
    rooms = {folder.name for folder in package.iterdir() if (folder / "__init__.py").exists()}
    assert {name for name in rooms if f"\n    {name}/ " not in layout} == set()
