"""A check costs little, and no more than in proportion to the periods, by what parsing costs here."""

from tests.benchmarks.charges.work import measured


def test_a_check_costs_a_few_times_its_parsing_and_no_more_for_each_period_of_many() -> None:
    few, many = measured(20, tries=3), measured(1000, tries=1)
    assert few.ratio < 30
    assert many.check_ms < 40 * few.check_ms
