"""`restored`: what a central that was restored still waits for; `begin` is what `restore` itself runs on the unpacked books."""

import json
import sys
from argparse import Namespace

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from central import clock
from central.config.backup.counted import counted
from central.config.backup.leaping import leap_numbers
from central.config.commands.running import is_ready
from central.config.commands.set_up import migrate
from central.link.restored import Still, begin_incarnation, go_on_without_telemetry, still_open
from central.link.restored_words import POINTS


def show(options: Namespace) -> int:
    """Print what is open; exit code 1 while anything is."""
    if not is_ready():
        return 2
    still = still_open()
    if still is None:
        print(_("This central was never restored from a backup."))
        return 0
    print("\n".join(lines_of(still)))
    return 0 if still.is_over else 1


def lines_of(still: Still) -> list[str]:
    """Say what a restored central waits for, gateways first."""
    backup, restored = (
        clock.minute_text(ms) for ms in (still.restoration.backup_ms, still.restoration.restored_ms)
    )
    lines = [_("Restored {restored}; the books end {backup}.").format(restored=restored, backup=backup)]
    for one in still.questions:
        place = f"{one.gateway_id} ({one.gateway.building.name})"
        if one.heard_ms is None:
            lines.append(
                "  … "
                + _(
                    "{gateway} is asked for its last command; nothing is sent to it before it answers."
                ).format(gateway=place)
            )
        else:
            said = _("{gateway} was heard: {count} commands of the lost central, numbers go on at {number}.")
            lines.append("  ✓ " + said.format(gateway=place, count=one.lost_commands, number=one.expected))
    for point, words in POINTS.items():
        done = still.ticks.get(point.value)
        sign = "✓" if done else "☐"
        lines.append(
            f"  {sign} {words.title}" + (f" ({done.by}, {clock.minute_text(done.at_ms)})" if done else "")
        )
        if not done:
            lines.append(f"      {words.how}")
    return lines


def begin(options: Namespace) -> int:
    """Bring unpacked books up to date and begin their new incarnation; what was counted goes to standard output, as JSON."""
    before = _counted_if_new()
    migrate()
    before = before or counted()
    now_ms = clock.now_ms()
    with transaction.atomic():
        restoration = begin_incarnation(options.incarnation, options.backup_ms, options.software, now_ms)
        leap = leap_numbers(restoration)
    go_on_without_telemetry()
    print(
        json.dumps({"counted": before, "first_receipt": leap.first, "gateways": restoration.gateways.count()})
    )
    return 0


def _counted_if_new() -> dict[str, int | str] | None:
    """Count before anything is changed; None of books of an older release, whose tables are others."""
    try:
        return counted()
    except DatabaseError as error:
        print(f"counted after the upgrade: {error}", file=sys.stderr)
        return None
