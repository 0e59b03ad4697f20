"""What a check says of a claim: right ones stay quiet, wrong ones are told in money and with their cause."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from emsp.ocpi.json_text import JsonObject
from emsp.pricing import stated_quantities
from emsp.pricing.check_claim import Check, CheckRules, Verdict, check
from emsp.pricing.notes import Code
from tests.unit.pricing.sessions import charge, component, element, period, tariff

HOURLY = tariff(
    element(
        component("FLAT", 10, 18),
        component("ENERGY", 20, 18, step=500),
        component("TIME", 60, 18, step=300),
        component("PARKING_TIME", 120, 18, step=300),
    )
)
# 10 + 12.3 kWh (-> 12.5) x 20 + 0.5 h x 60 + 0.25 h x 120 = 320; with VAT 377.6
PERIODS = (
    period(0, ENERGY=Decimal("8.1"), TIME=Decimal("0.25")),
    period(15, ENERGY=Decimal("4.2"), TIME=Decimal("0.25")),
    period(30, PARKING_TIME=Decimal("0.25")),
)


def price_of(excl: object, incl: object = None) -> JsonObject:
    amounts: dict[str, Any] = {"excl_vat": excl, "incl_vat": incl}
    return {name: Decimal(str(each)) for name, each in amounts.items() if each is not None}


def checked(
    excl: object,
    incl: object = None,
    *,
    by: JsonObject = HOURLY,
    rules: CheckRules | None = None,
    **fields: Any,
) -> Check:
    total = price_of(excl, incl) if excl is not None else None
    periods = fields.pop("periods", PERIODS)
    cdr = charge(*periods, tariffs=[by], minutes=45, total_cost=total, total_energy=Decimal("12.3"), **fields)
    return check(cdr, [], "Asia/Kolkata", rules or CheckRules(gst_percent=Decimal(18)))


VERDICTS = [
    (320, 377.6, Verdict.AGREES),
    (320.01, 377.61, Verdict.AGREES),
    (320, None, Verdict.AGREES),
    (320.02, 377.6, Verdict.ROUNDING),  # what 0.25 h of four decimals leaves open
    (320, 378, Verdict.ROUNDING),  # to the whole rupee
    (320, 379, Verdict.OVERCHARGED),
    (320.5, 378.19, Verdict.OVERCHARGED),
    (319, 376.42, Verdict.UNDERCHARGED),
    (None, None, Verdict.CANNOT_TELL),
]


@pytest.mark.parametrize(("excl", "incl", "verdict"), VERDICTS)
def test_a_claim_is_held_against_the_price(excl: object, incl: object, verdict: Verdict) -> None:
    assert checked(excl, incl).verdict is verdict


def test_a_check_tells_claim_price_and_difference_as_decimal_strings() -> None:
    told = checked("330.00", "389.40").as_json()
    assert told["claimed"] == {"excl_vat": "330", "incl_vat": "389.4"}
    assert told["computed"] == told["least"] == told["most"] == {"excl_vat": "320", "incl_vat": "377.6"}
    assert told["difference"] == {"excl_vat": "10", "incl_vat": "11.8"}
    assert (told["verdict"], told["currency"]) == ("OVERCHARGED", "INR")
    lines: Any = told["lines"]
    assert [(line["part"], line["excl_vat"]) for line in lines] == [
        ("fixed", "10"),
        ("energy", "162"),
        ("time", "15"),
        ("energy", "88"),
        ("time", "15"),
        ("parking", "30"),
    ]
    rules: Any = told["rules"]
    assert (rules["tolerance"], rules["gst_percent"]) == ("0.01", "18")
    tariffs: Any = told["tariffs"]
    assert (tariffs[0]["id"], len(tariffs[0]["sha256"])) == ("T1", 64)


CAUSES = [
    (377.6, 377.6, "VAT_INSIDE_EXCL"),
    (377.6, 445.568, "VAT_INSIDE_EXCL"),
    (320, 320, "VAT_FORGOTTEN"),
    (330, 389.4, "STEP_PER_PERIOD"),  # 8.5 + 4.5 kWh
    (316, 372.88, "STEP_IGNORED"),  # 12.3 kWh
    (340, 401.2, "FLAT_PER_PERIOD"),
    (310, 365.8, "FLAT_FORGOTTEN"),
    (250, 295, "ENERGY_ONLY"),
    (301, 355.18, "TIME_FOR_WHOLE_STAY"),  # 45 min at 60 instead of 30 and 15 at 120, energy as measured
]


@pytest.mark.parametrize(("excl", "incl", "cause"), CAUSES)
def test_a_known_mistake_that_gives_the_claim_is_named(excl: float, incl: float, cause: str) -> None:
    found = checked(excl, incl)
    assert found.verdict in (Verdict.OVERCHARGED, Verdict.UNDERCHARGED)
    assert found.cause is not None
    assert found.cause.code == cause


FOUR_PARTS = tariff(
    element(
        *(component(kind, "1.106", step=0) for kind in ("FLAT", "ENERGY", "TIME", "PARKING_TIME")),
    )
)


@pytest.mark.parametrize(
    ("excl", "cause"), [("4.43", None), ("4.44", "ROUNDED_PER_PART"), ("4.45", "ROUNDED_PER_PERIOD")]
)
def test_a_claim_that_was_rounded_before_it_was_added_up_has_that_as_its_cause(
    excl: str, cause: str | None
) -> None:
    """Four times 1.106 is 4.424; of 1.106 in four quarters each is 0.2765, rounded 0.28."""
    quarters = [period(minutes, ENERGY=Decimal("0.25")) for minutes in (0, 1, 2, 3)]
    periods = [*quarters, period(4, TIME=1), period(64, PARKING_TIME=1)]
    found = checked(excl, None, by=FOUR_PARTS, rules=CheckRules(), periods=periods)
    if cause:
        assert found.verdict is Verdict.OVERCHARGED
    assert (found.cause.code if found.cause else None) == cause


@pytest.mark.parametrize(
    ("excl", "verdict"),
    [
        (246, Verdict.AGREES),  # by total_energy
        (246_000, Verdict.AGREES),  # by the periods
        (1000, Verdict.CANNOT_TELL),
        (200, Verdict.UNDERCHARGED),
        (300_000, Verdict.OVERCHARGED),
    ],
)
def test_a_cdr_of_wh_beside_a_total_of_kwh_is_right_by_either(excl: int, verdict: Verdict) -> None:
    by = tariff(element(component("ENERGY", 20, step=0)))
    found = checked(excl, None, by=by, rules=CheckRules(), periods=[period(0, ENERGY=12_300)])
    assert found.verdict is verdict
    assert "ENERGY_DIFFERS" in [finding.code for finding in found.findings]


def test_periods_that_have_less_than_the_total_are_priced_as_they_are() -> None:
    by = tariff(element(component("ENERGY", 20, step=0)))
    found = checked(200, None, by=by, rules=CheckRules(), periods=[period(0, ENERGY=10)])
    assert (found.verdict, found.priced.reasons) == (Verdict.AGREES, ())


def test_restrictions_that_were_ignored_and_utc_for_local_time_are_named() -> None:
    evening = tariff(
        element(component("ENERGY", 30, step=0), start_time="18:00"), element(component("ENERGY", 20, step=0))
    )
    # 10:00 UTC is 15:30 in India.
    first = checked(369, None, by=evening, rules=CheckRules())
    assert first.cause is not None
    assert first.cause.code == "RESTRICTIONS_IGNORED"
    noon = tariff(
        element(component("ENERGY", 30, step=0), start_time="12:00"), element(component("ENERGY", 20, step=0))
    )
    second = checked(246, None, by=noon, rules=CheckRules())
    assert second.cause is not None
    assert second.cause.code == "UTC_FOR_LOCAL_TIME"


def test_an_amount_that_no_known_mistake_gives_has_no_cause() -> None:
    assert checked(333.33, 393.33).cause is None


NO_VAT = tariff(element(component("ENERGY", 10, step=0)))


@pytest.mark.parametrize(
    ("gst", "excl", "incl", "verdict"),
    [
        ("18", 123, 145.14, Verdict.AGREES),  # the usual rate on top
        ("18", 123, 123, Verdict.AGREES),  # none applies, by the letter
        ("18", 123, 150, Verdict.OVERCHARGED),
        (None, 123, 150, Verdict.AGREES),  # nothing to check the tax by
        (None, 124, 150, Verdict.OVERCHARGED),
    ],
)
def test_a_tariff_without_vat_is_checked_without_it_and_by_the_configured_rate(
    gst: str | None, excl: float, incl: float, verdict: Verdict
) -> None:
    rules = CheckRules(gst_percent=Decimal(gst) if gst else None)
    assert checked(excl, incl, by=NO_VAT, rules=rules).verdict is verdict


@pytest.mark.parametrize(
    ("claimed", "verdict"),
    [(130, Verdict.CANNOT_TELL), (61.5, Verdict.CANNOT_TELL), (61, "UNDERCHARGED"), (247, "OVERCHARGED")],
)
def test_where_the_price_is_open_only_what_nothing_can_give_is_wrong(
    claimed: float, verdict: Verdict
) -> None:
    by = tariff(
        element(component("ENERGY", 20, step=0), min_power=50), element(component("ENERGY", 5, step=0))
    )
    found = checked(claimed, None, by=by, rules=CheckRules())
    assert found.verdict == verdict
    told = found.as_json()
    assert told["computed"] is None
    assert told["least"] == {"excl_vat": "61.5", "incl_vat": "61.5"}
    assert told["most"] == {"excl_vat": "246", "incl_vat": "246"}
    assert "NOT_MEASURED" in {finding.code for finding in found.findings}


def test_the_hubs_own_cdr_is_checked_by_its_totals() -> None:
    by = tariff(element(component("ENERGY", 10), component("TIME", 60)))
    found = checked(168, 198.24, by=by, periods=(), total_time=2700)
    assert found.verdict is Verdict.AGREES
    assert {"NO_PERIODS", "TOTAL_TIME_IN_SECONDS", "VAT_ASSUMED"} <= {each.code for each in found.assumptions}


def test_without_periods_restrictions_leave_a_range() -> None:
    by = tariff(
        element(component("ENERGY", 20, step=0), max_kwh=10), element(component("ENERGY", 10, step=0))
    )
    found = checked(223, None, by=by, periods=(), total_time=Decimal("0.75"), rules=CheckRules())
    assert found.verdict is Verdict.CANNOT_TELL
    assert "NOT_DIVIDED" in {finding.code for finding in found.findings}
    assert checked(247, None, by=by, periods=(), rules=CheckRules()).verdict is Verdict.OVERCHARGED


def test_a_credit_cdr_gives_back_what_the_other_cost() -> None:
    assert checked(-320, -377.6, credit=True).verdict is Verdict.AGREES
    assert checked(-300, -354, credit=True).verdict is Verdict.OVERCHARGED
    assert checked(-320, -377.6, credit=True).as_json()["computed"] == {
        "excl_vat": "-320",
        "incl_vat": "-377.6",
    }


PARTS: dict[str, Any] = {
    "total_fixed_cost": price_of(10),
    "total_energy_cost": price_of(250),
    "total_time_cost": price_of(30),
    "total_parking_cost": price_of(30),
}


def test_the_parts_of_a_right_claim_are_quiet() -> None:
    found = checked(320, 377.6, **PARTS)
    assert found.findings == ()


def test_a_part_that_differs_is_found_with_its_amount() -> None:
    found = checked(370, 436.6, **PARTS | {"total_energy_cost": price_of(300)})
    [finding] = [each for each in found.findings if each.code == "PART_DIFFERS"]
    assert finding.as_json()["amount"] == "50"
    assert finding.message == "energy: 300 claimed, 250 by the tariff, excl. VAT"


def test_parts_of_a_right_total_that_are_told_otherwise_cost_no_money() -> None:
    found = checked(
        320, 377.6, **PARTS | {"total_energy_cost": price_of(260), "total_time_cost": price_of(20)}
    )
    assert found.verdict is Verdict.AGREES
    assert {each.code for each in found.findings} == {"PART_DIFFERS"}
    assert all(each.amount is None for each in found.findings)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"total_energy": 20}, "ENERGY_DIFFERS"),
        (
            {"total_fixed_cost": price_of(99), **{k: v for k, v in PARTS.items() if k != "total_fixed_cost"}},
            "PARTS_DO_NOT_ADD_UP",
        ),
    ],
)
def test_a_cdr_that_contradicts_itself_is_found(fields: dict[str, Any], code: str) -> None:
    cdr = charge(*PERIODS, tariffs=[HOURLY], minutes=45, total_cost=price_of(320, 377.6), **fields)
    found = check(cdr, [], "Asia/Kolkata", CheckRules())
    assert code in {each.code for each in found.findings}


def test_nothing_charged_for_energy_is_found() -> None:
    assert "CHARGED_NOTHING" in {each.code for each in checked(0, 0).findings}


PLAIN = tariff(element(component("ENERGY", Decimal("0.1"))))
"""Names no VAT: by OCPI there is none, in practice a CDR adds the usual rate. 7.3 kWh cost 0.73."""


def plain_claim(excl: object, incl: object) -> Check:
    cdr = charge(
        period(0, ENERGY=Decimal("7.3")),
        tariffs=[PLAIN],
        minutes=45,
        total_energy=Decimal("7.3"),
        total_cost=price_of(excl, incl),
    )
    return check(cdr, [], "Asia/Kolkata", CheckRules(gst_percent=Decimal(18)))


@pytest.mark.parametrize(
    ("excl", "incl", "verdict", "incl_by_tariff"),
    [
        ("0.73", "0.73", Verdict.AGREES, "0.73"),
        ("0.73", "0.8614", Verdict.AGREES, "0.8614"),
        ("0.80", "0.80", Verdict.OVERCHARGED, "0.73"),
        ("0.80", "0.944", Verdict.OVERCHARGED, "0.8614"),
        ("0.86", "0.86", Verdict.OVERCHARGED, "0.73"),
        ("0.60", "0.60", Verdict.UNDERCHARGED, "0.73"),
        ("0.70", "0.826", Verdict.UNDERCHARGED, "0.8614"),
        ("0.80", None, Verdict.OVERCHARGED, "0.8614"),
    ],
)
def test_a_claim_is_judged_by_the_vat_that_it_has_itself(
    excl: str, incl: str | None, verdict: Verdict, incl_by_tariff: str
) -> None:
    found = plain_claim(excl, incl)
    assert found.verdict is verdict
    assert found.as_json()["computed"] == {"excl_vat": "0.73", "incl_vat": incl_by_tariff}


@given(
    st.decimals(Decimal("0.03"), Decimal(100), places=2).filter(
        lambda claim: abs(claim - Decimal("0.73")) > 1 / 50
    ),
    st.sampled_from([Decimal(1), Decimal("1.18")]),
)
def test_whichever_vat_is_claimed_too_much_is_too_much(claim: Decimal, rate: Decimal) -> None:
    assume(claim not in (0, 1))
    verdict = Verdict.OVERCHARGED if claim > Decimal("0.73") else Verdict.UNDERCHARGED
    assert plain_claim(claim, claim * rate).verdict is verdict


@pytest.mark.parametrize(
    "credit", [True, "true", "TRUE", " True ", 1, "1", Decimal(1), Decimal("1.00"), "1e0", "yes", "Y"]
)
def test_a_credit_is_one_however_it_says_so(credit: Any) -> None:
    assert checked(-320, -377.6, credit=credit).verdict is Verdict.AGREES
    assert checked(320, 377.6, credit=credit).verdict is Verdict.AGREES


@pytest.mark.parametrize("credit", [False, None, "false", 0, "0", Decimal("0.00"), "no", "", "perhaps"])
def test_what_does_not_say_so_is_no_credit(credit: Any) -> None:
    assert checked(320, 377.6, credit=credit).verdict is Verdict.AGREES
    assert checked(-320, -377.6, credit=credit).verdict is Verdict.UNDERCHARGED


@pytest.mark.parametrize("credit", [None, "", "perhaps"])
def test_a_negative_cdr_that_names_what_it_credits_is_a_credit(credit: Any) -> None:
    assert checked(-320, -377.6, credit=credit, credit_reference_id="C-1").verdict is Verdict.AGREES
    said_otherwise = checked(-320, -377.6, credit=False, credit_reference_id="C-1")
    assert said_otherwise.verdict is Verdict.UNDERCHARGED


RESERVABLE = tariff(
    element(component("FLAT", 3, 18), reservation="RESERVATION_EXPIRES"),
    element(component("TIME", 2, 18, step=60), reservation="RESERVATION"),
    element(component("ENERGY", 20, 18)),
)
RESERVATIONS: list[tuple[dict[str, Any], str, Verdict]] = [
    *(
        (sign, claim, verdict)
        for sign in (
            {"session_id": None},
            {"cdr_location": {"evse_uid": "#na"}},
            {"session_id": None, "cdr_location": {"evse_uid": "#NA"}},
            {},  # a session that was reserved and came to nothing has an id too
        )
        for claim, verdict in (
            ("4", Verdict.AGREES),  # it expired: 3 + half an hour
            ("1", Verdict.AGREES),  # it was cancelled: half an hour
            ("9", Verdict.OVERCHARGED),
            ("0.5", Verdict.UNDERCHARGED),
        )
    ),
]


@pytest.mark.parametrize(("sign", "claim", "verdict"), RESERVATIONS)
def test_a_reservation_that_became_no_session_is_right_if_it_expired_or_was_cancelled(
    sign: dict[str, Any], claim: str, verdict: Verdict
) -> None:
    total = price_of(claim, Decimal(claim) * Decimal("1.18"))
    fields = {"total_cost": total, "total_energy": 0, **sign}
    cdr = charge(period(0, RESERVATION_TIME=Decimal("0.5")), tariffs=[RESERVABLE], minutes=30, **fields)
    assert check(cdr, [], "Asia/Kolkata", CheckRules(gst_percent=Decimal(18))).verdict is verdict


@pytest.mark.parametrize(
    ("sign", "verdicts"),
    [
        ({"session_id": None}, "AAOA"),
        ({"session_id": ""}, "AAOA"),
        ({"session_id": None, "total_time": Decimal("0.5")}, "AAOA"),
        ({"session_id": None, "total_time": 1800}, "AAOA"),
        ({"total_reservation_cost": price_of(3)}, "AAOA"),
        ({"cdr_location": {"evse_uid": "# n/a "}}, "AAOU"),
        ({}, "OOOA"),  # a session
    ],
)
def test_totals_without_energy_are_those_of_a_reservation_where_something_says_so(
    sign: dict[str, Any], verdicts: str
) -> None:
    for claim, verdict in zip(("4", "1", "9", "0"), verdicts, strict=True):
        total = price_of(claim, Decimal(claim) * Decimal("1.18"))
        cdr = charge(tariffs=[RESERVABLE], minutes=30, total_cost=total, total_energy=0, **sign)
        found = check(cdr, [], "Asia/Kolkata", CheckRules(gst_percent=Decimal(18))).verdict
        assert found.value[0] == verdict, claim


WITHOUT_ENERGY: list[tuple[tuple[JsonObject, ...], int]] = [
    ((period(0, ENERGY_IMPORT=10),), 30),  # no period has a volume with a price: the clock tells the time
    ((period(0, TIME=Decimal("0.5")),), 30),
    ((period(0, ENERGY_IMPORT=6, TIME=Decimal("0.25")), period(15, TIME=Decimal("0.25"))), 30),
    ((period(0, ENERGY=0, TIME=Decimal("0.5")),), 30),
    ((period(0, ENERGY="none", TIME=Decimal("0.5")),), 30),
]


@pytest.mark.parametrize(("periods", "time"), WITHOUT_ENERGY)
@pytest.mark.parametrize("total_energy", [10, Decimal("10.0"), "10"])
def test_energy_that_no_period_tells_is_priced_by_the_total(
    periods: tuple[JsonObject, ...], time: int, total_energy: Any
) -> None:
    by = tariff(element(component("ENERGY", 20, 18), component("TIME", 60, 18)))
    right = 200 + time
    for claim, verdict in ((right, Verdict.AGREES), (right + 20, Verdict.OVERCHARGED)):
        total = price_of(claim, claim * Decimal("1.18"))
        cdr = charge(*periods, tariffs=[by], minutes=30, total_cost=total, total_energy=total_energy)
        found = check(cdr, [], "Asia/Kolkata", CheckRules())
        assert found.verdict is verdict
        assert found.as_json()["computed"] == {"excl_vat": str(right), "incl_vat": f"{right * 1.18:g}"}
        assert {note.code for note in found.assumptions} & {"ENERGY_NOT_DIVIDED", "NO_PERIODS"}


@pytest.mark.parametrize(
    ("minutes", "parking", "claim", "verdict"),
    [
        (30, None, 200, Verdict.AGREES),  # by the letter no time is billed
        (30, None, 230, Verdict.AGREES),
        (30, "0.25", 245, Verdict.AGREES),  # 15 minutes of charging, and 15 of parking at twice the price
        (30, None, 300, Verdict.OVERCHARGED),
        (30, None, 190, Verdict.UNDERCHARGED),
    ],
)
def test_time_that_no_period_tells_is_right_by_the_clock_and_left_out(
    minutes: int, parking: str | None, claim: int, verdict: Verdict
) -> None:
    prices = [component(kind, price, 18) for kind, price in (("ENERGY", 20), ("TIME", 60))]
    by = tariff(element(*prices, *([component("PARKING_TIME", 120, 18)] if parking else [])))
    cdr = charge(
        period(0, ENERGY=4),
        period(10, ENERGY=6),
        tariffs=[by],
        minutes=minutes,
        total_cost=price_of(claim, claim * Decimal("1.18")),
        total_energy=10,
        **({"total_parking_time": Decimal(parking)} if parking else {}),
    )
    found = check(cdr, [], "Asia/Kolkata", CheckRules())
    assert found.verdict is verdict
    by_clock = verdict is Verdict.AGREES and claim != 200
    assert ("TIME_BY_CLOCK" in {note.code for note in found.assumptions}) is by_clock


def test_what_is_paid_back_without_being_a_credit_has_no_cause() -> None:
    by = tariff(element(component("ENERGY", 20, 18)))
    cdr = charge(
        period(0, ENERGY=10), tariffs=[by], minutes=30, total_cost=price_of(-200, -236), credit=False
    )
    found = check(cdr, [], "Asia/Kolkata", CheckRules())
    assert (found.verdict, found.cause) == (Verdict.UNDERCHARGED, None)


def test_energy_that_no_period_tells_is_open_where_its_price_changes_within_the_charge() -> None:
    by = tariff(element(component("ENERGY", 20, 18), max_kwh=5), element(component("ENERGY", 30, 18)))
    for claim, verdict in (
        ("250", Verdict.CANNOT_TELL),
        ("301", Verdict.OVERCHARGED),
        ("199", Verdict.UNDERCHARGED),
    ):
        total = price_of(claim, Decimal(claim) * Decimal("1.18"))
        cdr = charge(period(0, ENERGY_IMPORT=10), tariffs=[by], minutes=30, total_cost=total, total_energy=10)
        assert check(cdr, [], "Asia/Kolkata", CheckRules()).verdict is verdict


def test_a_cdr_with_energy_fed_back_is_right_and_quiet() -> None:
    by = tariff(element(component("ENERGY", 20, 18)))
    periods = (period(0, ENERGY=10), period(15, ENERGY=-2))
    cdr = charge(*periods, tariffs=[by], total_cost=price_of(160, "188.8"), total_energy=8)
    found = check(cdr, [], "Asia/Kolkata", CheckRules())
    assert (found.verdict, found.findings) == (Verdict.AGREES, ())
    assert [note.code for note in found.assumptions] == ["ENERGY_FED_BACK"]


STAYS: list[tuple[tuple[JsonObject, ...], dict[str, Any]]] = [
    ((period(0, ENERGY=10, TIME=Decimal("0.5")), period(30, PARKING_TIME=Decimal("0.25"))), {}),
    ((), {"total_time": Decimal("0.75"), "total_parking_time": Decimal("0.25")}),
]
PARKING = [
    (),
    (element(component("PARKING_TIME", 120, 18), start_time="20:00", end_time="23:00"),),
]
MISTAKES: list[tuple[object, object, str]] = [
    (245, 289.1, "TIME_FOR_WHOLE_STAY"),
    (200, 236, "ENERGY_ONLY"),
    (271.4, 271.4, "VAT_INSIDE_EXCL"),
    (230, 230, "VAT_FORGOTTEN"),
]


@pytest.mark.parametrize(("periods", "fields"), STAYS)
@pytest.mark.parametrize("parking", PARKING)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_has_its_name_also_where_parking_has_a_price_at_other_hours_or_none(
    periods: tuple[JsonObject, ...],
    fields: dict[str, Any],
    parking: tuple[JsonObject, ...],
    mistake: tuple[object, object, str],
) -> None:
    excl, incl, cause = mistake
    by = tariff(element(component("ENERGY", 20, 18), component("TIME", 60, 18)), *parking)
    total = price_of(excl, incl)
    cdr = charge(*periods, tariffs=[by], minutes=45, total_cost=total, total_energy=10, **fields)
    found = check(cdr, [], "Asia/Kolkata", CheckRules())
    assert found.cause is not None
    assert found.cause.code == cause


def test_time_without_a_total_of_parking_was_charging_where_parking_has_a_price_at_other_hours() -> None:
    by = tariff(element(component("ENERGY", 20, 18), component("TIME", 60, 18)), *PARKING[1])
    fields: dict[str, Any] = {"total_cost": price_of(245, "289.1"), "total_energy": 10, "total_time": 0.75}
    assert check(charge(tariffs=[by], minutes=45, **fields), [], "Asia/Kolkata", CheckRules()).verdict is (
        Verdict.AGREES
    )


BY_THE_HOUR = tariff(element(component("TIME", 60, 18)))


@pytest.mark.parametrize(
    ("hours", "excl", "verdict"),
    [
        (60, 60, Verdict.AGREES),  # minutes: the clock has one hour
        (3600, 60, Verdict.AGREES),
        (60, 3600, Verdict.AGREES),  # as the periods say
        (60, 100, Verdict.CANNOT_TELL),
        (60, 50, Verdict.UNDERCHARGED),
        (60, 3700, Verdict.OVERCHARGED),
        (1.25, 75, Verdict.AGREES),
        (1.25, 60, Verdict.UNDERCHARGED),  # a quarter of an hour more is none
    ],
)
def test_periods_with_more_time_than_the_clock_leave_the_price_open(
    hours: float, excl: float, verdict: Verdict
) -> None:
    cdr = charge(period(0, TIME=Decimal(str(hours))), tariffs=[BY_THE_HOUR], total_cost=price_of(excl))
    found = check(cdr, [], "Asia/Kolkata", CheckRules())
    assert found.verdict is verdict
    assert (found.computed is None) == (verdict is not Verdict.AGREES and hours == 60)


def test_parking_that_is_counted_as_charging_too_is_no_contradiction() -> None:
    both = tariff(element(component("TIME", 60, 18), component("PARKING_TIME", 30, 18)))
    stay = period(0, TIME=1, PARKING_TIME=Decimal("0.5"))
    found = check(charge(stay, tariffs=[both], total_cost=price_of(75)), [], None, CheckRules())
    assert (found.verdict, found.priced.reasons) == (Verdict.AGREES, ())


@pytest.mark.parametrize(
    ("kwh", "excl", "verdict"),
    [
        (12_500, 250, Verdict.AGREES),
        (12_500, 250_000, Verdict.AGREES),
        (12_500, 300, Verdict.CANNOT_TELL),
        (12_500, 200, Verdict.UNDERCHARGED),
        (12_500, 200_000, Verdict.UNDERCHARGED),
        (12_500, 260_000, Verdict.OVERCHARGED),
        (999, 19.98, Verdict.UNDERCHARGED),
    ],
)
@pytest.mark.parametrize("has_periods", [True, False])
def test_energy_that_no_battery_takes_may_be_in_wh(
    kwh: int, excl: float, verdict: Verdict, *, has_periods: bool
) -> None:
    by = tariff(element(component("ENERGY", 20, 18)))
    periods = [period(0, ENERGY=kwh)] if has_periods else []
    cdr = charge(*periods, tariffs=[by], total_energy=kwh, total_cost=price_of(excl))
    assert check(cdr, [], "Asia/Kolkata", CheckRules()).verdict is verdict


@pytest.mark.parametrize("order", [("TIME", "PARKING_TIME"), ("PARKING_TIME", "TIME")])
def test_two_contradictions_are_in_the_same_order_in_every_process(
    order: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stated_quantities, "TIMES", order)
    cdr = charge(period(0, TIME=5, PARKING_TIME=7), tariffs=[HOURLY], minutes=45, total_cost=price_of(500))
    reasons = check(cdr, [], "Asia/Kolkata", CheckRules()).priced.reasons
    said = [each.message.split()[7] for each in reasons if each.code is Code.CONTRADICTED]
    assert said == ["PARKING_TIME,", "TIME,"]


@pytest.mark.parametrize(("vat", "excl", "incl"), [(0.18, 250, 295), (0.055, 250, 263.75), (1, 250, 252.5)])
def test_a_vat_between_0_and_1_is_a_share(vat: float, excl: float, incl: float) -> None:
    by = tariff(element(component("ENERGY", 20, vat)))
    cdr = charge(
        period(0, ENERGY=Decimal("12.5")),
        tariffs=[by],
        total_energy=Decimal("12.5"),
        total_cost=price_of(excl, incl),
    )
    found = check(cdr, [], "Asia/Kolkata", CheckRules())
    assert found.verdict is Verdict.AGREES
    assert (Code.VAT_IS_SHARE in {each.code for each in found.assumptions}) is (vat < 1)
