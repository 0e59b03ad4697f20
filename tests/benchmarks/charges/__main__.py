"""CPU of checking one CDR, and how many times that of parsing it. `python -m tests.benchmarks.charges`"""

import sys
from itertools import product

from tests.benchmarks.charges.work import PERIODS, measured


def main() -> None:
    for periods, right in product(PERIODS, (True, False)):
        found = measured(periods, right=right)
        sys.stdout.write(
            f"{periods:5} periods, 50 elements, {'right' if right else 'wrong'}:"
            f" {found.check_ms:.2f} ms to check, {found.parse_ms:.3f} ms to parse: {found.ratio:.1f} times\n"
        )


main()
