"""Round the driver's price as the price plan defines. Without I/O."""

from fractions import Fraction


def rounded(amount: Fraction, to: Fraction | None) -> Fraction:
    """Return the nearest multiple of `to`.

    Halves are rounded away from zero, so that a credit equals the payment that it reverses.
    """
    if to is None:
        return amount
    multiple = int(abs(amount) / to + Fraction(1, 2)) * to
    return multiple if amount >= 0 else -multiple
