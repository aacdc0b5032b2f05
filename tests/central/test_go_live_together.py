"""Two last signatures at the same moment, and ingest between them: the rooms are credited once, and nobody waits in a circle.

On SQLite writers queue at BEGIN; on PostgreSQL the buildings' locks and the order in which they are taken are all there is.
"""

import pytest

TOGETHER = r"""
import threading
from central.desk.go_live.asking import ask_go_live, ask_way_back
from central.desk.go_live.models import OpeningBatch, OpeningDone
from central.desk.go_live.plan import plan_opening
from central.desk.operations import pay
from central.ingest.take_message import MessageTaker
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balance
from central.link import operations
from central.link.models import Grant, TakeBackRequest
from central.office import approvals
from central.office.models import Approval, User
from django.db import connections
from tests.central.gateway_twin import GatewayTwin

NOW_MS, ROOM = 1_790_000_000_000, "1-301.1"
def person(name, role):
    return User.objects.get_or_create(username=name, defaults={"role": role})[0]
admin, anna = person("asks", "admin"), User.objects.get(username="anna")
finance, directors = person("f", "finance"), [person("d1", "director"), person("d2", "director")]
twin = GatewayTwin(now_ms=NOW_MS)
operations.enrol_gateway(twin.name, "1", twin.public_key, actor="test", now_ms=NOW_MS)
taker = MessageTaker(on_bench=False)
taker.take(twin.topic("birth"), twin.birth(), NOW_MS)

def up(*rows):
    assert taker.take(twin.topic("up"), twin.batch(*rows), NOW_MS) is not None

def asked(key, text):
    plan = plan_opening(text.encode(), NOW_MS - 1, "later", NOW_MS)
    request = ask_go_live(plan, key * 32, file_name=key, why="w", actor=admin, now_ms=NOW_MS)
    approvals.sign(request.number, approve=True, reason="", actor=finance, now_ms=NOW_MS)
    return request

def together(*acts):
    start = threading.Barrier(len(acts))
    def guarded(act):
        try:
            start.wait()
            act()
        except Exception as error:
            print(type(error).__name__, str(error).splitlines()[0], flush=True)
        finally:
            connections.close_all()
    threads = [threading.Thread(target=guarded, args=(act,)) for act in acts]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

def last_signature(request, who):
    return lambda: approvals.sign(request.number, approve=True, reason="", actor=who, now_ms=NOW_MS)

first = asked("a", "room,balance_yuan\n1-301,50\n1-302,20\n2-101,1\n")
second = asked("b", "room,balance_yuan\n2-101,1\n1-302,20\n1-301,50\n")
same_again = [last_signature(first, who) for who in directors]
together(*same_again, last_signature(second, directors[0]),
         lambda: [up(twin.consumption(ROOM, 10, 10 * n)) for n in range(1, 9)],
         lambda: pay("x1", ROOM, 5_000, anna, now_ms=NOW_MS))
print(sorted(Approval.objects.values_list("state", flat=True)))
print(Grant.objects.filter(source="opening").count(), OpeningDone.objects.count(), balance(chart.opening("yuan")))
for grant in Grant.objects.filter(account__code=ROOM):
    up(twin.granted(grant.grant_id, ROOM, grant.amount))
live = OpeningDone.objects.get().batch
back = ask_way_back(live, "1", "c" * 32, why="w", actor=admin, now_ms=NOW_MS)
approvals.sign(back.number, approve=True, reason="", actor=finance, now_ms=NOW_MS)
together(*[last_signature(back, who) for who in directors],
         lambda: [up(twin.consumption(ROOM, 10, 80 + 10 * n)) for n in range(1, 9)])
print(TakeBackRequest.objects.count(), Approval.objects.get(pk=back.number).state)
"""


@pytest.mark.timeout(180)
def test_two_last_signatures_at_once_credit_once(ready):
    said, errors = ready.script(TOGETHER).communicate(timeout=120)
    assert errors == ""
    assert said.splitlines() == ["['approved', 'failed']", "3 1 71000000", "2 approved"]
    proved = ready.run("verify")
    assert proved.returncode == 0, proved.stdout


def test_the_console_checks_a_list_and_writes_an_example(ready, tmp_path):
    example = tmp_path / "example.xlsx"
    assert ready.run("go-live", "check", "--example", str(example)).returncode == 0
    seen = ready.run("go-live", "check", str(example), "--missing", "later")
    assert seen.returncode == 2
    assert "row 5, room" in seen.stderr, "the campus has no such shop"
    good = tmp_path / "good.csv"
    good.write_text("room,balance_yuan\n1-301,50\n1-302,-3\n", encoding="utf-8")
    seen = ready.run("go-live", "check", str(good))
    assert seen.returncode == 0, seen.stderr
    assert "net 47.00" in seen.stdout
    assert "2 " not in seen.stderr
    assert ready.run("go-live", "check", str(tmp_path / "none.csv")).returncode == 2
