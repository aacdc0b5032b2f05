"""Two acts of people meet at the worst moment: neither fails, nothing is done twice, nobody waits in a circle.

On SQLite writers queue at BEGIN; on PostgreSQL the order of locks is all that keeps them apart. One act stops where its last lock
is still to come (or just before it commits), the other runs into it.
"""

import pytest

MEET = r"""
import threading, time
from central import clock
from central.office.models import Approval, User
from django.db import connections

NOW_MS, OTHER_GETS_FAR_S = clock.now_ms(), 0.4
anna = User.objects.get(username="anna")
roles = ("admin", "finance", "director", "vp-network")
admin, finance, director, vice = [User.objects.create_user(f"the-{role}", role=role) for role in roles]

def meet(name, act, other, where, *, after=False):
    # `act` stops at its first call of `where` (module, name), before it or `after` it; `other` runs meanwhile.
    waits, step = threading.Event(), getattr(*where)
    def stopping(*arguments, **named):
        done = step(*arguments, **named) if after else None
        if threading.current_thread() is threads[0] and not waits.is_set():
            waits.set()
            time.sleep(OTHER_GETS_FAR_S)
        return done if after else step(*arguments, **named)
    def guarded(run):
        try:
            run()
        except Exception as error:
            print(name, type(error).__name__, str(error).splitlines()[0], flush=True)
        finally:
            connections.close_all()
    setattr(*where, stopping)
    threads = [threading.Thread(target=guarded, args=(run,)) for run in (act, lambda: (waits.wait(10), other()))]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    setattr(*where, step)
    assert waits.is_set(), name
"""


VERIFY = r"""
import contextlib, io
from central.__main__ import main
with contextlib.redirect_stdout(io.StringIO()) as checks:
    is_broken = main(["verify"])
if is_broken:
    print(checks.getvalue())
"""


def said(ready, tmp_path, script: str) -> str:
    """Run a script in a new house of two buildings with one cashier; give what it printed. `verify` must hold afterwards."""
    printed, errors = ready.script(MEET + script + VERIFY).communicate(timeout=120)
    assert errors == ""
    return printed


@pytest.mark.timeout(180)
def test_a_person_is_changed_while_what_he_did_is_booked(ready, tmp_path):
    """A count that differs holds the chain's head and names its cashier; who changes the cashier holds him and wants the head."""
    script = r"""
from central.desk.shifts import Counted, end_shift, open_shift
from central.office import people
shift = open_shift("main", Counted(10_000), anna, reason="float", now_ms=NOW_MS)
person = people.Person("anna", "cashier", "Anna")
meet("change", lambda: people.change_person(anna.pk, person, actor=admin, now_ms=NOW_MS),
     lambda: end_shift(shift.pk, Counted(9_000), 0, anna, reason="short", now_ms=NOW_MS), (people, "record_audit"))
print(Approval.objects.get().act, User.objects.get(pk=anna.pk).last_name)
"""
    assert said(ready, tmp_path, script) == "cash-difference Anna\n"


@pytest.mark.timeout(180)
def test_a_check_is_begun_while_another_one_ends(ready, tmp_path):
    """Who begins a check locks the head, then the checks under way; the last step of one locks it, then the head."""
    script = r"""
from central.ledger import checking
check = checking.begin(actor="a", now_ms=NOW_MS)
meet("check", lambda: checking.step(check.pk, now_ms=NOW_MS),
     lambda: checking.begin(actor="b", now_ms=NOW_MS + 1), (checking, "record_audit"))
print(checking.BooksCheck.objects.get(pk=check.pk).state)
"""
    assert said(ready, tmp_path, script) == "whole\n"


@pytest.mark.timeout(180)
def test_rooms_of_two_buildings_are_split_while_a_building_is_changed(ready, tmp_path):
    """All buildings are locked before the first word is put on record: the head comes last."""
    script = r"""
from central.campus.models import Account
from central.campus.rules import set_rules
from central.domain.rule_json import RuleKind
from central.link import shared_balance
for payer, member in (("1-301", "1-302"), ("2-101", "2-102")):
    shared_balance.merge(payer, [member], actor="t", now_ms=NOW_MS)
print(Account.objects.exclude(pays_from=None).count())
meet("split", lambda: shared_balance.split(["1-302", "2-102"], actor="t", now_ms=NOW_MS),
     lambda: set_rules(RuleKind.BUILDING_POLICY, "2", {}, actor="t", now_ms=NOW_MS),
     (shared_balance, "record_audit"), after=True)
print(Account.objects.exclude(pays_from=None).count())
"""
    assert said(ready, tmp_path, script) == "2\n0\n"


@pytest.mark.timeout(180)
def test_a_double_click_asks_once(ready, tmp_path):
    """The second half waits for the first one's row, and finds it committed."""
    script = r"""
from central.office import approvals
content = {"code": "desk.duty-meal", "place": "campus", "where": "", "value": 900, "from_ms": NOW_MS}
found = []
def ask():
    found.append(approvals.ask("setting", content, subject="s", why="w", actor=admin, now_ms=NOW_MS, key="k"))
meet("ask", ask, ask, (approvals, "tell_waiting"))
print(*(request.number == Approval.objects.get().number for request in found))
"""
    assert said(ready, tmp_path, script) == "True True\n"


@pytest.mark.timeout(180)
def test_a_batch_is_sent_back_while_its_difference_is_approved(ready, tmp_path):
    """Whichever comes first, nothing waits afterwards and nothing is over or short: all of it is in the safe again."""
    script = r"""
from central.clock import campus_day
from central.desk import cash_differences
from central.desk.day_close import close_day
from central.desk.hand_ins import Batch, hand_in, send_back
from central.desk.shifts import Counted, end_shift, open_shift
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balance
from central.office import approvals
def sign(who):
    return approvals.sign(Approval.objects.get().number, approve=True, reason="", actor=who, now_ms=NOW_MS)
shift = open_shift("main", Counted(15_000), anna, reason="float", now_ms=NOW_MS)
end_shift(shift.pk, Counted(15_000), 0, anna, now_ms=NOW_MS)
day = close_day(campus_day(NOW_MS), anna, now_ms=NOW_MS)
batch = hand_in(Batch([day.number], 14_000, reason="short"), anna, now_ms=NOW_MS)
sign(finance)
meet("back", lambda: sign(director), lambda: send_back(batch.number, finance, note="count again", now_ms=NOW_MS),
     (cash_differences, "book_new"))
print(*(balance(side) // 10_000 for side in (chart.safe(), chart.difference_waiting(), chart.over_short())))
"""
    assert said(ready, tmp_path, script) == "15000 0 0\n"


@pytest.mark.timeout(180)
def test_c_1_credit_sold_while_a_gateway_is_enrolled_is_delivered_by_it(ready, tmp_path):
    """Whichever comes first: a payment that saw no gateway is seen by who enrols it, or sees the gateway after all."""
    script = r"""
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from central.desk import operations as desk
from central.link import operations as link
from central.link.models import Delivery
from tests.open_shifts import on_shift
on_shift(anna, NOW_MS)
def enrol(building):
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    return link.enrol_gateway(f"gw-{building}", building, key, actor="t", now_ms=NOW_MS)
meet("sell", lambda: desk.pay("p1", "1-301.1", 5_000, anna, now_ms=NOW_MS), lambda: enrol("1"),
     (desk, "issue_grant"), after=True)
meet("enrol", lambda: enrol("2"), lambda: desk.pay("p2", "2-101.1", 5_000, anna, now_ms=NOW_MS),
     (link, "publish_if_changed"), after=True)
print(*Delivery.objects.order_by("pk").values_list("gateway", flat=True))
"""
    assert said(ready, tmp_path, script) == "gw-1 gw-2\n"
