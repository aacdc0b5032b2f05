"""Departures as a desk sees them: one to be paid, one paid, a graduation half answered, a debt, a debt that was split."""

from django.db import transaction

from central import clock
from central.desk.debts.operations import split
from central.desk.departures.asking import Wanted, ask_departure
from central.desk.departures.models import Departure, DepartureRun
from central.desk.departures.paying import pay_cash
from central.desk.departures.runs import ask_run
from central.ingest.take_answers import take_result
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book
from central.ledger.queries import balance
from central.link.models import Command, Gateway, GatewayEpoch
from central.office import approvals
from central.office.models import Approval, User
from gateway.contract.facts import CommandOutcome, CommandResult, EntryLine, Instant

TO_PAY, PAID, OWING, SPLIT = "1-204.1", "1-203.1", "1-202.1", "1-201.1"
RUN = "e" * 32
RUN_ROOMS = ("1-205.1", "1-206.1")


def departures() -> None:
    """Make all of them; the cashier has a shift open."""
    with transaction.atomic():
        cashier, now_ms = User.objects.get(username="cashier"), clock.now_ms()
        owe(OWING, 26_400_000, now_ms)
        owe(SPLIT, 18_550_000, now_ms)
        for number, account in enumerate((TO_PAY, PAID, OWING, SPLIT)):
            signed(asked(account, f"{number:032d}", cashier, now_ms).approval_key, now_ms)
            closes(account, now_ms)
        pay_cash(f"{1:032d}", cashier, now_ms=now_ms)
        shares = [("郭敏", 928), ("何欣", 927)]
        split("5" * 32, SPLIT, shares, why="毕业离校", actor=cashier, now_ms=now_ms)
        run = ask_run(RUN, "1号楼", RUN_ROOMS, "bank", why="2026 届毕业", actor=cashier, now_ms=now_ms)
        assert isinstance(run, DepartureRun), run
        signed(run.approval_key, now_ms)
        closes(RUN_ROOMS[0], now_ms)


def asked(account: str, case_id: str, cashier: User, now_ms: int) -> Departure:
    """Ask for a departure."""
    wanted = Wanted(
        account, "departure", "毕业离校", asked_for="王小明", parts_returned=True, parts="00000012、00000013"
    )
    case = ask_departure(case_id, wanted, cashier, now_ms=now_ms)
    assert isinstance(case, Departure), case
    return case


def signed(key: str, now_ms: int) -> None:
    """Let the offices sign."""
    number = Approval.objects.get(key=key).number
    for name in ("finance", "director"):
        signer = User.objects.get(username=name)
        approvals.sign(number, approve=True, reason="", actor=signer, now_ms=now_ms)


def owe(account: str, amount: int, now_ms: int) -> None:
    """Let a room use more than it had, by so much."""
    side = chart.customer(account, "paid", "yuan")
    used = balance(side) + amount
    revenue = chart.energy_revenue("dormitory", "yuan")
    book([Draft(f"used:{account}", side, revenue, used, "consumption", now_ms)], now_ms)


def closes(account: str, now_ms: int) -> None:
    """Let the gateway end a closing: everything that is left comes back."""
    gateway = Gateway.objects.get(pk="gw-1")
    epoch = GatewayEpoch.objects.filter(gateway=gateway).first() or GatewayEpoch(gateway=gateway)
    side = chart.customer(account, "paid", "yuan")
    if (left := balance(side)) > 0:
        back = chart.taken_back(account, "yuan")
        book([Draft(f"back:{account}", side, back, left, "taken-back", now_ms)], now_ms)
    command = Command.objects.filter(kind="close-account", gateway=gateway).latest("pk")
    at = Instant("b", now_ms, now_ms, True)
    outcome = CommandOutcome.APPLIED
    if account == RUN_ROOMS[0]:
        command = Command.objects.filter(kind="close-account", gateway=gateway).order_by("-pk")[1]
    taken = [EntryLine("paid", "yuan", -left, 0)] if left > 0 else []
    said = CommandResult(
        command.number, command.command_id, outcome, at, taken=taken, final_register_wh=412_340
    )
    take_result(gateway, epoch, 0, said, now_ms)
