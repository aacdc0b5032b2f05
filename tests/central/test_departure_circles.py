"""Two acts about the same room's money meet at the worst moment: neither fails, nothing leaves twice, nobody waits in a circle."""

import pytest

from tests.central.test_circles import said

HOUSE = r"""
from central.desk.debts import operations as debts, owing, paying as debt_paying
from central.desk.departures import asking, paying, withdrawing
from central.desk.departures.asking import Wanted
from central.desk.departures.states import cases_with_all, standing_of
from central.desk.operations import pay
from central.ingest.take_message import MessageTaker
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balance
from central.link import operations as link
from central.link.models import Closing, Command
from central.office import approvals
from gateway.contract.facts import CommandOutcome, EntryCause, EntryKind
from tests.central.gateway_twin import GatewayTwin
from tests.open_shifts import on_shift
on_shift(anna, NOW_MS)
twin, ROOM = GatewayTwin(now_ms=NOW_MS), "1-301.1"
link.enrol_gateway(twin.name, "1", twin.public_key, actor="t", now_ms=NOW_MS)
taker = MessageTaker(on_bench=False)
taker.take(twin.topic("birth"), twin.birth(), NOW_MS)
def up(*rows):
    assert taker.take(twin.topic("up"), twin.batch(*rows), NOW_MS) is not None
def asked(case, **more):
    wanted = Wanted(ROOM, "departure", "w", asked_for="Wang", **more)
    return asking.ask_departure(case * 32, wanted, anna, now_ms=NOW_MS)
def sign(case):
    number = Approval.objects.get(key=f"departure:{case * 32}").number
    for who in (finance, director):
        approvals.sign(number, approve=True, reason="", actor=who, now_ms=NOW_MS)
def final(left):
    command = Command.objects.filter(kind="close-account").latest("pk")
    entry = twin.entry(EntryKind.TAKEN_BACK, ROOM, -left, cause=EntryCause.CLOSING, source=command.command_id) if left else None
    rows = [entry] if entry else []
    said = twin.result(command.number, command.command_id, CommandOutcome.APPLIED, taken=entry.lines if entry else [],
                       final_register_wh=1)
    return [*rows, said]
"""


@pytest.mark.timeout(180)
def test_c_8_two_ask_one_pays_and_the_answer_comes_meanwhile(ready, tmp_path):
    script = r"""
pay("p1", ROOM, 1_000, anna, now_ms=NOW_MS)
up(twin.granted("p-p1", ROOM, 10_000_000))
found = []
meet("ask", lambda: found.append(asked("a")), lambda: found.append(asked("b")), (asking, "ask"))
print(sorted(one.kind if hasattr(one, "kind") else one.why.value for one in found))
case = next(one for one in found if hasattr(one, "kind"))
letter = case.pk[0]
from central.ingest import book_entries
sign(letter)
meet("final", lambda: up(*final(10_000_000)), lambda: withdrawing.withdraw(case.pk, anna, now_ms=NOW_MS), (book_entries, "book"))
print(standing_of(cases_with_all().get(pk=case.pk), NOW_MS).state.value)
paid = []
cash = lambda: paid.append(paying.pay_cash(case.pk, anna, now_ms=NOW_MS).amount_fen)
meet("cash", cash, cash, (paying.paying_out, "record_audit"))
print(paid, balance(chart.cash()))
"""
    printed = said(ready, tmp_path, HOUSE + script).splitlines()
    assert printed == ["['already-asked', 'departure']", "withdrawn", "[1000, 1000] 0"]


@pytest.mark.timeout(180)
def test_a_debt_is_paid_while_it_is_split(ready, tmp_path):
    script = r"""
asked("a")
sign("a")
up(twin.consumption(ROOM, 10_000, 10_000))
up(*final(0))
print(balance(chart.owed(ROOM, "yuan")))
found = []
def pays():
    found.append(debt_paying.pay_debt("a" * 32, ROOM, 558, anna, now_ms=NOW_MS))
def splits():
    found.append(debts.split("b" * 32, ROOM, [("Wang", 279), ("Li", 279)], why="w", actor=anna, now_ms=NOW_MS))
meet("debt", splits, pays, (debts, "record_audit"))
print([type(one).__name__ for one in found], balance(chart.owed(ROOM, "yuan")))
"""
    printed = said(ready, tmp_path, HOUSE + script).splitlines()
    assert printed == ["5580000", "['DebtSplit', 'Refused'] 0"]


@pytest.mark.timeout(180)
def test_a_row_about_a_room_is_written_while_the_room_is_closed(ready, tmp_path):
    """Keys are checked at the commit, with the chain's head held: nobody holds a room from them and wants the head."""
    script = r"""
from central.clock import campus_day
from central.campus.models import Bucket, CustomerClass
from central.desk.corrections import operations as corrections
from central.desk.merchants import cards
from central.desk.subsidies import batches
from central.desk.subsidies.plan import Choice, plan_subsidy
OTHER_GETS_FAR_S = 1.5
meet("card", lambda: link.ask_closing(ROOM, actor="t", why="w", now_ms=NOW_MS),
     lambda: cards.register_card("77", ROOM, "", actor=anna, now_ms=NOW_MS), (link, "record_audit"))
pay("p1", "1-302.1", 1_000, anna, now_ms=NOW_MS)
bucket = Bucket.objects.create(customer_class=CustomerClass.objects.get(code="dormitory"), name="gift", unit="yuan", order=9)
plan = plan_subsidy(Choice(bucket, 1_000_000, campus_day(NOW_MS)))
def asks():
    print(type(batches.ask_subsidy(plan, "k" * 32, shown=plan.digest, why="w", actor=finance, now_ms=NOW_MS)).__name__)
right = corrections.Right("1-302.1", 500)
meet("rows", lambda: corrections.correct("c1", 1, right, "w", anna, now_ms=NOW_MS), asks, (corrections, "may_correct"))
print(Closing.objects.count(), cards.cards_in_force().count(), balance(chart.cash()))
"""
    assert said(ready, tmp_path, HOUSE + script) == "Approval\n1 1 5000000\n"
