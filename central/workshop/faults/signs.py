"""By what a fault was seen: words for the gateway's signs, and the few choices of people."""

from collections.abc import Mapping
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from central.domain.fault_rules import Sign
from central.office.words import Words


class Seen(StrEnum):
    """What a person sees, without opening anything."""

    NO_POWER = "no-power"
    DISPLAY = "display-dark"
    COUNTS = "counts"
    NOT_BACK = "not-back"
    """It was paid, and the power did not come back."""
    NOISE = "noise"
    OTHER = "other"


SEEN_WORDS: Mapping[Seen, Words] = {
    Seen.NO_POWER: _("no power, though there is credit"),
    Seen.NOT_BACK: _("paid, and the power did not return"),
    Seen.DISPLAY: _("the display is dark or broken"),
    Seen.COUNTS: _("it seems to count wrong"),
    Seen.NOISE: _("it hums, smells or is hot"),
    Seen.OTHER: _("something else"),
}
SIGNS: Mapping[str, Words] = {
    Sign.SILENT: _("does not answer, its neighbours do"),
    Sign.FAILING: _("answers far less often than its neighbours"),
    Sign.REGISTER: _("counts wrong or not at all"),
    Sign.CLOCK: _("its clock is wrong"),
    Sign.RELAY: _("its relay does not obey"),
    Sign.COVER: _("its cover was opened"),
    Sign.WIRING: _("its wiring: a phase is lost, or energy flows backwards"),
    Sign.ADDRESS: _("it is found at no address, or two answer at one"),
    Sign.LINE_DEAD: _("the whole line is silent"),
    Sign.BUILDING_DEAD: _("the whole building is silent"),
    **SEEN_WORDS,
}


def sign_words(sign: str) -> Words:
    """Say by what a fault was seen; what no word is known for is shown as it came."""
    return SIGNS.get(sign, sign)
