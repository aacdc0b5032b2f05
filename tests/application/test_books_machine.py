"""A building on which anything happens in any order: the books always equal the registers' true movement, to the nano-yuan.

The model knows only what a meter truly counted and which grants were made. Glitches are values that no meter could have reached;
a prudent gateway can tell those apart, and must. What a meter counts while it is known to be faulty is never billed. The third room
pays from the first now and then: what it uses is then owed there.
"""

import tempfile
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.application.apply_command import Repeated, Taken
from gateway.application.grant import apply_voucher
from gateway.application.sealed_register import Sealed
from gateway.application.settle_due import settle_due
from gateway.application.software_control import ControlRefused, end_good_again
from gateway.contract.commands import BeginSoftwareControl, Grant, TakeBack
from gateway.contract.facts import CommandOutcome, Decision, DecisionKind, ReadingOutcome
from gateway.contract.rules import PolicyRule, PriceRule, PriceStep, PriceWindow, WeekWindow
from gateway.domain.calendar import month_of
from gateway.domain.reading import LONGEST_OUTAGE_MS
from gateway.domain.tariff import Span, cost_nano_yuan, position, with_prices
from tests.application.site import HOUR_MS, PRICE, Site, room

SPAN_WH = 1_000_000_000
MAX_POWER_W = 10_000
ROOMS = {
    "a1": room("a1", max_power_w=MAX_POWER_W),
    "a2": room("a2", max_power_w=MAX_POWER_W, protected=True),
    "a3": room("a3", max_power_w=MAX_POWER_W),
}
GLITCHES = ["zero", "backwards", "jump", "other-meter"]


class Books(RuleBasedStateMachine):
    """Three rooms, one of them protected, one that may pay from another."""

    def __init__(self) -> None:
        super().__init__()
        memory = Path("/dev/shm")
        self.folder = tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)
        self.site = Site(Path(self.folder.name) / "journal.db")
        self.true_wh: dict[str, int] = {}
        self.read_wh: dict[str, int] = {}
        """What of the true movement the gateway has seen in a good reading."""
        self.first_wh: dict[str, int] = {}
        self.last_read_ms: dict[str, int] = {}
        self.restarted: set[str] = set()
        """Rooms not read since a boot, before which a clock may have stood still: a month's use is no lie then."""
        self.granted: dict[str, int] = dict.fromkeys(ROOMS, 0)
        self.applied: set[str] = set()
        self.rooms = dict(ROOMS)
        self.paid_by: dict[tuple[str, str], int] = {}
        """What of each room's energy is whose debt: by payer and room, up to the room's last change between the two."""
        self.parted_wh: dict[str, int] = {}
        self.controls = 0
        self.faulty_from: dict[str, int] = {}
        """Rooms under software control, by the register they were billed to: what is counted from there on is no measure."""
        self.unmetered_wh: dict[str, int] = dict.fromkeys(ROOMS, 0)
        self.grants: dict[str, Grant] = {}
        self.sent: list[tuple[object, int]] = []
        self.prices = (PRICE,)

    def teardown(self) -> None:
        self.site.journal.close()
        self.folder.cleanup()

    @initialize(near_top=st.booleans(), register=st.integers(0, 2_000_000))
    def begin(self, near_top: bool, register: int) -> None:
        self._configure()
        for account in ROOMS:
            self.true_wh[account] = SPAN_WH - 3_000 if near_top else register
            self.first_wh[account] = self.true_wh[account]
            self._good_reading(account)

    def _configure(self) -> None:
        policy = PolicyRule(new_account_grace_s=0, cut_guard_count=1000)
        self.site.configure(*self.rooms.values(), prices=list(self.prices), policy=policy)

    @rule(joins=st.booleans())
    def a_room_joins_or_leaves_a_credit(self, joins: bool) -> None:
        """What it used up to its last good reading stays with whom it had."""
        before = self.rooms["a3"].pays_from or "a3"
        used_wh = self._metered_wh("a3") - self.parted_wh.get("a3", self.first_wh["a3"])
        self.paid_by[before, "a3"] = self.paid_by.get((before, "a3"), 0) + used_wh
        self.parted_wh["a3"] = self._metered_wh("a3")
        self.rooms["a3"] = msgspec.structs.replace(ROOMS["a3"], pays_from="a1" if joins else "")
        self._configure()

    def _good_reading(self, account: str) -> None:
        self.site.read(self.true_wh[account] % SPAN_WH, meter=f"m{account[1:]}", identity=account)
        self.read_wh[account] = self.true_wh[account]
        self.last_read_ms[account] = self.site.wall_ms
        self.restarted.discard(account)

    def _metered_wh(self, account: str) -> int:
        """Where the register would stand if it had only counted what may be billed."""
        good_wh = self.faulty_from.get(account, self.read_wh[account])
        return good_wh - self.unmetered_wh[account]

    @rule(account=st.sampled_from(sorted(ROOMS)))
    def a_meter_is_found_faulty(self, account: str) -> None:
        self.controls += 1
        order = BeginSoftwareControl(f"c{self.controls}", account, "li", "rubbish")
        outcome = self.site.command(order).result.outcome
        assert (outcome is CommandOutcome.APPLIED) is (account not in self.faulty_from)
        self.faulty_from.setdefault(account, self.read_wh[account])

    @precondition(lambda self: self.faulty_from)
    @rule(data=st.data(), flowed_wh=st.integers(0, 5_000))
    def a_faulty_meter_is_good_again(self, data: st.DataObject, flowed_wh: int) -> None:
        account = data.draw(st.sampled_from(sorted(self.faulty_from)))
        self.true_wh[account] += flowed_wh
        shown = self.true_wh[account] % SPAN_WH
        first = Sealed(shown, self.site.now, b"first", account)
        done = self.site.do(end_good_again, account, first, "li", "dried")
        good_wh = self.faulty_from[account]
        if isinstance(done, ControlRefused):
            assert shown < good_wh % SPAN_WH
            self.true_wh[account] -= flowed_wh
            return
        assert done.fact.counted_wh == self.true_wh[account] - good_wh
        self.unmetered_wh[account] += self.true_wh[account] - self.faulty_from.pop(account)
        self.read_wh[account] = self.true_wh[account]
        self.last_read_ms[account] = self.site.wall_ms
        self.restarted.discard(account)

    @rule(seconds=st.integers(1, 2 * 3600))
    def time_passes(self, seconds: int) -> None:
        self.site.wait(seconds * 1000)

    @rule(account=st.sampled_from(sorted(ROOMS)), share=st.floats(0, 1))
    def energy_flows_and_is_read(self, account: str, share: float) -> None:
        """Never more than the room can draw in the time since its last good reading."""
        passed_ms = self.site.wall_ms - self.last_read_ms[account]
        self.true_wh[account] += int(share * MAX_POWER_W * passed_ms / HOUR_MS)
        if self.true_wh[account] == SPAN_WH:
            self.true_wh[account] += 1  # a bare zero is not believed
        self._good_reading(account)

    @rule(account=st.sampled_from(sorted(ROOMS)), kind=st.sampled_from(GLITCHES), times=st.integers(1, 5))
    def the_line_lies(self, account: str, kind: str, times: int) -> None:
        good = self.read_wh[account] % SPAN_WH
        passed_ms = self.site.wall_ms - self.last_read_ms[account]
        possible_ms = max(passed_ms, LONGEST_OUTAGE_MS) if account in self.restarted else passed_ms
        values = {
            "zero": 0,
            "backwards": good - 1,
            "jump": good + MAX_POWER_W * possible_ms // HOUR_MS + 1_000_000,
            "other-meter": good,
        }
        wrong = values[kind]
        if wrong < 0 or (wrong == good and kind == "zero"):
            return
        identity = "stranger" if kind == "other-meter" else None
        for _ in range(times):
            posted = self.site.read(wrong % SPAN_WH, meter=f"m{account[1:]}", identity=identity)
            if posted.outcome is ReadingOutcome.ROLLOVER:
                raise AssertionError("a lie was taken for a rollover")
            assert posted.delta_wh == 0
            assert not posted.confirm

    @rule(
        account=st.sampled_from(sorted(ROOMS)),
        name=st.integers(1, 12),
        how=st.sampled_from(["command", "voucher"]),
    )
    def a_grant_comes(self, account: str, name: int, how: str) -> None:
        """By either carrier, as often as it likes: the first one of a name decides its content."""
        key = f"g{name}"
        amount = name * 400_000
        grant = self.grants.setdefault(key, Grant(key, account, "paid", "yuan", amount))
        if how == "voucher":
            outcome = self.site.do(apply_voucher, grant).outcome
        else:
            taken = self.site.command(grant)
            self.sent.append((grant, self.site.number))
            outcome = taken.result.outcome
        if key in self.applied:
            assert outcome is CommandOutcome.EXISTS
        elif self.rooms[grant.account].pays_from:
            assert outcome is CommandOutcome.REFUSED
        else:
            assert outcome is CommandOutcome.APPLIED
            self.applied.add(key)
            self.granted[grant.account] += amount

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def an_old_command_comes_again(self, data: st.DataObject) -> None:
        body, number = data.draw(st.sampled_from(self.sent))
        assert isinstance(self.site.deliver(self.site.sealed(body, number)), Repeated)  # type: ignore[arg-type]

    @rule(account=st.sampled_from(sorted(ROOMS)), amount=st.integers(1, 5_000_000))
    def credit_is_asked_back(self, account: str, amount: int) -> None:
        taken = self.site.command(TakeBack(f"t{self.site.number}", account, "paid", amount))
        assert isinstance(taken, Taken)
        given = -sum(line.amount for line in taken.result.taken)
        assert 0 <= given <= amount
        self.granted[account] -= given

    @rule()
    def the_hour_is_settled(self) -> None:
        self.site.do(settle_due)

    @rule(
        delay_h=st.integers(-30, 3),
        price=st.integers(0, 2_000_000),
        peak=st.integers(0, 2_000_000),
        hours=st.lists(st.integers(0, 23), max_size=3),
        steps=st.lists(st.integers(1, 60_000), max_size=2, unique=True),
    )
    def a_price_is_published(
        self, delay_h: int, price: int, peak: int, hours: list[int], steps: list[int]
    ) -> None:
        """In time, or late, flat or by the time and the month's use: it must come out as if it had been known."""
        version = f"p{len(self.prices) + 1}"
        learnt = PriceRule(
            version,
            "student",
            self.site.wall_ms + delay_h * HOUR_MS,
            price,
            windows=[PriceWindow(WeekWindow([1, 3, 4, 6], h * 60, h * 60 + 45), peak) for h in hours],
            steps=[PriceStep(above, n * 100_000) for n, above in enumerate(sorted(steps), start=1)],
        )
        self.prices = with_prices(self.prices, [learnt])
        self._configure()

    @rule()
    def the_daemon_dies_and_starts(self) -> None:
        self.restarted.update(self.first_wh)
        assert self.site.reopen().quarantined == ()

    @invariant()
    def energy_billed_is_the_true_movement(self) -> None:
        """What is billed and what is still open is what the meter truly counted between good readings."""
        for account, first_wh in self.first_wh.items():
            state, meter = self.site.state(account), self.site.meter(f"m{account[1:]}")
            open_wh = 0 if account in self.faulty_from else meter.total_wh - state.settled_wh
            assert open_wh >= 0
            billed_wh = sum(self._billed_wh(payer, account) for payer in ROOMS)
            assert billed_wh + open_wh == self._metered_wh(account) - first_wh

    def _billed_wh(self, payer: str, account: str) -> int:
        entries = self.site.entries("consumption")
        return sum(e.energy_wh for e in entries if (e.account, e.used_by or e.account) == (payer, account))

    @invariant()
    def each_pays_for_the_time_in_which_it_paid(self) -> None:
        """Nothing is lost or moved to another's debt by joining and leaving."""
        if not self.first_wh:
            return
        payer = self.rooms["a3"].pays_from or "a3"
        for other in {"a1", "a3"} - {payer}:
            assert self._billed_wh(other, "a3") == self.paid_by.get((other, "a3"), 0)

    @invariant()
    def money_is_energy_times_the_price_of_its_time(self) -> None:
        """To the nano-yuan, by today's list of prices, however late a price was learnt."""
        for account in self.first_wh:
            state = self.site.state(account)
            spent_nano = sum(
                cost_nano_yuan(
                    entry.energy_wh,
                    Span(entry.from_ms, entry.at.wall_ms),
                    self.prices,
                    position(self.prices, entry.from_ms, entry.month_wh or 0),
                )
                for entry in self.site.entries("consumption")
                if entry.account == account and entry.from_ms is not None
            )
            held_nano = self.site.balance(account) * 1000 - state.carried_nano_yuan
            assert held_nano == self.granted[account] * 1000 - spent_nano

    @invariant()
    def each_entry_begins_where_its_month_stood(self) -> None:
        """While all time is known, entries of one month follow each other without gap or overlap."""
        for account in self.first_wh:
            used: dict[int, int] = {}
            for entry in self.site.entries("consumption"):
                if (entry.used_by or entry.account) == account and entry.from_ms is not None:
                    month = month_of(entry.from_ms, 480)
                    if month_of(max(entry.from_ms, entry.at.wall_ms - 1), 480) == month:
                        assert entry.month_wh == used.get(month, entry.month_wh)
                        used[month] = (entry.month_wh or 0) + entry.energy_wh
                    else:
                        used.clear()

    @invariant()
    def ledger_lines_add_up_to_balances(self) -> None:
        sums: dict[str, int] = dict.fromkeys(ROOMS, 0)
        for entry in self.site.entries():
            for line in entry.lines:
                sums[entry.account] += line.amount
                assert line.balance_after == sums[entry.account]
        assert sums == {account: self.site.balance(account) for account in ROOMS}
        assert self.site.ask(lambda journal: journal.ledger_differences()) == []

    @invariant()
    def the_protected_room_is_never_cut(self) -> None:
        assert not any(
            d.account == "a2" and d.decision is DecisionKind.OPEN for d in self.site.facts(Decision)
        )

    @invariant()
    def no_room_with_a_faulty_meter_is_cut_for_its_credit(self) -> None:
        for account in self.faulty_from:
            assert self.site.relay(f"m{account[1:]}").desired_closed is True


TestBooks = Books.TestCase
TestBooks.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
