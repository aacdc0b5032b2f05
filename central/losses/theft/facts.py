"""What a report and a finding say, as the facts of their steps: names on record, words for pages."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as lazy

from central.office.words import Words

SEEN_MS, SEEN, PLACE, AGAIN, ROUND = "seen_ms", "seen", "place", "again", "round"
VERDICT, DEVICE, CABLE, CURRENT_MA, SEAL = "verdict", "device", "cable", "current_ma", "seal"
DAYS, LEAST_HOURS, MOST_HOURS = "days", "least_hours", "most_hours"
"""How many days it is believed to have run, and how many hours of each."""


class Seen(StrEnum):
    """What a reporter saw."""

    CABLE = "cable"
    BYPASS = "bypass"
    SEAL = "seal"
    OTHER = "other"


class Verdict(StrEnum):
    """What the electrician finds."""

    CONFIRMED = "confirmed"
    LEAKAGE = "leakage"
    NOT_CONFIRMED = "not-confirmed"
    UNCLEAR = "unclear"


class Seal(StrEnum):
    """How the meter's seal is."""

    WHOLE = "whole"
    OPENED = "opened"
    MISSING = "missing"
    NOT_SEEN = "not-seen"


SEEN_WORDS: dict[str, Words] = {
    Seen.CABLE: lazy("cable from the corridor"),
    Seen.BYPASS: lazy("meter bypassed"),
    Seen.SEAL: lazy("seal opened"),
    Seen.OTHER: lazy("something else"),
}
VERDICT_WORDS: dict[str, Words] = {
    Verdict.CONFIRMED: lazy("theft confirmed"),
    Verdict.LEAKAGE: lazy("leakage, no theft"),
    Verdict.NOT_CONFIRMED: lazy("not confirmed"),
    Verdict.UNCLEAR: lazy("could not be judged"),
}
SEAL_WORDS: dict[str, Words] = {
    Seal.WHOLE: lazy("seal whole"),
    Seal.OPENED: lazy("seal opened"),
    Seal.MISSING: lazy("seal missing"),
    Seal.NOT_SEEN: lazy("seal not seen"),
}


def choices_of(words: dict[str, Words]) -> list[tuple[str, Words]]:
    """Give names with their words for a form."""
    return list(words.items())
