"""`notices`: the queue of what people are told, its sender, and a test of one channel.

The sender is a process of its own (`notices run`): pages and ingest only queue, and never wait for another house's server.
"""

import logging
import signal
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Callable

from django.db import close_old_connections, connections
from django.db.utils import InterfaceError, OperationalError

from central import clock
from central.config.commands.running import is_ready
from central.desk.room_notices.telling import tell_low_rooms
from central.domain.notice import State
from central.link.keeping_certificates import keep_certificates
from central.link.pulse import beats
from central.link.restored import look_at_restoration
from central.link.silent_gateways import tell_of_silent_gateways
from central.losses.abnormal.making import make_next_list
from central.losses.balances.judging import look_at_losses
from central.losses.checks.missing_checks import tell_of_missing_checks
from central.losses.readings.due import tell_of_sheets
from central.losses.theft.notices import tell_unheard
from central.office import channels, notice_queries
from central.office.approval_notices import remind
from central.office.channels import ChannelRefusal
from central.office.models import Channel, Delivery
from central.office.notice_queries import Choice
from central.office.notice_sending import send_next
from central.office.notice_words import REFUSALS
from central.reports.agreement.looking import look_around
from central.reports.agreement.telling import tell_overdue
from central.reports.books.folding import catch_up
from central.reports.health.told import look_at_health
from central.reports.meetings.told import remind_of_items
from central.reports.schedule.running import run_due_jobs
from central.workshop.claims.notices import tell_of_overdue_claims
from central.workshop.faults.looking import look_at_faults
from central.workshop.replacements.minding import mind_replacements
from central.workshop.stock.minimum import tell_of_short_stock
from central.workshop.work_orders.notices import tell_late

PAUSE_S, PAUSE_AFTER_ERROR_S = 1.0, 5.0
LOOK_EACH_S, LEAST_LOOK_S = 60.0, 5.0
LINES = 50


def fold_books(_now_ms: int) -> int:
    """Fold what is new in the ledger, so that whoever reads accounts' books folds little."""
    return catch_up()


LOOKS: tuple[Callable[[int], object], ...] = (
    remind,
    tell_of_silent_gateways,
    keep_certificates,
    look_at_restoration,
    tell_unheard,
    tell_of_missing_checks,
    tell_of_sheets,
    tell_of_overdue_claims,
    look_at_losses,
    look_at_faults,
    make_next_list,
    remind_of_items,
    tell_low_rooms,
    tell_of_short_stock,
    mind_replacements,
    fold_books,
    look_around,
    tell_overdue,
    tell_late,
    run_due_jobs,
    look_at_health,
)
"""What is looked at once a minute; each knows by itself what it has done already."""

log = logging.getLogger(__name__)


def run(options: Namespace) -> int:
    """Send what is due until interrupted; a database that fails is waited for."""
    if not is_ready():
        return 2
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    print("notices: sending what is due", flush=True)
    # A minute of the campus's time: a bench lives through an hour of it in each of the world's.
    each_s = max(LOOK_EACH_S / (clock.bench_rate() or 1), LEAST_LOOK_S)
    looked_s, started_ms = -each_s, clock.real_now_ms()
    while not stopping.is_set():
        if time.monotonic() - looked_s >= each_s:
            looked_s = time.monotonic()
            stopping.wait(_step(lambda: _beat(started_ms)))
            stopping.wait(_step(_look_around))
        stopping.wait(_step(_send))
    connections.close_all()
    return 0


def _step(act: Callable[[], float]) -> float:
    """Do one thing; give how long to pause. A database that fails is waited for."""
    try:
        return act()
    except (OperationalError, InterfaceError) as error:
        log.error("the database failed, trying again: %s", error)
        close_old_connections()
    return PAUSE_AFTER_ERROR_S


def _beat(started_ms: int) -> float:
    """Say that we run, before the looks: one that never ends is noticed by ingest."""
    beats.beat(beats.NOTICES, beats.NOTICES, started_ms)
    return 0


def _send() -> float:
    return 0 if send_next() else PAUSE_S


def _look_around() -> float:
    """Do what nobody's act does: tell of what waits, judge what has come. What fails in one look keeps no other one back."""
    for look in LOOKS:
        try:
            look(clock.now_ms())
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("%s failed; the others go on", look.__name__)
    return 0


def send(options: Namespace) -> int:
    """Send what is due now; exit code 1 when something of it failed."""
    if not is_ready():
        return 2
    before = _failures()
    sent = 0
    _look_around()
    while send_next():
        sent += 1
    failed = _failures() - before
    print(f"{sent} messages tried, {failed} failed")
    return 1 if failed > 0 else 0


def show(options: Namespace) -> int:
    """Print what waits, what is to be told by hand and what was given up, the oldest first."""
    waiting = (State.QUEUED, State.SENDING, State.BY_HAND_WAITING, State.GAVE_UP)
    found = notice_queries.deliveries(Choice()).filter(state__in=waiting).order_by("since_ms", "pk")
    for line in notice_queries.lines(found[:LINES]):
        _print(line)
    late = notice_queries.overdue(clock.now_ms())
    print(f"{found.count()} not told yet" + (f", {late} overdue: is `notices run` running?" if late else ""))
    return 0


def test(options: Namespace) -> int:
    """Queue a test on a channel and send what is due there; exit code 1 when it failed, 2 when there is no such channel."""
    channel = notice_queries.channels().filter(name=options.channel).first()
    if channel is None:
        names = ", ".join(notice_queries.channels().values_list("name", flat=True)) or "none"
        print(f"there is no channel {options.channel}; there are: {names}", file=sys.stderr)
        return 2
    Channel.objects.filter(pk=channel.pk).update(rest_until_ms=0)
    delivery = channels.send_test(channel.pk, actor="console", now_ms=clock.now_ms())
    if isinstance(delivery, ChannelRefusal):
        print(REFUSALS[delivery], file=sys.stderr)
        return 2
    while _waits(delivery) and send_next():
        pass
    (line,) = notice_queries.lines(notice_queries.deliveries(Choice()).filter(pk=delivery.pk))
    _print(line)
    return 1 if line.trouble else 0


def _waits(delivery: Delivery) -> bool:
    delivery.refresh_from_db()
    return delivery.state == State.QUEUED and not delivery.failures


def _failures() -> int:
    return sum(Delivery.objects.values_list("failures", flat=True))


def _print(line: notice_queries.DeliveryLine) -> None:
    row = line.delivery
    at = clock.local(row.notice.at_ms).strftime("%m-%d %H:%M:%S")
    print(f"{at}  {line.badge.word}  {row.channel.name} ({row.channel.audience})  {line.words.title}")
    if line.trouble:
        print(f"    {line.trouble}")
