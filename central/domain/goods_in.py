"""What came against what was ordered, and what the check of a device may end with (R-4.3.1). Pure.

A type is named by its key. Nothing here is counted twice: what came in all deliveries of an order stands against all of its lines.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final


class Deviation(StrEnum):
    """How a device that came differs from the order."""

    NOT_ORDERED = "not-ordered"
    """The order has no line of this model."""
    MORE_THAN_ORDERED = "more-than-ordered"


class Finding(StrEnum):
    """What the check of a device finds wrong."""

    OTHER_MODEL = "other-model"
    """The bench read another model, or the order has none of this one."""
    BENCH_FAILED = "bench-failed"
    OTHER_PLATE = "other-plate"
    """Its plate says another serial number or model than was entered."""
    PACKAGING = "packaging"
    CASE = "case"
    DISPLAY = "display"
    TERMINALS = "terminals"
    SEAL = "seal"
    OTHER = "other"


BY_ITSELF: Final = (Finding.OTHER_MODEL, Finding.BENCH_FAILED)
"""Found by comparing records; all others a person sees, and photographs."""
SEEN: Final = tuple(one for one in Finding if one not in BY_ITSELF)
MAY_BE_GOOD: Final = frozenset({Finding.PACKAGING})
"""A torn box alone doesn't make a device faulty: the person says."""


class CheckFault(StrEnum):
    """Why a check can't end so."""

    NOT_IDENTIFIED = "not-identified"
    """No bench record, and nobody says that he read the plate."""
    NO_PHOTO = "no-photo"
    """A damage without a photograph."""
    NO_FINDING = "no-finding"
    """Faulty, and nothing is named."""
    MUST_FAIL = "must-fail"
    """Good, though something was found that no good device has."""
    NO_WORDS = "no-words"


def deviation(ordered: Mapping[str, int], came: Mapping[str, int], type_: str) -> Deviation | None:
    """Say how one more device of a type would differ from the order; None: it is expected."""
    if not ordered.get(type_):
        return Deviation.NOT_ORDERED
    return Deviation.MORE_THAN_ORDERED if came.get(type_, 0) >= ordered[type_] else None


def missing(ordered: Mapping[str, int], came: Mapping[str, int]) -> dict[str, int]:
    """Give how many of each ordered type have not come; empty: the order is complete. Another type never stands for it."""
    lacks = {type_: count - came.get(type_, 0) for type_, count in ordered.items()}
    return {type_: count for type_, count in lacks.items() if count > 0}


def check_fault(
    found: Collection[Finding],
    with_photo: Collection[Finding],
    with_words: Collection[Finding],
    *,
    is_good: bool,
    is_identified: bool,
) -> CheckFault | None:
    """Say why a check can't end so; None: it can.

    `with_photo` and `with_words` are those of `found` that have a photograph, and words of their own.
    """
    if not is_identified:
        return CheckFault.NOT_IDENTIFIED
    if any(one in SEEN and one not in with_photo for one in found):
        return CheckFault.NO_PHOTO
    if Finding.OTHER in found and Finding.OTHER not in with_words:
        return CheckFault.NO_WORDS
    if is_good:
        return CheckFault.MUST_FAIL if set(found) - MAY_BE_GOOD else None
    return None if found else CheckFault.NO_FINDING
