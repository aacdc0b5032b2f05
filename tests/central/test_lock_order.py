"""The desk and ingest write at once and never wait for each other in a circle: the gateway's row first, then the building's, then
the chain's head.

On SQLite writers queue at BEGIN; on PostgreSQL the order of locks is all that keeps a payment from failing. Each act is done at
the very moment when ingest holds the gateway and has not yet asked for the chain's head.
"""

import pytest

MEET = r"""
import sys, threading, time
from central.desk.operations import pay
from central.desk.subsidies.one_account import grant_subsidy
from central.desk.paying_out import pay_out_closed_account, pay_out_credit_back
from central.campus.operations import add_meter, bind_meter, publish_price
from central.campus.rules import set_rules
from central.domain.rule_json import RuleKind
from central.ingest import book_entries, take_meter_facts
from central.ingest.take_message import MessageTaker
from central.link import operations
from central.link.models import Closing, Command
from central.office.models import User
from django.db import connections
from gateway.contract.commands import RelayWish
from gateway.contract.facts import CommandOutcome, EntryCause, EntryKind
from gateway.contract.meter_facts import MeterSwapped
from tests.central.gateway_twin import GatewayTwin
from tests.open_shifts import on_shift

NOW_MS, ROOM, DESK_GETS_FAR_S = 1_790_000_000_000, "1-301.1", 0.3
cashier = User.objects.get(username="anna")
on_shift(cashier, NOW_MS)
twin = GatewayTwin(now_ms=NOW_MS)
operations.enrol_gateway(twin.name, "1", twin.public_key, actor="test", now_ms=NOW_MS)
taker = MessageTaker(on_bench=False)
taker.take(twin.topic("birth"), twin.birth(), NOW_MS)

def up(*rows):
    assert taker.take(twin.topic("up"), twin.batch(*rows), NOW_MS) is not None

def result(kind, outcome=CommandOutcome.APPLIED, **more):
    command = Command.objects.filter(kind=kind).latest("pk")
    return twin.result(command.number, command.command_id, outcome, **more)

def meet(name, act, *rows, where=(book_entries, "book")):
    holds, step_of_ingest = threading.Event(), getattr(*where)
    def later(*arguments):
        if not holds.is_set():
            holds.set()
            time.sleep(DESK_GETS_FAR_S)
        return step_of_ingest(*arguments)
    def guarded(step):
        try:
            step()
        except Exception as error:
            print(name, type(error).__name__, str(error).splitlines()[0], flush=True)
        finally:
            connections.close_all()
    setattr(*where, later)
    steps = [lambda: up(twin.consumption(ROOM, 10, 10), *rows), lambda: (holds.wait(10), act())]
    sides = [threading.Thread(target=guarded, args=(step,)) for step in steps]
    [side.start() for side in sides]
    [side.join() for side in sides]
    setattr(*where, step_of_ingest)
    assert holds.is_set()

def closing():
    return operations.ask_closing(ROOM, actor="b", why="w", now_ms=NOW_MS)

def swap(number, old, new):
    name = f"gw-1.e1.swap{number}"
    return MeterSwapped(
        swap=name, old_meter=old, new_meter=new, last_wh=51_000, first_wh=7_000, at=twin.at(), last_at=twin.at(), by="li",
        why="burnt out", account=ROOM, binding=name, from_ms=NOW_MS + number, last_frame="68", first_frame="68")

def meets_a_swap(name, act):
    # At the very moment when ingest holds the chain's head and has not yet touched the building.
    swaps.append(f"m-90{len(swaps)}")
    row = swap(len(swaps), swaps[-2], swaps[-1])
    meet(name, act, row, where=(take_meter_facts, "_check"))

swaps, later = ["m-301"], {"actor": "b", "now_ms": NOW_MS}
meets_a_swap("price", lambda: publish_price("dormitory", "0.6", NOW_MS + 9, **later))
meets_a_swap("bind", lambda: bind_meter("m-302", ROOM, NOW_MS + 7, None, **later))
meets_a_swap("rules", lambda: set_rules(RuleKind.BUILDING_POLICY, "1", {}, **later))
meets_a_swap("same-meter", lambda: add_meter("m-904", "1", **later))
common = {"why": "w", "now_ms": NOW_MS}
meet("pay", lambda: pay("x1", ROOM, 5_000, cashier, now_ms=NOW_MS))
meet("subsidy", lambda: grant_subsidy("s1", ROOM, "subsidy", 1_000, actor=cashier, **common))
meet("ask-back", lambda: operations.ask_credit_back("r1", ROOM, "paid", 10_000_000, actor="b", **common))
meet("set-relay", lambda: operations.set_relay("m-301", RelayWish.AUTO, actor="e", **common))
meet("approve", lambda: operations.approve_cuts(
    "gw-1", 1, NOW_MS, second_key="a", second_signature="b", actor="e", now_ms=NOW_MS))
up(twin.granted("p-x1", ROOM, 50_000_000))
taken = twin.entry(EntryKind.TAKEN_BACK, ROOM, -10_000_000, source="r1")
up(taken, result("take-back", taken=taken.lines))
more = twin.entry(EntryKind.TAKEN_BACK, ROOM, -1, source="r1")
meet("pay-out", lambda: pay_out_credit_back("r1", cashier, now_ms=NOW_MS), twin.decision(ROOM, "close"), more)
closing()
meet("closing", closing, result("close-account", CommandOutcome.REFUSED))
final = closing()
rest = twin.entry(EntryKind.TAKEN_BACK, ROOM, -5_000_000, cause=EntryCause.CLOSING)
up(rest, result("close-account", taken=rest.lines, final_register_wh=1))
meet("pay-out-closed", lambda: pay_out_closed_account(final.request_id, cashier, now_ms=NOW_MS))
print(Closing.objects.get(pk=final.request_id).paid_out_micro_yuan)
"""


@pytest.mark.timeout(180)
def test_c_5_the_desk_and_ingest_never_wait_in_a_circle(ready):
    said, errors = ready.script(MEET).communicate(timeout=120)
    assert errors == ""
    assert said.splitlines() == ["5000000"], "nobody failed, and what the gateway gave back was paid out"
    assert ready.run("verify").returncode == 0
