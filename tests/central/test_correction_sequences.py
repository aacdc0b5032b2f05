"""Any day of sales, corrections, use and late answers: takings, receipts, balances and debts tie (R-4.1.5, R-4.1.7)."""

from dataclasses import dataclass, field

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.clock import campus_day
from central.desk.corrections.models import Reclaim, ReclaimEnd
from central.desk.corrections.operations import Corrected, Right, correct
from central.desk.corrections.reclaims import ask_again
from central.desk.day_close import day_as_it_stands
from central.desk.models import Payment, Receipt
from central.desk.money_in import HowPaid
from central.desk.operations import Paid, pay
from central.desk.print_models import ReceiptVoid
from central.desk.shift_models import Shift
from central.desk.shifts import drawer_tie
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balance
from central.link.models import Command, Delivery, Gateway
from gateway.contract.commands import decode_command
from gateway.contract.facts import CommandOutcome, EntryCause, EntryKind
from tests.central.conftest import KWH_LISTS, NOW_MS, import_list
from tests.central.correction_steps import FEN, faults
from tests.central.steps import answered, up

ROOMS = ("1-301.1", "1-302.1", "2-101.1", "1-A01.1")
"""Two of the twin's building, one of a building without a gateway, one kept in kWh."""
METHODS = (Payment.Method.CASH, Payment.Method.CASH, Payment.Method.CARD)

room = st.integers(0, len(ROOMS) - 1)
fen = st.integers(1_000, 20_000)
steps = st.one_of(
    st.tuples(st.just("sell"), room, fen, st.integers(0, 2)),
    st.tuples(st.just("correct"), st.integers(0, 30), room, fen),
    st.tuples(st.just("void"), st.integers(0, 30)),
    st.tuples(st.just("use"), room, st.integers(1, 60_000)),
    st.tuples(st.just("hear"), st.booleans()),
    st.tuples(st.just("online"), st.booleans()),
    st.tuples(st.just("ask again")),
)


@dataclass
class Desk:
    """One day at the desk with a gateway that answers when the sequence says so."""

    taker: object
    twin: object
    cashier: object
    done: int = 0
    register: dict[str, int] = field(default_factory=dict)

    def act(self, step: tuple) -> None:
        name, *given = step
        self.done += 1
        getattr(self, name.replace(" ", "_"))(*given)

    def sell(self, room: int, fen: int, method: int) -> None:
        how = HowPaid(METHODS[method], "" if METHODS[method] == "cash" else f"T-{self.done}")
        done = pay(f"s{self.done}", ROOMS[room], fen, self.cashier, now_ms=NOW_MS, how=how)
        assert isinstance(done, Paid), done

    def correct(self, place: int, room: int, fen: int) -> None:
        self._correct(place, Right(ROOMS[room], fen))

    def void(self, place: int) -> None:
        self._correct(place, None)

    def _correct(self, place: int, right: Right | None) -> None:
        count = Receipt.objects.count()
        if not count:
            return
        number = place % count + 1
        was_void = ReceiptVoid.objects.filter(pk=number).exists()
        done = correct(f"c{self.done}", number, right, "w", self.cashier, now_ms=NOW_MS)
        assert not (was_void and isinstance(done, Corrected)), "a receipt is corrected once"

    def use(self, room: int, energy_wh: int) -> None:
        account = ROOMS[room]
        if account.startswith("2"):
            return
        self.register[account] = self.register.get(account, 0) + energy_wh
        if account == "1-A01.1":
            used = self.twin.entry(
                EntryKind.CONSUMPTION, account, -energy_wh, unit="kwh", energy_wh=energy_wh
            )
        else:
            used = self.twin.consumption(account, energy_wh, self.register[account])
        up(self.taker, self.twin, used)

    def hear(self, refuse: bool) -> None:
        """The gateway takes what was sent to it, in the order of its numbers (C-5)."""
        for command in Command.objects.filter(state__in=("queued", "sent")).order_by("number"):
            order = decode_command(bytes(command.body))
            if command.kind == "grant":
                amount = {"bucket": order.bucket, "unit": order.unit}
                up(
                    self.taker,
                    self.twin,
                    self.twin.granted(order.grant, order.account, order.amount, **amount),
                )
                answered(self.taker, self.twin, command)
            elif command.kind == "take-back" and refuse:
                answered(self.taker, self.twin, command, CommandOutcome.REFUSED)
            elif command.kind == "take-back":
                self._give_back(command, order)
            else:
                answered(self.taker, self.twin, command)

    def _give_back(self, command: Command, order: object) -> None:
        unit = "kwh" if order.account == "1-A01.1" else "yuan"
        taken = max(0, min(order.amount, self.twin.balances.get((order.account, order.bucket, unit), 0)))
        lines = []
        if taken:
            cause = {"cause": EntryCause.COMMAND, "source": order.request, "unit": unit}
            entry = self.twin.entry(EntryKind.TAKEN_BACK, order.account, -taken, **cause)
            up(self.taker, self.twin, entry)
            lines = entry.lines
        answered(self.taker, self.twin, command, taken=lines)

    def online(self, is_online: bool) -> None:
        Gateway.objects.update(online=is_online)

    def ask_again(self) -> None:
        for reclaim in Reclaim.objects.filter(end=None):
            ask_again(reclaim.pk, actor=self.cashier, now_ms=NOW_MS)


def summed(rows, name: str) -> int:
    return rows.aggregate(sum=Sum(name))["sum"] or 0


def assert_it_ties(desk: Desk) -> None:
    """Takings = receipts - voids = cash + card; what is kept, used, owed and asked back is what was paid; the gateway agrees."""
    paid, void = summed(Receipt.objects, "amount_fen"), summed(ReceiptVoid.objects, "receipt__amount_fen")
    totals = day_as_it_stands(campus_day(NOW_MS)).totals
    cash, card = balance(chart.cash()), balance(chart.card_clearing())
    assert totals.total * FEN == (paid - void) * FEN == cash + card
    assert drawer_tie(Shift.objects.get(), 0).expected_fen * FEN == cash
    assert (totals.receipts, totals.voids) == (Receipt.objects.count(), ReceiptVoid.objects.count())
    for unit, source in (("yuan", cash + card - balance(chart.energy_sales("kwh-shop"))), ("kwh", None)):
        held = sum(balance(chart.customer(one, "paid", unit)) for one in ROOMS)
        taken_back = sum(balance(chart.taken_back(one, unit)) for one in ROOMS)
        owed = sum(balance(chart.owed(one, unit)) for one in ROOMS)
        asked = sum(balance(chart.reclaim(one, unit)) for one in ROOMS)
        used = sum(balance(chart.energy_revenue(one, unit)) for one in ("dormitory", "kwh-shop"))
        bought = balance(chart.energy_sold("kwh-shop")) if source is None else source
        assert held + taken_back + used - owed - asked == bought
        assert taken_back == 0, "what was taken went to who paid it"
        assert owed == summed(ends_of(unit), "owed")
        assert asked == summed(Reclaim.objects.filter(unit=unit, end=None), "amount")
    for (account, bucket, unit), amount in desk.twin.balances.items():
        on_way = Delivery.objects.filter(gateway="gw-1", applied_ms=None, grant__account__code=account)
        assert balance(chart.customer(account, bucket, unit)) - summed(on_way, "grant__amount") == amount
    assert faults() == []


def ends_of(unit: str):
    return ReclaimEnd.objects.filter(reclaim__unit=unit)


@pytest.mark.timeout(600)
def test_any_day_ties(taker, twin, cashier):
    for text in KWH_LISTS:
        import_list(text)

    @settings(
        max_examples=25 if connection.vendor == "sqlite" else 5,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(st.lists(steps, min_size=4, max_size=16))
    def ties(day: list) -> None:
        with transaction.atomic(), transaction.atomic(using="telemetry"):
            before = (twin.seq, twin.entries, dict(twin.balances))
            desk = Desk(taker, twin, cashier)
            try:
                for step in day:
                    desk.act(step)
                assert_it_ties(desk)
                desk.online(True)
                desk.ask_again()
                desk.hear(False)
                assert_it_ties(desk)
            finally:
                twin.seq, twin.entries, twin.balances = before
                transaction.set_rollback(True)
                transaction.set_rollback(True, using="telemetry")

    ties()
