"""Parties and keys are the same however their parts are cased."""

from emsp.ocpi.parties import PartyId, object_key


def test_a_party_is_the_same_however_it_is_cased() -> None:
    assert PartyId("in", "cih") == PartyId("IN", "CIH")
    assert hash(PartyId("in", "cih")) == hash(PartyId("IN", "CIH"))
    assert str(PartyId("in", "cih")) == "IN*CIH"


def test_a_key_is_the_same_however_its_parts_are_cased() -> None:
    assert object_key("in", "abc", "loc-1a") == object_key("IN", "Abc", "LOC-1A") == "IN#ABC#LOC-1A"
