"""What the campus is: buildings, rooms, customers, meters, dated tariffs (C-3, C-4). It knows no money that was paid.

Amounts without a unit in their name are in the class's unit: micro-yuan for `yuan`, watt-hours for `kwh`. Instants are
milliseconds since 1970 in UTC (`*_ms`).
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from central.campus.rule_field import RuleField
from central.domain.rule_json import RuleKind
from gateway.contract.quantities import Unit
from gateway.contract.rules import Billing, CutOff

UNIT_CHOICES = [(Unit.YUAN.value, _("yuan")), (Unit.KWH.value, _("kWh"))]
CUT_OFF_CHOICES = [
    (CutOff.INTERNAL.value, _("relay in the meter")),
    (CutOff.CONTACTOR.value, _("contactor")),
    (CutOff.NONE.value, _("no cut-off")),
]
BILLING_CHOICES = [
    (Billing.PREPAID.value, _("prepaid")),
    (Billing.CARD.value, _("card")),
    (Billing.MONTHLY.value, _("monthly")),
]


class Building(models.Model):
    """A building; its gateway is told again whenever `revision` moves."""

    code = models.CharField(max_length=16, unique=True)
    name = models.CharField(max_length=80)
    revision = models.PositiveBigIntegerField(default=1)
    """Moved by every change of what the building's gateway must know."""
    policy = RuleField(RuleKind.BUILDING_POLICY, default=dict, blank=True)
    """What its gateway's `PolicyRule` has beside the defaults, by the message's own names: calendars, isolation, the guard."""
    groups = RuleField(RuleKind.BUILDING_GROUPS, default=list, blank=True)
    """Which meters are counted behind which, as the message's `GroupRule`s."""

    def __str__(self) -> str:
        return self.name


class Tariff(models.Model):
    """A named series of dated prices."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.name


class Price(models.Model):
    """A tariff's price from an instant on (C-9), exact to four decimals of a yuan per kWh."""

    version = models.CharField(max_length=64, unique=True)
    tariff = models.ForeignKey(Tariff, on_delete=models.PROTECT, related_name="prices")
    from_ms = models.BigIntegerField()
    micro_yuan_per_kwh = models.BigIntegerField()
    windows = RuleField(RuleKind.PRICE_WINDOWS, default=list, blank=True)
    """Prices of the time of the week, as the message's `PriceWindow`s."""
    steps = RuleField(RuleKind.PRICE_STEPS, default=list, blank=True)
    """Dearer by the month's use, as the message's `PriceStep`s."""

    class Meta:
        ordering = ["tariff_id", "from_ms"]
        constraints = [
            models.UniqueConstraint(fields=["tariff", "from_ms"], name="one_price_per_instant"),
            models.CheckConstraint(condition=models.Q(micro_yuan_per_kwh__gte=0), name="price_not_negative"),
        ]

    def __str__(self) -> str:
        return self.version


class CustomerClass(models.Model):
    """Who pays how: the unit the balance is kept in, the tariff, limits, warnings, bucket rules."""

    class Group(models.TextChoices):
        """How takings are reported: dormitories apart from owners, and owners' merchants apart from staff (R-4.1.7)."""

        DORMITORY = "dormitory", _("dormitory")
        MERCHANT = "merchant", _("merchant")
        STAFF = "staff", _("staff household")

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=80)
    group = models.CharField(max_length=16, choices=Group.choices, default=Group.DORMITORY)
    unit = models.CharField(max_length=8, choices=UNIT_CHOICES, default=Unit.YUAN.value)
    tariff = models.ForeignKey(Tariff, on_delete=models.PROTECT, related_name="classes")
    overdraft = models.BigIntegerField(default=0)
    warn_at = RuleField(RuleKind.CLASS_WARNINGS, default=list)
    """Levels in the class's unit, highest first."""
    limits = RuleField(RuleKind.CLASS_LIMITS, default=dict, blank=True)
    """What the class's `AccountRule`s have beside the fields here, by the message's own names: time-table, caps, emergency."""
    minimum_fen = models.PositiveIntegerField(default=100)
    ceiling_fen = models.PositiveIntegerField(default=500_000)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=models.Q(overdraft__gte=0), name="overdraft_not_negative")
        ]

    def __str__(self) -> str:
        return self.name


class Bucket(models.Model):
    """A kind of credit of a class: unit, order of use, whether what is left is paid out (C-4)."""

    customer_class = models.ForeignKey(CustomerClass, on_delete=models.CASCADE, related_name="buckets")
    name = models.CharField(max_length=32)
    unit = models.CharField(max_length=8, choices=UNIT_CHOICES)
    order = models.PositiveSmallIntegerField()
    refundable = models.BooleanField(default=False)
    rollover_max = models.BigIntegerField(default=0)
    """How much of what is left on its last day goes on to the next month's end."""
    rollover_until_ms = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["customer_class_id", "order"]
        constraints = [
            models.UniqueConstraint(fields=["customer_class", "name"], name="one_bucket_per_name"),
            models.UniqueConstraint(fields=["customer_class", "order"], name="one_bucket_per_place"),
        ]


class Room(models.Model):
    """A room or shop; its label is what people say with the building: `1-301`."""

    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="rooms")
    floor = models.SmallIntegerField(default=0)
    label = models.CharField(max_length=32)

    class Meta:
        ordering = ["building_id", "floor", "label"]
        constraints = [models.UniqueConstraint(fields=["building", "label"], name="one_room_per_label")]

    @property
    def full_label(self) -> str:
        """`1-301`; costs the building."""
        return f"{self.building.code}-{self.label}"

    def __str__(self) -> str:
        return self.full_label


class MeteringPoint(models.Model):
    """Where a room's energy is measured and can be cut."""

    code = models.CharField(max_length=56, unique=True)
    room = models.OneToOneField(Room, on_delete=models.PROTECT, related_name="point")
    customer_class = models.ForeignKey(CustomerClass, on_delete=models.PROTECT, related_name="points")
    cut_off = models.CharField(max_length=16, choices=CUT_OFF_CHOICES, default=CutOff.INTERNAL.value)
    billing = models.CharField(max_length=16, choices=BILLING_CHOICES, default=Billing.PREPAID.value)
    protected = models.BooleanField(default=False)
    max_power_w = models.PositiveIntegerField(default=60_000)
    limits = RuleField(RuleKind.POINT_LIMITS, default=dict, blank=True)
    """In place of the class's own, name by name; `software` while its meter is missing."""

    def __str__(self) -> str:
        return self.code


class Account(models.Model):
    """A metering point with its dated occupancy (C-4): a new occupancy is a new account."""

    class State(models.TextChoices):
        """Money is taken for open accounts only."""

        OPEN = "open", _("open")
        CLOSING = "closing", _("closing")
        CLOSED = "closed", _("closed")

    code = models.CharField(max_length=64, unique=True)
    """The AccountId on the link: `1-301.1`."""
    point = models.ForeignKey(MeteringPoint, on_delete=models.PROTECT, related_name="accounts")
    opened_ms = models.BigIntegerField()
    closed_ms = models.BigIntegerField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    pays_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="members"
    )
    """The account of the same building whose money pays for this one's energy; empty where it is its own (C-4)."""

    class Meta:
        ordering = ["point_id", "opened_ms"]
        constraints = [
            models.UniqueConstraint(
                fields=["point"], condition=~models.Q(state="closed"), name="one_live_account_per_point"
            )
        ]

    def __str__(self) -> str:
        return self.code


class Customer(models.Model):
    """A person or firm that occupies rooms."""

    number = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.name


class Occupancy(models.Model):
    """Who occupies an account's point, from day to day; several at once share it."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="occupancies")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="occupancies")
    from_day = models.DateField()
    until_day = models.DateField(null=True, blank=True)
    """The last day; empty while it lasts."""

    class Meta:
        ordering = ["account_id", "from_day", "customer_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "customer", "from_day"], name="one_occupancy_per_start"
            )
        ]


class Meter(models.Model):
    """A meter by the number on its case; where it hangs on a line is the gateway's registry (C-3)."""

    meter_no = models.CharField(max_length=64, unique=True)
    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="meters")

    def __str__(self) -> str:
        return self.meter_no


class Binding(models.Model):
    """A dated tie of a meter to an account (C-3); the next one of the same meter ends it."""

    code = models.CharField(max_length=64, unique=True)
    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="bindings")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="bindings")
    from_ms = models.BigIntegerField()
    baseline_wh = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["meter_id", "from_ms"]
        constraints = [models.UniqueConstraint(fields=["meter", "from_ms"], name="one_binding_per_instant")]
