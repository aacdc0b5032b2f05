"""The rule of a true-up in words, with all its figures: what stands on the page, on the slip and before who signs."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from central.clock import minute_text
from central.office.templatetags.cardroom import amount_text, kwh, price, unit_word
from central.workshop.replacements.models import TrueUp

MILLE = 1000
UNCERTAIN = gettext_noop(
    "The gateway's clock was not certain then: these are the times at which this server learnt of it. A person gives the figure."
)


def lines_of(row: TrueUp) -> list[tuple[str, str]]:
    """Give a true-up's figures, each with its name, in the reader's language."""
    energy = pgettext("unit", "kWh")
    found = [
        (_("Room"), row.account.point.room.full_label),
        (_("Not metered"), f"{minute_text(row.from_ms)} – {minute_text(row.to_ms)}"),
        (_("Energy"), f"{kwh(row.energy_wh)} {energy}{_between(row)}"),
        (_("How it is known"), str(TrueUp.Method(row.method).label)),
        *rule_lines(row),
    ]
    if row.figures.get("times_unknown"):
        found.insert(2, (_("Times"), _(UNCERTAIN)))
    rates = row.figures.get("rates")
    if rates and rates[1]:
        low, high = (price(rate) for rate in rates)
        found.append((_("Price per kWh then"), low if low == high else f"{low} – {high}"))
    found.append((_("Amount"), f"{amount_text(row.amount, row.unit)} {unit_word(row.unit)}"))
    return found


def _between(row: TrueUp) -> str:
    if row.low_wh == row.high_wh:
        return ""
    words = _("too little of its past is known to say how far off it is")
    if row.figures.get("tries"):
        words = _("between %(low)s and %(high)s in 9 of 10 cases") % {
            "low": kwh(row.low_wh),
            "high": kwh(row.high_wh),
        }
    return f" ({words})"


def rule_lines(row: TrueUp) -> list[tuple[str, str]]:
    """Give the figures of the estimate's rule: both ways, their errors on the room's own past, how they were joined."""
    rule = row.figures
    if "error_ppm" in rule:
        return [
            (_("Billed by it"), f"{kwh(rule['billed_wh'])} {pgettext('unit', 'kWh')}"),
            (_("The module's error, %"), f"{rule['error_ppm'] / 10_000:+.2f}"),
        ]
    if "own" not in rule:
        return []
    found = [
        (
            _("By its own past"),
            _("%(kwh)s kWh: same weekday and hour of %(days)s days, without %(absent)s of absence")
            % _of(rule, "own")
            + _erred(rule, "own"),
        )
    ]
    if rule.get("peers"):
        found.append(
            (
                _("By its peers"),
                _("%(kwh)s kWh: its share of what %(rooms)s rooms of its class here used meanwhile")
                % _of(rule, "peers")
                + _erred(rule, "peers"),
            )
        )
        found.append((_("Joined"), _joined(rule)))
    return [*found, *_beside(rule)]


def _erred(rule: dict[str, Any], way: str) -> str:
    """Say how far off a way was where parts of the past were hidden; nothing where none could be."""
    return _("; erred by %(error)s kWh") % _of(rule, way) if rule["tries"] else ""


def _joined(rule: dict[str, Any]) -> str:
    share = rule["own_per_mille"] // 10
    parts = {"own": share, "peers": 100 - share, "tries": rule["tries"]}
    if not rule["tries"]:
        return (
            _("%(own)s %% own past, %(peers)s %% peers: too little is known to say which errs less") % parts
        )
    return (
        _(
            "%(own)s %% own past, %(peers)s %% peers: as they erred in %(tries)s parts of its past that were hidden"
        )
        % parts
    )


def _beside(rule: dict[str, Any]) -> list[tuple[str, str]]:
    """Give what was cut off by the fuse, and what the old module counted."""
    found = []
    if rule.get("capped_hours"):
        found.append(
            (
                _("Fuse"),
                _("%(hours)s hours were cut to what it lets through") % {"hours": rule["capped_hours"]},
            )
        )
    if "counted_wh" in rule:
        found.append(
            (_("The old module counted meanwhile"), f"{kwh(rule['counted_wh'])} {pgettext('unit', 'kWh')}")
        )
    return found


def _of(rule: dict[str, object], way: str) -> dict[str, object]:
    figures = rule[way]
    assert isinstance(figures, dict)
    return {
        "kwh": kwh(figures["wh"]),
        "error": kwh(figures["error_wh"]),
        "days": rule["days"],
        "absent": rule["absent_days"],
        "rooms": rule["peer_rooms"],
    }
