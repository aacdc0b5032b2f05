"""`doctor` and `metrics`: how the system runs, told on a terminal and for programs. The judgement is the health page's."""

import json
import os
import secrets
from argparse import Namespace
from collections import Counter

from django.db import DatabaseError
from django.utils.translation import gettext as _

from central import clock
from central.config.commands.running import is_ready
from central.domain.health_facts import WORST_FIRST, Finding, Level, Part, Store
from central.domain.health_judgement import judge
from central.link.whole_files import write_whole
from central.reports.health.gathering import gather, limits
from central.reports.health.metrics import exposition
from central.reports.health.metrics_views import token_file
from central.reports.health.places import disks
from central.reports.health.told import key_of, standing_since
from central.reports.health.words import MARKS, PARTS, in_words

FULL_PERCENT = 3
"""Where the settings can't be asked."""


def doctor(options: Namespace) -> int:
    """Look at everything and tell, the worst first. Returns 0 when nothing is bad, 1 when something is, 2 before `init`."""
    try:
        return _doctor(options)
    except DatabaseError:
        if (
            not options.json
        ):  # a full disk is the usual reason, and the one that can be seen without a database
            for disk in disks():
                _print(Finding(Part.DISK, *_room_on(disk)), None)
        raise


def _room_on(disk: Store) -> tuple[Level, str, str, dict[str, int | str]]:
    percent = disk.free_percent or 0
    level = Level.BAD if percent < FULL_PERCENT else Level.GOOD
    code = "disk-full" if level is Level.BAD else "disk-good"
    return level, code, disk.name, {"place": disk.name, "percent": percent}


def _doctor(options: Namespace) -> int:
    if not is_ready():
        return 2
    now_ms = clock.now_ms()
    found = sorted(judge(gather(now_ms), limits(now_ms)), key=lambda one: WORST_FIRST.index(one.level))
    code = int(any(one.level is Level.BAD for one in found))
    if options.json:
        document = {"ok": code == 0, "findings": [_as_json(one) for one in found]}
        print(json.dumps(document, ensure_ascii=False))
        return code
    since = standing_since()
    for one in found:
        _print(one, since.get(key_of(one)))
    counts = Counter(one.level for one in found)
    print(
        _("Faults: %(bad)s. To look at: %(look)s. Good: %(good)s.")
        % {"bad": counts[Level.BAD], "look": counts[Level.LOOK], "good": counts[Level.GOOD]}
    )
    return code


def _as_json(one: Finding) -> dict[str, object]:
    """Give one finding; its part, code and params are stable words for programs."""
    title, why, next_step = in_words(one)
    texts = {"why": why, "next": next_step}
    return {
        "part": one.part.value,
        "level": one.level.value,
        "code": one.code,
        "subject": one.subject,
        "what": title,
        **{name: text for name, text in texts.items() if text},
        "facts": one.params,
    }


def _print(one: Finding, since_ms: int | None) -> None:
    title, why, next_step = in_words(one)
    since = " " + _("(since %(at)s)") % {"at": clock.minute_text(since_ms)} if since_ms else ""
    print(f"{_(MARKS[one.level])} {_(PARTS[one.part])}: {title}{since}")
    if why:
        print(" " * 7 + _("why:  %(text)s") % {"text": why})
    if next_step:
        print(" " * 7 + _("next: %(text)s") % {"text": next_step})


def metrics(options: Namespace) -> int:
    """Print all metrics as they are now; or write a new token for who scrapes from elsewhere, and print it once."""
    if not is_ready():
        return 2
    if options.new_token:
        return _write_token()
    print(exposition(clock.now_ms()).decode(), end="")
    return 0


def _write_token() -> int:
    token, path = secrets.token_urlsafe(32), token_file()
    write_whole(path, token + "\n", mode=0o600)
    if os.geteuid() == 0:  # typed by root: the server, which reads it, is another user
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
    print(token)
    return 0
