"""What came of a run, in the reader's language. A job's outcome names one of these sentences."""

from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from central.domain.scheduled_runs import RunState
from central.office.words import Badge
from central.reports.schedule.models import ScheduledRun

RUN_WORDS: dict[str, str] = {
    "broke": _("The program met something that it doesn't know: tell the developer the word (%(error)s)."),
    "cut-short": _("The server or the program was stopped in the middle."),
    "no-such-job": _("This version of the program doesn't know the job any more."),
    "paper-made": _("%(report_word)s, %(period)s: made."),
    "paper-as-before": _("%(report_word)s, %(period)s: made before, and nothing has changed since."),
    "period-goes-on": _(
        "%(report_word)s, %(period)s: something of this period is not closed yet, as a day of the desk. It is made when it is."
    ),
    "low-balance-made": _("%(building)s: %(count)s of %(rooms)s rooms have a low balance."),
    "low-balance-silent": _(
        "%(building)s: %(count)s of %(rooms)s rooms have a low balance, by old figures: its link is down."
    ),
    "low-balance-none": _("%(building)s: no prepaid room with an open account."),
    "no-such-building": _("There is no building %(building)s any more."),
    "telemetry-archived": _("%(month)s: %(rows)s rows of telemetry are in the archive, file %(file)s."),
    "telemetry-nothing": _("No month of telemetry is old enough for the archive."),
    "telemetry-needed": _("%(month)s: its telemetry is still needed by %(why_word)s: %(names)s."),
    "telemetry-no-room": _(
        "The archive can't be written (%(error)s). Nothing was removed: make room on the disk, then have it tried again."
    ),
    "telemetry-damaged": _(
        "A file of the archive isn't what was written (%(error)s). Nothing was removed: keep the file and call the developer."
    ),
    "forgotten": _("%(people)s residents were forgotten, %(rows)s old sign-ins removed."),
    "newer-due": _("It was missed, and a newer one was due as well: that one was run."),
}
"""By code. Add a job's sentences here; a parameter whose name ends in `_word` is a msgid."""

BADGES: dict[str, Badge] = {
    RunState.WAITING: Badge(ScheduledRun.State.WAITING.label, "info", "wait"),
    RunState.RUNNING: Badge(ScheduledRun.State.RUNNING.label, "info", "wait"),
    RunState.DONE: Badge(ScheduledRun.State.DONE.label, "good", "done"),
    RunState.FAILED: Badge(ScheduledRun.State.FAILED.label, "bad", "clash"),
    RunState.GIVEN_UP: Badge(ScheduledRun.State.GIVEN_UP.label, "bad", "fail"),
    RunState.SKIPPED: Badge(ScheduledRun.State.SKIPPED.label, "mute", "unknown"),
}


def run_words(code: str, params: Mapping[str, str | int]) -> str:
    """Say what came of a run; the code itself where a newer version wrote it."""
    if code not in RUN_WORDS:
        return code
    filled = {
        name: gettext(str(value)) if name.endswith("_word") and value else value
        for name, value in params.items()
    }
    try:
        return gettext(RUN_WORDS[code]) % filled
    except (KeyError, TypeError):
        return code
