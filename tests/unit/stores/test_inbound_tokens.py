"""For whom the holder of an inbound token may push."""

from emsp.stores.inbound_tokens import spoken_for


def role(name: str, party_id: str) -> dict[str, str]:
    return {"role": name, "country_code": "in", "party_id": party_id}


def test_a_hub_speaks_for_all_and_a_platform_for_its_own() -> None:
    assert spoken_for([]) is None
    assert spoken_for([role("HUB", "CIH")]) is None
    assert spoken_for([role("CPO", "AAA"), role("HUB", "CIH")]) is None
    assert spoken_for([role("CPO", "aaa"), role("CPO", "BBB")]) == ("IN*AAA", "IN*BBB")


def test_a_hub_that_is_a_cpo_too_under_the_same_name_is_a_hub() -> None:
    assert spoken_for([role("HUB", "CIH"), role("CPO", "CIH")]) is None


def test_a_hub_that_calls_itself_other_speaks_for_any_but_a_platform_of_cpos_does_not() -> None:
    assert spoken_for([role("OTHER", "CIH")]) is None
    assert spoken_for([role("other", "CIH"), role("EMSP", "CIH")]) is None
    assert spoken_for([role("OTHER", "CIH"), role("CPO", "AAA")]) == ("IN*CIH", "IN*AAA")
    assert spoken_for([role("NSP", "CIH")]) == ("IN*CIH",)
