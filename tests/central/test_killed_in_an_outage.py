"""A server that is killed in the middle, four clicks at once: pages, subsidies and their undo happen once or not at all (C-1)."""

import signal
from datetime import timedelta

import pytest

from central import clock
from central.clock import campus_day, start_of_day_ms

PREPARE = r"""
from central.campus.import_plan import plan_import
from central.campus.models import Bucket
from central.campus.operations import carry_out
from central.desk import books
from central.desk.book_models import ReceiptBook
from central.desk.outage import entering
from central.desk.outage.entering import Sheet, enter_sheet
from central.desk.outage.models import OutageSheet
from central.desk.outage.plan import TypedPage, plan_sheet
from central.desk.models import Payment, Receipt
from central.desk.shifts import open_shift_of
from central.desk.subsidies import batches, carrying_out, plan, undoing
from central.link.models import Delivery, TakeBackRequest
from central.link.operations import enrol_gateway
from central.office import approvals
from central.office.models import Approval, User
from central.clock import campus_day
from tests.central.gateway_twin import GatewayTwin
from tests.open_shifts import on_shift
import os, signal, sys, threading
from django.db import connections
WHAT, NOW_MS, SHOWN, DAY_MS = sys.argv[1], int(sys.argv[2]), sys.argv[3], 86_400_000
who = {one.username: one for one in User.objects.all()}

def sheet():
    book = ReceiptBook.objects.get()
    typed = [TypedPage(n, "0001", room, "50") for n, room in ((1, "1-301"), (2, "2-101"), (3, "1-302"))]
    made = plan_sheet(book, campus_day(NOW_MS), typed, NOW_MS)
    return Sheet("k" * 32, book, made, who["anna"], open_shift_of(who["anna"]).pk, 15_000)

def enter():
    made = sheet()
    return enter_sheet(made, SHOWN, actor=who["anna"], now_ms=NOW_MS)

def give():
    request = Approval.objects.get(act="subsidy")
    return approvals.sign(request.number, approve=True, reason="", actor=who["director"], now_ms=NOW_MS)

def undo():
    return undoing.undo_subsidy("b" * 32, why="w", actor=who["anna"], now_ms=NOW_MS)
"""
FIRST = r"""
for name, role in (("fin", "finance"), ("director", "director")):
    who[name] = User.objects.create(username=name, role=role)
when = {"actor": who["anna"], "now_ms": NOW_MS - 3 * DAY_MS}
book = books.receive_book("E-1", 1, 9, "", **when); books.take_book(book, **when)
books.check_pages(book, 1, 9, books.seals_at(NOW_MS), [], **when)
on_shift(who["anna"], NOW_MS)
for number in "12":
    twin = GatewayTwin(name=f"gw-{number}", now_ms=NOW_MS)
    enrol_gateway(twin.name, number, twin.public_key, actor="t", now_ms=NOW_MS)
bucket = Bucket.objects.get(customer_class__code="dormitory", name="subsidy")
wanted = plan.plan_subsidy(plan.Choice(bucket, 8_000_000, campus_day(NOW_MS)))
asked = batches.ask_subsidy(wanted, "b" * 32, shown=wanted.digest, why="w", actor=who["anna"], now_ms=NOW_MS)
approvals.sign(asked.number, approve=True, reason="", actor=who["fin"], now_ms=NOW_MS)
print(sheet().plan.digest)
"""
KILLED = r"""
def die(*arguments, **more):
    os.kill(os.getpid(), signal.SIGKILL)
module, name = {"enter": (entering, "_on_record"), "give": (carrying_out, "_note_done"), "undo": (undoing, "_note")}[WHAT]
setattr(module, name, die)
globals()[WHAT]()
"""
CLICKS = r"""
def click(start):
    start.wait()
    try:
        globals()[WHAT]()
    except Exception as error:
        print(type(error).__name__, error)
    finally:
        connections.close_all()
start = threading.Barrier(4)
threads = [threading.Thread(target=click, args=(start,)) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""
COUNT = r"""
counts = Payment, Receipt, OutageSheet, Delivery, TakeBackRequest
print(*(table.objects.count() for table in counts))
"""


@pytest.mark.timeout(900)
def test_killed_in_the_middle_or_clicked_four_times_each_happens_once(ready):
    noon = start_of_day_ms(campus_day(clock.now_ms()) + timedelta(days=2)) + 12 * 3_600_000
    """Later than the campus was imported: its occupants were there when the pages were written."""

    def run(source, what="", shown=""):
        process = ready.script(PREPARE + source, what, str(noon), shown)
        said, errors = process.communicate(timeout=300)
        return process.returncode, said, errors

    code, shown, errors = run(FIRST)
    assert (code, errors) == (0, "")

    def after(what):
        assert run(KILLED, what, shown.strip())[0] == -signal.SIGKILL
        code, said, errors = run(COUNT + CLICKS + COUNT, what, shown.strip())
        assert (code, errors) == (0, "")
        before, afterwards = said.splitlines()
        return [*map(int, before.split())], [*map(int, afterwards.split())]

    assert after("enter") == ([0, 0, 0, 0, 0], [3, 3, 1, 3, 0])
    assert after("give") == ([3, 3, 1, 3, 0], [3, 3, 1, 7, 0])
    assert after("undo") == ([3, 3, 1, 7, 0], [3, 3, 1, 7, 4])
    assert ready.run("verify").returncode == 0
