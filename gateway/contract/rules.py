"""What a gateway must know of its building to bill, cut and balance: the parts of the signed configuration (C-3, C-4, C-9, C-10).

Dated, whole and replaced together (`commands.Configure`). Nothing here decides anything.
"""

from enum import StrEnum

import msgspec

from gateway.contract.identifiers import AccountId, MeterNo


class CutOff(StrEnum):
    """How a metering point can be cut (C-4)."""

    INTERNAL = "internal"
    CONTACTOR = "contactor"
    NONE = "none"


class Billing(StrEnum):
    """Who keeps the credit (C-4): cards keep their own, monthly accounts are never cut for credit."""

    PREPAID = "prepaid"
    CARD = "card"
    MONTHLY = "monthly"


class BucketRule(msgspec.Struct, frozen=True):
    """A bucket's unit and its place in the order of use (C-4)."""

    name: str
    unit: str
    order: int
    refundable: bool
    rollover_max: int = 0
    """How much of what is left on its last day goes on to the end of the next month, in its unit; the rest lapses."""
    rollover_until_ms: int = 0
    """Nothing goes on beyond this; 0 never."""
    utc_offset_minutes: int = 480
    """Local time less UTC, for the end of the month."""


DESK_CLOSED = "desk-closed"
"""The calendar of the hours in which nobody can pay, unless the configuration lists one of this name: outside 11:30 to 13:30 and
17:00 to 22:00 (R-4.1.1a, R-B1)."""


class PowerCapRule(msgspec.Struct, frozen=True):
    """How much power a point may draw (R-B1). A limit of 0 is none."""

    limit_w: int = 0
    night_limit_w: int = 0
    """Instead of `limit_w` while the calendar `night` holds; nothing is cut by it on an untrusted clock."""
    night: str = ""
    confirmations: int = 3
    """Readings in a row above the limit before the relay opens; 2 at least."""
    restore_after_s: int = 600
    restores_per_day: int = 3
    """In any 24 hours; after that the relay stays open until a person closes it."""


class HighPowerRule(msgspec.Struct, frozen=True):
    """A resistive load that came on at once, such as a heater (R-B1)."""

    step_w: int
    """A rise of active power between two readings that counts."""
    power_factor_milli: int = 950
    """The step's own power factor, at least."""
    confirmations: int = 2
    """Readings in a row that show the step; 2 at least."""
    restore_after_s: int = 600
    restores_per_day: int = 3


class EmergencyRule(msgspec.Struct, frozen=True):
    """How far further below zero a room may be supplied once a resident asks for it: no credit is written (C-1)."""

    limit: int
    """Beyond the overdraft, in the account's unit."""
    hours: int = 24
    every_days: int = 30


class SoftwareControlRule(msgspec.Struct, frozen=True):
    """The room's meter is missing: it stays on and nothing is billed until the true use is agreed (R-4.3.5)."""

    from_ms: int
    wh_per_day: int
    """The estimate that is shown meanwhile."""


class AccountRule(msgspec.Struct, frozen=True):
    """What the gateway must know of an account to bill and cut it."""

    account: AccountId
    room: str
    """The label people use: `1-301`."""
    tariff: str
    unit: str
    """The unit the balance is kept and shown in: `yuan` or `kwh`."""
    buckets: list[BucketRule]
    """In order of use; consumption beyond all of them is booked to the one named `paid`, below zero."""
    billing: Billing = Billing.PREPAID
    cut_off: CutOff = CutOff.INTERNAL
    protected: bool = False
    overdraft: int = 0
    """How far below zero the supply stays on, in the account's unit; never negative."""
    warn_at: list[int] = []
    """Warning levels in the account's unit, highest first."""
    max_power_w: int = 60_000
    """No plausible reading exceeds this; three-phase masters have their own."""
    no_cut: str = DESK_CLOSED
    """The calendar of the hours in which the supply stays on down to `no_cut_extra` below the overdraft."""
    no_cut_extra: int = 0
    isolated_extra: int = 0
    """How far below the overdraft the supply stays on while central isn't heard (`isolated_after_s`)."""
    emergency: EmergencyRule | None = None
    lights_out: str = ""
    """The calendar of the hours in which the relay is open, whatever the credit; none when empty."""
    power_cap: PowerCapRule | None = None
    high_power: HighPowerRule | None = None
    software: SoftwareControlRule | None = None
    pays_from: AccountId = AccountId("")
    """The account whose money pays for this point's energy, where it is another one: on this gateway, prepaid, in the same unit,
    itself paying from none (C-4)."""


class BindingRule(msgspec.Struct, frozen=True):
    """A dated tie of a meter to an account (C-3). Takes effect at the meter's first good reading at or after `from_ms`."""

    binding: str
    meter: MeterNo
    account: AccountId
    from_ms: int
    baseline_wh: int | None = None
    """The register at the tie when a person recorded it; None: the first good reading is the baseline."""


class WeekWindow(msgspec.Struct, frozen=True):
    """A part of each week in campus local time. A window that ends at or before its beginning ends on the next day."""

    days: list[int]
    """The days it begins on: 1 Monday to 7 Sunday."""
    from_minute: int
    """Minutes after local midnight, 0 to 1439."""
    to_minute: int
    """Its end, excluded: 1 to 1440."""


class PriceWindow(msgspec.Struct, frozen=True):
    """A part of the week with a price of its own: peak, flat, valley."""

    window: WeekWindow
    micro_yuan_per_kwh: int


class PriceStep(msgspec.Struct, frozen=True):
    """What each kWh costs more once an account used so much in a calendar month; steps don't add up."""

    above_wh: int
    add_micro_yuan_per_kwh: int


class PriceRule(msgspec.Struct, frozen=True):
    """A tariff's price from an instant on (C-9)."""

    version: str
    tariff: str
    from_ms: int
    micro_yuan_per_kwh: int
    """Outside all windows."""
    windows: list[PriceWindow] = []
    """The first that holds counts."""
    steps: list[PriceStep] = []
    """Rising; metered energy counts, whatever bucket paid for it."""
    utc_offset_minutes: int = 480
    """Local time less UTC, for windows and months."""


class CalendarException(msgspec.Struct, frozen=True):
    """From one instant to another the week is as these windows say, not as usual: a holiday, an exam week."""

    from_ms: int
    to_ms: int
    """Excluded."""
    windows: list[WeekWindow] = []


class CalendarRule(msgspec.Struct, frozen=True):
    """Times of the week under a name, with dated exceptions; of two exceptions for one time the later in the list holds."""

    calendar: str
    windows: list[WeekWindow]
    exceptions: list[CalendarException] = []
    utc_offset_minutes: int = 480
    """Local time less UTC."""


class GroupKind(StrEnum):
    """What a group of meters stands for."""

    BUILDING = "building"
    FLOOR = "floor"
    RISER = "riser"


class GroupRule(msgspec.Struct, frozen=True):
    """A master and what is counted behind it, from an instant on (R-B2, R-4.2.3). A change is a later rule of the same group.

    Shares are parts in a million: whole numbers, since messages carry no fractions.
    """

    group: str
    kind: GroupKind
    master: MeterNo
    subs: list[MeterNo]
    sub_groups: list[str] = []
    """Groups whose masters are counted behind this one."""
    from_ms: int = 0
    own_use_w: int = 0
    """Unmetered load behind the master that is known: corridor lights, the cabinet itself."""
    fixed_loss_ppm: int = 0
    """The group's usual technical loss, a share of the master's energy."""
    tolerance_ppm: int = 50_000
    """How much more may be missing before the fixed rule raises an alarm."""
    master_class_ppm: int = 10_000
    """The greatest error of the master within its class: 10,000 is class 1."""
    sub_class_ppm: int = 10_000


class ClockRule(msgspec.Struct, frozen=True):
    """From an instant on: whether, when, and for how large a difference meters are told the time by broadcast (DL/T 645, 08H)."""

    from_ms: int = 0
    on: bool = True
    drift_s: int = 30
    """A line is told when one of its meters is off by as much; up to 300 s, beyond which no meter obeys the broadcast."""
    hour: int = 4
    """The local hour of the day, 0 to 23; its first and last five minutes are left out."""


class PolicyRule(msgspec.Struct, frozen=True):
    """The building's own limits."""

    cut_guard_count: int = 20
    cut_guard_window_s: int = 600
    """More cuts than this in this time wait for a second signature or a person (C-10)."""
    restore_gap_ms: int = 250
    """Between two closings in one building: inrush (C-10)."""
    settle_every_s: int = 3600
    """The hour of C-12."""
    silent_alarm_after_s: int = 900
    new_account_grace_s: int = 120
    """An account that never had credit is not cut so soon after its meter was tied to it: its credit may still be on its way."""
    keep_acked_days: int = 35
    """How long acknowledged rows stay for `resend` (C-11), and the bodies of commands."""
    keep_ledger_days: int = 100
    """How long ledger entries stay that central has, before they are folded into one sum per bucket; `keep_acked_days` at least."""
    calendars: list[CalendarRule] = []
    """What the accounts' rules name; `desk-closed` is known without being listed."""
    isolated_after_s: int = 0
    """Without a new acknowledgement from central for so long, the accounts' `isolated_extra` holds; 0 never."""
    isolated_until_ms: int = 0
    """The day that allowance ends; 0 never."""
    balance_every_s: int = 3600
    """Between two balances of master and subs."""
    loss_judged_every_s: int = 86_400
    """The period whose loss is judged: shorter ones show the registers' steps more than the loss."""
    period_day: int = 26
    """The day of the month on which an accounting period ends and the next begins (R-4.1.9: 26th to 25th); 1 to 28."""
    period_minute: int = 0
    """Minutes after that day's local midnight."""
    period_utc_offset_minutes: int = 480
    """Local time less UTC."""
    clocks: list[ClockRule] = []
    """The latest that has begun holds; when none is listed, one with its defaults does."""
