"""Slips of the pen between two whole numbers that should be the same. Pure.

A slip is exactly one of: two neighbouring digits changed places, one digit is another, the sign is reversed. Trailing zeros of a
unit (50.00 yuan as 5000 fen) change nothing: digits are compared where both numbers have them.
"""

from central.domain.gap_findings import ErrorKind


def slip_between(meant: int, written: int) -> ErrorKind | None:
    """Say which slip turns one number into the other; None when none does, or they are equal. The order does not matter."""
    if meant == written or not meant or not written:
        return None  # nothing written has no digits to mistype
    if meant == -written:
        return ErrorKind.SIGN_REVERSED
    if (meant < 0) != (written < 0):
        return None
    return _digit_slip(str(abs(meant)), str(abs(written)))


def _digit_slip(a: str, b: str) -> ErrorKind | None:
    if len(a) != len(b):
        return None  # a digit lost or one too many: no slip of this list
    differ = [at for at in range(len(a)) if a[at] != b[at]]
    if len(differ) == 1:
        return ErrorKind.ONE_DIGIT
    if len(differ) == 2 and differ[1] == differ[0] + 1:
        first, second = differ
        swapped = a[first] == b[second] and a[second] == b[first]
        return ErrorKind.TRANSPOSED if swapped else None
    return None
