"""What is the driver in a text, and what only looks like it."""

import base64

import pytest

from emsp.drivers.pseudonymize_driver import Person
from emsp.ocpi.json_text import dump_json

UID, CONTRACT = "0a1B2c3D4e", "IN-EMS-C01"


def person(uid: str = UID) -> Person:
    return Person("P", uids={uid.upper()})


def one(text: str, uid: str = UID) -> str | None:
    return person(uid).forgotten_in({"body": text}).get("body")


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ('{"cdr_token":{"uid":"0A1b2c3d4E","type":"RFID"}}', '{"cdr_token":{"uid":"P","type":"RFID"}}'),
        ('{"cdr_token":{"uid":"0\\u00611B2c3D4e"}}', '{"cdr_token":{"uid":"P"}}'),
        ('\ufeff{"token":{"uid":"0a1B2c3D4e"}}', '{"token":{"uid":"P"}}'),
        ('{"x":[{"y":"of 0a1b2c3d4e!"}],"kwh":8.10}', '{"x":[{"y":"of P!"}],"kwh":8.10}'),
        (f'{{"cdr_token":{{"uid":"{UID}","nick":"Pri"}}}}', '{"cdr_token":{"uid":"P","nick":"P"}}'),
        (f'{{"token":{{"uid":"{UID}","energy_contract":{{"contract_id":"E"}}}}}}', '{"token":{"uid":"P"}}'),
        (f'{{"token":{{"uid":"{UID}"}},"e_mail":"a@b.c"}}', '{"token":{"uid":"P"},"e_mail":"P"}'),
        (f'{{"broken": "{UID}"', '{"broken": "P"'),
        (f"Refused: {UID} is blocked", "Refused: P is blocked"),
    ],
)
def test_the_driver_is_found(text: str, without: str) -> None:
    assert one(text) == without


@pytest.mark.parametrize(
    "text",
    [
        '{"cdr_token":{"uid":"0a1B2c3D4e99","contract_id":"X"}}',
        '{"id":"0a1B2c3D4e","evse_uid":"0a1B2c3D4e"}',
        '{"evses":[{"uid":"EVSE1","evse_id":"IN*E1"}]}',
        "a0a1B2c3D4e and 0a1B2c3D4e9",
        '{"e_mail":"a@b.c"}',
    ],
)
def test_what_is_not_the_driver_is_left(text: str) -> None:
    assert one(text) is None


def test_a_short_uid_is_found_in_tokens_alone() -> None:
    text = '{"cdr_token":{"uid":17},"connector_id":"17","note":"17 kWh","kwh":17}'
    assert one(text, "17") == '{"cdr_token":{"uid":"P"},"connector_id":"17","note":"17 kWh","kwh":17}'


def test_signed_data_that_name_the_driver_do_so_no_more() -> None:
    signed = base64.b64encode(f'OCMF|{{"ID":"{UID}"}}|sig'.encode()).decode()
    text = dump_json({"cdr_token": {"uid": UID}, "signed_data": {"signed_values": [{"signed_data": signed}]}})
    changed = one(text)
    assert changed
    assert signed not in changed
    assert (
        UID.lower()
        not in base64.b64decode(changed.split('"signed_data":"')[1].split('"')[0]).decode().lower()
    )


def test_a_key_and_what_stands_beside_the_token_go_with_it() -> None:
    changed = person().forgotten_in(
        {
            "body": dump_json({"cdr_token": {"uid": UID, "contract_id": CONTRACT}}),
            "token_key": f"IN#EMS#{UID.upper()}",
            "deviations": dump_json(
                [{"path": "cdr_token.contract_id", "problem": "is odd", "value": CONTRACT[:4]}]
            ),
            "error": f"no contract {CONTRACT.lower()}",
            "status": "ACTIVE",
        }
    )
    assert changed == {
        "body": '{"cdr_token":{"uid":"P","contract_id":"P"}}',
        "token_key": "IN#EMS#P",
        "deviations": '[{"path":"cdr_token.contract_id","problem":"is odd","value":"P"}]',
        "error": "no contract P",
    }


def test_by_contract_each_of_its_tokens_is_learned() -> None:
    driver = Person("P", contract_ids={CONTRACT}, whole_contract=True)
    assert driver.forgotten_in({"a": f"{UID} alone"}) == {}
    driver.forgotten_in({"body": dump_json({"cdr_token": {"uid": UID, "contract_id": CONTRACT}})})
    assert driver.forgotten_in({"a": f"{UID} alone"}) == {"a": "P alone"}


SPELLINGS = [
    "IN-EMS-C0PRIYA01",
    "INEMSC0PRIYA01",
    "in*ems*c0priya01",
    "IN.EMS_C0PRIYA01",
    " IN-EMS-C0PRIYA01 ",
]
OTHERS = ["IN-EMS-C0PRIYA011", "IN-EMS-C0PRIYA0", "XIN-EMS-C0PRIYA01", "IN--EMS-C0PRIYA02"]


@pytest.mark.parametrize("asked", [each.strip().upper() for each in SPELLINGS])
@pytest.mark.parametrize("said", [*SPELLINGS, *OTHERS])
def test_a_contract_is_the_same_with_and_without_its_separators(asked: str, said: str) -> None:
    driver = Person("P", contract_ids={asked}, whole_contract=True)
    token = {"cdr_token": {"uid": UID, "contract_id": said}}
    texts = driver.forgotten_in({"body": dump_json(token), "problem": f"of {said}!"})
    if said in SPELLINGS:
        assert texts == {
            "body": '{"cdr_token":{"uid":"P","contract_id":"P"}}',
            "problem": f"of {said}!".replace(said.strip(), "P"),
        }
        assert driver.uids == {UID.upper()}
    else:
        assert texts == {}
        assert driver.uids == set()


def test_a_contract_of_few_characters_is_that_very_one() -> None:
    driver = Person("P", contract_ids={"A-1"})
    assert driver.forgotten_in({"body": '{"token":{"contract_id":"A1"}}'}) == {}
    assert driver.forgotten_in({"body": '{"token":{"contract_id":"a-1"}}'})


@pytest.mark.parametrize("uid", [" 0a1B2c3D4e", "0A1B2C3D4E "])
def test_a_uid_with_spaces_around_is_the_same(uid: str) -> None:
    assert one(dump_json({"cdr_token": {"uid": uid}})) == '{"cdr_token":{"uid":"P"}}'


def test_a_uid_with_a_hash_is_forgotten_in_its_key_too() -> None:
    changed = Person("P", uids={"A#B"}).forgotten_in({"token_key": "IN#EMS#A#B"})
    assert changed == {"token_key": "IN#EMS#P"}
    assert Person("P", uids={"B"}).forgotten_in({"token_key": "IN#EMS#A#B"}) == {}
