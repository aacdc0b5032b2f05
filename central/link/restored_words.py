"""The checklist of a restoration in words: what is as old as the backup, and what to do about it."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from central.link.restored import Point
from central.office.words import Words


@dataclass(frozen=True, slots=True)
class PointWords:
    """What the point is, and how it is done."""

    title: Words
    how: Words


POINTS: dict[Point, PointWords] = {
    Point.REVOKE: PointWords(
        _("Revoke again the gateways that were revoked since the backup"),
        _("Look into notices and papers since then; for each: cardroom-central revoke GATEWAY --why …"),
    ),
    Point.BROKER: PointWords(
        _("Let the broker go by these keys"),
        _(
            "cardroom-central broker-config with the same arguments as before; then, where a certificate is "
            "newer: sudo cardroom-gateway renew on that Pi."
        ),
    ),
    Point.SIGNING_KEYS: PointWords(
        _("Retire again the signing keys that were retired since the backup"),
        _(
            "cardroom-central signing-key list; where the file signs with a key that no gateway believes: "
            "signing-key recover FILE with the one from the safe."
        ),
    ),
    Point.CODES: PointWords(
        _("Open codes again for buildings whose card was replaced since the backup"),
        _(
            "Their new keys are unknown here: page Enrolment and certificates, or cardroom-central enrol BUILDING."
        ),
    ),
    Point.PEOPLE: PointWords(
        _("Shut out again the people who left since the backup, and those whose password was changed"),
        _(
            "Page People: whoever was removed may sign in again, and old passwords hold. "
            "Residents who were forgotten at their own wish are here again: cardroom-central forget-person NUMBER --why …"
        ),
    ),
    Point.MONEY: PointWords(
        _("Settle the credit that this server never gave"),
        _(
            "The list below: credit that gateways have and no payment here explains. The customer has it; what "
            "is missing is the money's booking. Compare it with receipts and cash."
        ),
    ),
    Point.PAPERS: PointWords(
        _("Do again on paper what was done since the backup"),
        _(
            "Shifts, days closed, corrections, settings, prices, departures, work orders: whatever was printed "
            "or signed since then. Receipt books: mark the pages that were used. "
            "Their new numbers are others; write them on the papers."
        ),
    ),
    Point.NEW_BACKUP: PointWords(
        _("Make a new backup"),
        _("cardroom-central backup; the timer's next one would do it, too."),
    ),
}
