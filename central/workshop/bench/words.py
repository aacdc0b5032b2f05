"""What a bench's stable words say on a page, and why a file was not taken in. A word of a newer bench is shown as it came."""

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from central.office.words import Words
from gateway.contract.bench_record import RecordRefusal

TESTS: dict[str, Words] = {
    "identity": _("identity"),
    "energy": _("energy"),
    "relay": _("relay"),
    "clock": _("clock"),
    "speeds": _("speeds"),
}
REASONS: dict[str, Words] = {
    "other-number": _("another number than expected"),
    "other-model": _("another model than ordered"),
    "silent": _("no answer"),
    "no-step": _("the register did not move"),
    "one-step": _("the register moved only once"),
    "counts-without-load": _("it counts without a load"),
    "counts-wrong": _("it counts wrong"),
    "too-coarse": _("too coarse to tell"),
    "current-flows": _("reports open, but current flows"),
    "no-current": _("reports closed, but no current flows"),
    "open-not-read-back": _("opening was not read back"),
    "closed-not-read-back": _("closing was not read back"),
    "clock-off": _("its clock is off"),
    "not-home": _("it was not found again at its first speed"),
}
REFUSALS: dict[RecordRefusal, Words] = {
    RecordRefusal.TOO_LONG: _("it is too large for a bench record"),
    RecordRefusal.NOT_JSON: _("it is no JSON: the file is damaged or another one"),
    RecordRefusal.MALFORMED: _("it is no bench record"),
    RecordRefusal.UNSUPPORTED_VERSION: _("it was written by a newer version: update this server first"),
    RecordRefusal.CHANGED: _("it was changed after it was written: fetch it from the bench again"),
    RecordRefusal.UNKNOWN_KEY: _("it is not signed by a key that you named"),
    RecordRefusal.FORGED: _("its signature is false"),
}


def test_words(name: str) -> str:
    """Name a test."""
    return str(TESTS.get(name, name))


def reason_words(reason: str) -> str:
    """Say why a test failed."""
    return str(REASONS.get(reason, reason)) or _now("not passed")
