"""A room as screens show it, read for many rooms at once: who, how much is left, whether it is supplied and why.

Plain data out; a fixed number of queries, however many rooms. What a gateway has not yet reported is None here, never a guess.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from central.among import among
from central.campus.models import Binding, MeteringPoint, Occupancy
from central.clock import campus_day
from central.desk.amounts_left import Amount, Left, Metered, Tie, amounts_left
from central.desk.shared_balance import Credit, SharedRoom, credits_of
from central.desk.supply import Circumstances, Supply, supply_of, worst
from central.link.models import Alarm, RelayState
from central.link.telemetry.models import LastReading

METER_SILENT, ACCOUNT_QUARANTINED = "meter-silent", "account-quarantined"
DOUBTFUL = ("meter-in-doubt", "binding-baseline", "software-control")
"""Alarms that question from where to where a meter has counted."""


@dataclass(frozen=True, slots=True)
class RoomLine:
    """One room with its live account."""

    room_id: int
    label: str
    """With the building: `1-301`."""
    building: str
    floor: int
    account: str
    """The live account's code; empty when nobody occupies the room."""
    class_name: str
    unit: str
    occupants: tuple[str, ...]
    left: Left
    is_low: bool
    supply: Supply
    meters: tuple[str, ...]
    """Several where one balance feeds them all."""
    power_w: int | None
    register_wh: int | None
    """None with several meters: registers are not added."""
    last_seen_ms: int | None
    """Of the meter heard longest ago."""
    pays_from: str = ""
    """The account whose balance is shown, where it is another room's."""
    shares_with: tuple[SharedRoom, ...] = ()
    """All rooms of one balance, the one that pays first; empty where the balance is this room's alone."""
    kept: tuple[Amount, ...] = ()
    """What a room that pays from another one still holds itself, unused meanwhile."""

    @property
    def meter(self) -> str:
        """The first meter, or empty."""
        return self.meters[0] if self.meters else ""

    @property
    def paid_account(self) -> str:
        """The account that a payment for this room is booked to."""
        return self.pays_from or self.account

    @property
    def balance(self) -> int:
        """What is left in the class's own unit, for sorting."""
        return self.left.now[0].amount if self.left.now else 0


def room_lines(points: Iterable[MeteringPoint], now_ms: int) -> list[RoomLine]:
    """Read the lines of these metering points (as `points_with_class` selects them), in their order."""
    points = list(points)
    accounts = {point.live_id: point.live_account for point in points if point.live_account}
    credits = credits_of(points)
    payers = {credit.payer: credit for credit in credits.values()}
    ties = _ties_now(accounts | {room.account_id: room.account for c in payers.values() for room in c.rooms})
    every_meter = [tie.meter for several in ties.values() for tie in several]
    relays = {row.pk: row for row in RelayState.objects.filter(among("meter", every_meter))}
    readings = {row.pk: row for row in LastReading.objects.filter(among("meter", every_meter))}
    occupants = _occupants(accounts, now_ms)
    alarms = _open_alarms()
    shown = [*(_metered(c, ties, alarms) for c in payers.values()), *_unused(points, credits)]
    left = amounts_left(shown, readings, now_ms)
    lines = []
    for point in points:
        code = point.live_account or ""
        here = tuple(tie.meter for tie in ties.get(code, ()))
        heard = [readings[meter] for meter in here if meter in readings]
        powers = [reading.power_w for reading in heard if reading.power_w is not None]
        credit = credits.get(code)
        amounts = left.get(credit.payer, Left()) if credit else Left()
        warned = credit.customer_class.warn_at if credit else []
        pays_from = credit.payer if credit and credit.payer != code else ""
        lines.append(
            RoomLine(
                room_id=point.room_id,
                label=point.room.full_label,
                building=point.room.building.name,
                floor=point.room.floor,
                account=code,
                class_name=point.customer_class.name,
                unit=point.customer_class.unit,
                occupants=occupants.get(code, ()),
                left=amounts,
                is_low=bool(amounts.now) and amounts.now[0].amount <= max(warned, default=0),
                supply=_supply(point, here, relays, readings, alarms.silent, code in alarms.quarantined),
                meters=here,
                power_w=sum(powers) if powers else None,
                register_wh=heard[0].register_wh if len(heard) == 1 else None,
                last_seen_ms=min((reading.wall_ms for reading in heard), default=None),
                pays_from=pays_from,
                kept=tuple(one for one in left[code].ledger if one.amount) if pays_from else (),
                shares_with=credit.rooms if credit and len(credit.rooms) > 1 else (),
            )
        )
    return lines


def _unused(points: Iterable[MeteringPoint], credits: dict[str, Credit]) -> list[Metered]:
    """Gather what rooms that pay from another one still hold themselves: no meter uses it up."""
    return [
        Metered(code, point.customer_class, (), False)
        for point in points
        if (code := point.live_account) and credits[code].payer != code
    ]


def _metered(credit: Credit, ties: dict[str, tuple[Tie, ...]], alarms: "OpenAlarms") -> Metered:
    """Gather one credit with all meters that use it up; what questions one of them questions the figure."""
    own = tuple(tie for account in credit.accounts for tie in ties[account])
    in_doubt = any(alarms.question(account, ties[account]) for account in credit.accounts)
    return Metered(credit.payer, credit.customer_class, own, in_doubt)


def _supply(
    point: MeteringPoint,
    meters: tuple[str, ...],
    relays: dict[str, RelayState],
    readings: dict[str, LastReading],
    silent: dict[str, int],
    quarantined: bool,
) -> Supply:
    """Judge a room; of several meters behind one balance the worst speaks."""
    judged = []
    for meter in meters or ("",):
        reading = readings.get(meter)
        raised_ms = silent.get(meter)
        silent_since_ms = (reading.wall_ms if reading else raised_ms) if raised_ms else None
        here = Circumstances(bool(meter), point.cut_off, point.protected, silent_since_ms, quarantined)
        judged.append(supply_of(relays.get(meter), here))
    return worst(judged)


def _ties_now(accounts: dict[int, str]) -> dict[str, tuple[Tie, ...]]:
    """Give the meter of each account, by id and code. A meter's newest tie counts, and an account's, as at its gateway (C-3).

    One that has moved on is no longer here, nor is one that another took the place of: it hangs on no wall.
    """
    ever_here = Binding.objects.filter(among("account", accounts)).values("meter_id")
    rows = Binding.objects.filter(meter__in=ever_here).order_by("from_ms")
    newest = {
        row[0]: Tie(*row)
        for row in rows.values_list(
            "meter__meter_no",
            "account__code",
            "from_ms",
            "baseline_wh",
            "account__point__customer_class__tariff_id",
        )
    }
    ties: dict[str, tuple[Tie, ...]] = dict.fromkeys(accounts.values(), ())
    for tie in sorted(newest.values(), key=lambda tie: tie.from_ms):
        ties[tie.account] = (tie,)
    return ties


def _occupants(accounts: dict[int, str], now_ms: int) -> dict[str, tuple[str, ...]]:
    today = campus_day(now_ms)
    named: dict[str, tuple[str, ...]] = {}
    rows = Occupancy.objects.filter(among("account", accounts), from_day__lte=today).exclude(
        until_day__lt=today
    )
    # Sorted here: asked for in this order, SQLite looks at each person of a small campus for each account.
    found = sorted(rows.order_by().values_list("customer__number", "account", "customer__name"))
    for _number, account, name in found:
        named[accounts[account]] = (*named.get(accounts[account], ()), name)
    return named


@dataclass(frozen=True)
class OpenAlarms:
    """The open alarms that change how a room is shown, by subject, with when each was raised."""

    silent: dict[str, int]
    quarantined: dict[str, int]
    doubtful: dict[str, int]

    def question(self, account: str, ties: Iterable[Tie]) -> bool:
        """Say whether one of them questions what an account's meters read."""
        names = [account, *(tie.meter for tie in ties)]
        return any(
            name in table for table in (self.silent, self.quarantined, self.doubtful) for name in names
        )


def _open_alarms() -> OpenAlarms:
    by_kind: dict[str, dict[str, int]] = {kind: {} for kind in (METER_SILENT, ACCOUNT_QUARANTINED, *DOUBTFUL)}
    rows = Alarm.objects.filter(what__in=by_kind, cleared_ms=None)
    for what, subject, raised_ms in rows.values_list("what", "subject", "raised_ms"):
        by_kind[what][subject] = raised_ms
    doubtful = {subject: ms for kind in DOUBTFUL for subject, ms in by_kind[kind].items()}
    return OpenAlarms(by_kind[METER_SILENT], by_kind[ACCOUNT_QUARANTINED], doubtful)
