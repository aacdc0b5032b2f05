"""Time-tables, power rules, leeways, faulty meters and credit in any order: no relay is open without a reason."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway.application.settle_due import settle_due
from gateway.contract.commands import (
    BeginSoftwareControl,
    DrawEmergency,
    EndSoftwareControl,
    RelayWish,
    SetRelay,
)
from gateway.contract.facts import CommandOutcome, Decision, DecisionKind
from gateway.contract.rules import (
    CalendarRule,
    EmergencyRule,
    HighPowerRule,
    PolicyRule,
    PowerCapRule,
    WeekWindow,
)
from gateway.domain.timetable import holds
from tests.application.site import YUAN, Site, room

NIGHT = CalendarRule("night", [WeekWindow([1, 2, 3, 4, 5, 6, 7], 23 * 60, 6 * 60)])
RULES = {
    "lights_out": "night",
    "no_cut_extra": 2 * YUAN,
    "emergency": EmergencyRule(3 * YUAN, hours=5, every_days=1),
    "power_cap": PowerCapRule(2_000, 500, "night", confirmations=2, restore_after_s=900, restores_per_day=2),
    "high_power": HighPowerRule(800, restore_after_s=900, restores_per_day=2),
}
ROOMS = {
    "a1": room("a1", **RULES),
    "a2": room("a2", protected=True, **RULES),
    "a3": room("a3", overdraft=YUAN),
}
accounts = st.sampled_from(sorted(ROOMS))


class Rules(RuleBasedStateMachine):
    """A building of three rooms: one with every rule, one protected with every rule, one with none."""

    def __init__(self) -> None:
        super().__init__()
        self.site = Site()
        self.registers = dict.fromkeys(ROOMS, 50_000)
        self.overridden: set[str] = set()
        self.grants = 0
        self.dark_when_doubted: set[str] | None = None
        self.faulty: dict[str, tuple[str, int]] = {}
        """Rooms under software control: its id, and what was billed of the room when it began."""

    @initialize()
    def begin(self) -> None:
        policy = PolicyRule(new_account_grace_s=0, calendars=[NIGHT], cut_guard_count=10_000)
        self.site.configure(*ROOMS.values(), policy=policy)
        for account in ROOMS:
            self.site.grant(f"g-{account}", 2 * YUAN, account=account)
            self.site.read(50_000, meter=f"m{account[1:]}")

    @rule(minutes=st.integers(1, 400))
    def time_passes(self, minutes: int) -> None:
        self.site.wait(minutes * 60_000)

    @rule()
    def time_is_kept(self) -> None:
        self.site.do(settle_due)

    @rule(
        account=accounts,
        times=st.integers(1, 3),
        used_wh=st.sampled_from([0, 20, 900]),
        power_w=st.sampled_from([0, 100, 600, 1_500, 2_500]),
        factor=st.sampled_from([600, 990]),
    )
    def a_meter_is_read(self, account: str, times: int, used_wh: int, power_w: int, factor: int) -> None:
        for _ in range(times):
            self.site.wait(60_000)
            self.registers[account] += used_wh
            self.site.read(
                self.registers[account], f"m{account[1:]}", power_w=power_w, power_factor_milli=factor
            )

    @rule(account=accounts)
    def credit_comes(self, account: str) -> None:
        self.grants += 1
        self.site.grant(f"p{self.grants}", YUAN, account=account)

    @rule(account=accounts)
    def an_emergency_is_drawn(self, account: str) -> None:
        self.grants += 1
        self.site.command(DrawEmergency(f"d{self.grants}", account))

    @rule(account=accounts, wish=st.sampled_from([RelayWish.CLOSE, RelayWish.AUTO]))
    def a_person_wishes(self, account: str, wish: RelayWish) -> None:
        self.site.command(SetRelay(f"m{account[1:]}", wish, "warden", "so"))
        (self.overridden.discard if wish is RelayWish.AUTO else self.overridden.add)(account)

    @rule(account=accounts)
    def a_meter_is_found_faulty(self, account: str) -> None:
        self.grants += 1
        order = BeginSoftwareControl(f"c{self.grants}", account, "li", "rubbish")
        done = self.site.command(order).result.outcome is CommandOutcome.APPLIED
        assert done is (account not in self.faulty)
        if done:
            self.faulty[account] = f"c{self.grants}", self.site.billed_wh(account)

    @rule(account=accounts)
    def a_faulty_meter_is_good_again(self, account: str) -> None:
        self.site.read(self.registers[account], f"m{account[1:]}")
        control, _ = self.faulty.pop(account, ("none", 0))
        outcome = self.site.command(EndSoftwareControl(control, "li", "dried")).result.outcome
        assert (outcome is CommandOutcome.APPLIED) is (control != "none")

    @rule(trusted=st.booleans())
    def the_clock_is_doubted_or_trusted(self, trusted: bool) -> None:
        self.site.trusted = trusted
        self.dark_when_doubted = None if trusted else self._dark()

    def _dark(self) -> set[str]:
        return {account for account in ROOMS if self.site.state(account).dark is not None}

    @invariant()
    def relay_and_account_agree(self) -> None:
        for account in ROOMS:
            relay, state = self.site.relay(f"m{account[1:]}"), self.site.state(account)
            assert relay.dark is (state.dark is not None)
            assert relay.trip == state.power.trip
            assert (relay.credit_closed is False) is (state.decision is DecisionKind.OPEN)

    @invariant()
    def none_is_open_without_a_standing_reason(self) -> None:
        for account in ROOMS:
            relay = self.site.relay(f"m{account[1:]}")
            if relay.desired_closed is False:
                assert account not in self.overridden
                assert relay.desired_why in {
                    "credit-spent",
                    "lights-out",
                    "power-cap",
                    "night-cap",
                    "high-power",
                }

    @invariant()
    def a_faulty_meter_bills_nothing_and_cuts_nobody(self) -> None:
        for account, (_, billed_wh) in self.faulty.items():
            assert self.site.billed_wh(account) == billed_wh
            assert self.site.relay(f"m{account[1:]}").credit_closed is True

    @invariant()
    def the_protected_room_is_never_cut_by_any_rule(self) -> None:
        assert self.site.relay("m2").desired_closed is True
        opened = {d.account for d in self.site.facts(Decision) if d.decision is DecisionKind.OPEN}
        assert "a2" not in opened

    @invariant()
    def no_lights_go_out_by_a_doubtful_clock(self) -> None:
        if self.dark_when_doubted is not None:
            assert self._dark() <= self.dark_when_doubted

    @invariant()
    def nobody_is_cut_for_credit_while_the_desk_spares_him(self) -> None:
        """A cut above the wider limit was made while the desk was open by a trusted clock."""
        for decision in self.site.facts(Decision):
            if (
                decision.account == "a1"
                and decision.reason == "credit-spent"
                and decision.balance > -2 * YUAN
            ):
                assert decision.at.trusted
                hour = (decision.at.wall_ms // 60_000 + 480) % 1440
                assert 690 <= hour < 810 or 1020 <= hour < 1320

    @invariant()
    def credit_is_only_what_was_granted_less_what_was_used(self) -> None:
        assert self.site.ask(lambda journal: journal.ledger_differences()) == []
        assert {e.entry_kind.value for e in self.site.entries()} <= {"consumption", "grant", "adjustment"}

    @invariant()
    def a_night_that_is_kept_is_dark(self) -> None:
        if self.site.trusted and self.site.do(settle_due) is not None:
            assert (self.site.state("a1").dark is not None) is holds(NIGHT, self.site.wall_ms)


TestRules = pytest.mark.timeout(900)(Rules.TestCase)
"""Two thousand steps of a building: minutes on a busy machine."""
TestRules.settings = settings(
    max_examples=50,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
