"""A graduation run: one request, every room once, resumed at will, frozen registers kept (C-8)."""

from central.campus.models import Account
from central.desk.departures import runs
from central.desk.departures.models import Departure, DepartureRun, Withdrawal
from central.desk.departures.paying import pay_by_bank
from central.desk.departures.refusals import DepartureRefusal as Why
from central.desk.departures.refusals import Refused
from central.desk.departures.runs import ask_run, preview, progress, resume
from central.link.models import Closing, Command
from central.office.models import Approval
from gateway.contract.facts import CommandOutcome
from tests.central.conftest import NOW_MS
from tests.central.departure_steps import faults, gives_back, killed_in, sign, signers
from tests.central.steps import ROOM, answered, credit, up

RUN, OTHER = "a" * 32, "1-302.1"
NO_GATEWAY = "2-101.1"


def asked(cashier, accounts=(ROOM, OTHER), run_id=RUN):
    signers()
    return ask_run(run_id, "North", accounts, "bank", why="graduation", actor=cashier, now_ms=NOW_MS)


def signed(run):
    return sign(Approval.objects.get(key=run.approval_key).number)


def states(run):
    return {one.case.account.code: one.state.value for one in progress(run, NOW_MS)}


def test_a_building_is_closed_by_one_request_each_room_once(taker, twin, cashier):
    credit(taker, twin, cashier, fen=1_000)
    lines = preview("1", [], NOW_MS)
    assert [(line.room, line.held, line.refusal) for line in lines] == [
        ("1-301", 10_000_000, None),
        ("1-302", 0, None),
    ]
    run = asked(cashier)
    assert asked(cashier) == run
    assert Departure.objects.count() == 2
    assert Approval.objects.count() == 1
    assert states(run) == {ROOM: "asked", OTHER: "asked"}
    assert not Closing.objects.exists()
    assert resume(RUN, "anna", now_ms=NOW_MS) == Refused(Why.NOT_APPROVED, RUN)
    assert signed(run).state == Approval.State.APPROVED
    assert Command.objects.filter(kind="close-account").count() == 2
    assert resume(RUN, "anna", now_ms=NOW_MS) == {}
    assert Command.objects.filter(kind="close-account").count() == 2
    first, second = Command.objects.filter(kind="close-account").order_by("number")
    up(taker, twin, twin.consumption(ROOM, 10_000, 10_000))
    gives_back(taker, twin, 4_420_000, command=first)
    assert states(run) == {ROOM: "withdrawn", OTHER: "waiting"}
    up(taker, twin, twin.consumption(OTHER, 20_000, 20_000))
    gives_back(taker, twin, 0, OTHER, command=second)
    assert states(run) == {ROOM: "withdrawn", OTHER: "empty"}
    case = Departure.objects.get(account__code=ROOM)
    assert pay_by_bank(case.pk, "B1", "K1", signers()[0], now_ms=NOW_MS).amount_fen == 442
    assert faults() == []


def test_what_cannot_be_asked_keeps_its_reason_and_is_resumed(taker, twin, cashier):
    run = asked(cashier, (ROOM, NO_GATEWAY))
    assert signed(run).state == Approval.State.APPROVED
    assert states(run) == {ROOM: "waiting", NO_GATEWAY: "approved"}
    assert resume(RUN, "anna", now_ms=NOW_MS) == {NO_GATEWAY: Refused(Why.NO_GATEWAY, NO_GATEWAY)}
    answered(taker, twin, Command.objects.get(kind="close-account"), CommandOutcome.REFUSED)
    assert states(run)[ROOM] == "gateway-refused"
    resume(RUN, "anna", now_ms=NOW_MS)
    assert states(run)[ROOM] == "waiting"
    assert Withdrawal.objects.count() == 2
    assert Closing.objects.filter(account__code=ROOM).exclude(state="refused").count() == 1


def test_a_run_with_a_room_that_can_not_be_closed_is_refused_by_name(taker, twin, cashier):
    Account.objects.filter(code=OTHER).update(pays_from=Account.objects.get(code=ROOM))
    assert asked(cashier) == Refused(Why.PAYS_FOR_OTHERS, OTHER)
    assert asked(cashier, ()) == Refused(Why.NO_ROOMS)
    assert asked(cashier, ("9-9.1",)) == Refused(Why.NO_ROOMS)
    assert not DepartureRun.objects.exists()
    refused = {line.room: line.refusal.why for line in preview("", ["1-301", "1-302", "9-9"], NOW_MS)}
    assert refused == {"1-301": Why.PAYS_FOR_OTHERS, "1-302": Why.PAYS_ELSEWHERE, "9-9": Why.UNKNOWN_ACCOUNT}


def test_killed_in_the_middle_nothing_is_asked_and_signing_again_asks_all(taker, twin, cashier, monkeypatch):
    run, real, calls = asked(cashier), runs.ask_gateway, []

    def killed_at_the_second(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise RuntimeError("killed")
        return real(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(runs, "ask_gateway", killed_at_the_second)
        killed_in(lambda: signed(run))
    assert not Closing.objects.exists()
    assert states(run) == {ROOM: "asked", OTHER: "asked"}
    assert signed(run).state == Approval.State.APPROVED
    assert sorted(Closing.objects.values_list("account__code", flat=True)) == [ROOM, OTHER]


def test_a_room_is_in_one_case_at_a_time(taker, twin, cashier):
    asked(cashier)
    assert asked(cashier, (ROOM,), "b" * 32).why == Why.ALREADY_ASKED
    assert asked(cashier, (ROOM,)) == Refused(Why.EXISTS_WITH_DIFFERENT)
