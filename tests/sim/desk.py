"""The people at central: the campus is set up, rooms buy, days are opened and closed, all by central's own operations.

Who was interrupted by a dying central asks again with the same id, as a page does. What the cashier was told is noted here by
itself: it is what the books are compared with.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.sim import watch_cuts
from tests.sim.timeline import DAY_MS, HOUR_MS, MINUTE_MS, START_MS

if TYPE_CHECKING:
    from tests.sim.world import World

CLASSES = (
    "class,name,group,unit,warn_at,minimum\ndormitory,Dormitory,dormitory,yuan,5,10\n",
    "class,price,from\ndormitory,0.5583,2025-09-01\n",
)
FIRST_PRICE = 558_300
POLICY = {"new_account_grace_s": 0, "keep_acked_days": 10, "keep_ledger_days": 14, **watch_cuts.POLICY}
LOW = 5_000_000
"""Below so many micro-yuan people think of buying."""
AGAIN_MS = 7 * MINUTE_MS
MICRO_YUAN_PER_FEN = 10_000


@dataclass
class Sale:
    """A payment as the cashier knows it."""

    payment: str
    account: str
    amount_fen: int
    at_ms: int
    receipt: int | None = None
    """The number on the paper that was handed out."""
    lost: bool = False
    """Central was restored to before it."""
    corrected: bool = False


@dataclass
class Desk:
    """What people do at central, and what they hold in their hands."""

    world: "World"
    sales: dict[str, Sale] = field(default_factory=dict)
    count: int = 0
    refusals: dict[str, int] = field(default_factory=dict)
    prices: list[tuple[int, int]] = field(default_factory=lambda: [(0, FIRST_PRICE)])
    """When each price holds from, and micro-yuan per kWh: what energy truly costs."""

    # --- the campus

    def set_up(self) -> None:
        """Import buildings and rooms, make people, tell gateways apart."""
        from central.campus.rules import RuleKind, set_rules
        from central.domain.known_settings import Place
        from central.link.operations import enrol_gateway
        from central.office.models import User
        from central.office.setting_changes import Change, set_at_console
        from tests.browser.seed import import_lists

        now_ms, world = self.world.now_ms, self.world
        season = Change("sale.seasonal-minimum", Place.CAMPUS, "", [], 0)
        set_at_console(season, why="simulation", now_ms=START_MS - 200 * DAY_MS)
        import_lists(CLASSES, START_MS - 90 * DAY_MS)
        import_lists((self._rooms_list(),), START_MS - 60 * DAY_MS)
        User.objects.create_user("anna", first_name="Anna")
        for name, role in (("fin", "FINANCE"), ("dir", "DIRECTOR"), ("vp", "VP_NETWORK")):
            User.objects.create_user(name, role=User.Role[role])
        for number, site in enumerate(world.sites, start=1):
            set_rules(RuleKind.BUILDING_POLICY, str(number), POLICY, actor="simulation", now_ms=now_ms)
            key = site.signer.private_key.public_key().public_bytes_raw().hex()
            enrol_gateway(site.name, str(number), key, actor="simulation", now_ms=now_ms)

    def _rooms_list(self) -> str:
        lines = ["building,building_name,floor,room,class,meter,protected"]
        lines += [
            f"{room.building},B{room.building},1,{100 + room.number},dormitory,{room.name},{'yes' if room.protected else 'no'}"
            for room in self.world.rooms
        ]
        return "\n".join(lines) + "\n"

    def person(self, name: str = "anna") -> Any:
        from central.office.models import User

        return User.objects.get(username=name)

    # --- asking, until it is answered

    def ask(self, what: str, act: Callable[[], Any], then: Callable[[Any], None] = lambda done: None) -> None:
        """Do something at central; while it is down, or when it dies in it, again a little later: by the same id."""
        done = self.world.central.do(act)
        self.world.central.plan_pump()
        if done is None:
            self.world.timeline.after(AGAIN_MS, lambda: self.ask(what, act, then))
            return
        why = getattr(done, "why", None)
        if why is not None and type(done).__name__ in ("Refused", "NotCorrected"):
            self.refusals[f"{what}: {why}"] = self.refusals.get(f"{what}: {why}", 0) + 1
        then(done)

    # --- the day

    def open_day(self) -> None:
        from central.desk.shifts import Counted, open_shift

        def act() -> Any:
            return open_shift("main", Counted(0), self.person(), reason="float", now_ms=self.world.now_ms)

        self.ask("open", act)

    def end_day(self) -> None:
        """Count the drawer and end the shift; close the day."""
        self.ask("end", self._end_shift)

    def _end_shift(self) -> Any:
        from central.clock import campus_day
        from central.desk.day_close import close_day, open_days
        from central.desk.shifts import Counted, drawer_tie, end_shift, open_shift_of

        now_ms, anna = self.world.now_ms, self.person()
        shift = open_shift_of(anna)
        if shift is not None:
            counted = drawer_tie(shift, 0).expected_fen
            end_shift(shift.pk, Counted(counted), 0, anna, now_ms=now_ms)
        done: Any = "nothing open"
        for day in open_days(before=campus_day(now_ms)):
            done = close_day(day, anna, now_ms=now_ms)
        return done

    def plan_purchases(self, day_ms: int) -> None:
        """Let some of those who have little left buy today, at a time of their own."""
        for room in self.world.rooms:
            dice = random.Random(f"{self.world.shape.seed}:buys:{room.account}:{day_ms}")
            at_ms = day_ms + 8 * HOUR_MS + dice.randrange(14 * HOUR_MS)
            if dice.random() < 0.75 and not (self.world.is_last_day and at_ms > day_ms + 18 * HOUR_MS):
                fen = dice.randrange(10, 80) * 100
                self.world.timeline.at(at_ms, lambda room=room, fen=fen: self.buy_if_low(room.account, fen))

    def buy_if_low(self, account: str, fen: int) -> None:
        if self.world.balance(account) < LOW and account not in self.world.leaving:
            self.buy(account, fen)

    def buy(self, account: str, fen: int) -> None:
        """Pay at the desk; the grant travels by itself."""
        from central.desk.operations import pay

        self.count += 1
        sale = Sale(f"s{self.count}", account, fen, self.world.now_ms)
        self.world.timeline.say(f"desk: {fen / 100:.2f} yuan for {account} ({sale.payment})")

        def act() -> Any:
            return pay(sale.payment, account, fen, self.person(), now_ms=self.world.now_ms)

        self.ask("pay", act, lambda done: self._sold(sale, done))

    def note_correction(self, correction: Any) -> None:
        """The right receipt was handed out in the wrong one's place."""
        receipt = correction.void.replaced_by
        if receipt is not None:
            payment = receipt.payment
            sale = Sale(
                payment.pk, payment.account.code, receipt.amount_fen, self.world.now_ms, receipt.number
            )
            self.sales[sale.payment] = sale

    def _sold(self, sale: Sale, done: Any) -> None:
        receipt = getattr(done, "receipt", None)
        if receipt is not None:
            sale.receipt = receipt.number
            self.sales[sale.payment] = sale

    def price_at(self, at_ms: int) -> int:
        """What a kWh truly costs at an instant."""
        return [price for from_ms, price in self.prices if from_ms <= at_ms][-1]

    def prices_between(self, from_ms: int, to_ms: int) -> set[int]:
        held = {price for since_ms, price in self.prices if from_ms < since_ms <= to_ms}
        return held | {self.price_at(from_ms)}
