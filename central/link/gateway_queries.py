"""How each building's gateway stands: its key, its certificate, its code. Reads only."""

from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Func, IntegerField, Max, Model, QuerySet

from central.campus.models import Building
from central.domain.certificates import DAY_MS
from central.link.enrolment import ALIVE_MS
from central.link.models import EnrolmentCode, Gateway, GatewayCertificate

LISTS = ("counters", "meters_seen")
"""What a gateway tells at length: a line for each of hundreds of meters."""
SOON_MS = 10 * DAY_MS
"""A gateway renews with a third of its 90 days left; so near its end it has failed to for weeks."""


Row = TypeVar("Row", bound=Model)


def without_lists(rows: QuerySet[Row], path: str = "gateway") -> QuerySet[Row]:
    """Leave a gateway's lists unread until one is asked for: with each of many rows they are most of a page's time."""
    return rows.defer(*(f"{path}__{name}" if path else name for name in LISTS))


class Length(Func):
    """How many there are in a list that a database keeps as JSON."""

    function, output_field = "JSON_ARRAY_LENGTH", IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """PostgreSQL has a name of its own for it."""
        return self.as_sql(compiler, connection, function="jsonb_array_length", **context)


@dataclass(frozen=True, slots=True)
class Standing:
    """One building's line of the page."""

    building: Building
    gateway: Gateway | None
    code: EnrolmentCode | None
    ends_ms: int | None
    """When its certificate ends; None where it was given none (a broker with passwords)."""
    now_ms: int

    @property
    def is_revoked(self) -> bool:
        """Nothing of it is believed."""
        return self.gateway is not None and not self.gateway.public_key

    @property
    def is_heard(self) -> bool:
        """It signed something within the hour."""
        return self.gateway is not None and self.now_ms - (self.gateway.last_seen_ms or 0) < ALIVE_MS

    @property
    def has_ended(self) -> bool:
        """Its certificate lapsed."""
        return self.ends_ms is not None and self.ends_ms <= self.now_ms

    @property
    def ends_soon(self) -> bool:
        """Its certificate lapses within days, or has."""
        return self.ends_ms is not None and self.ends_ms - self.now_ms < SOON_MS

    @property
    def is_open(self) -> bool:
        """The code works now."""
        return self.code is not None and self.now_ms < self.code.open_until_ms

    @property
    def open_until_ms(self) -> int | None:
        """Until when the code works; None while it doesn't."""
        return self.code.open_until_ms if self.code is not None and self.is_open else None

    @property
    def waits(self) -> str:
        """The key that waits for a person's word, empty where none does."""
        code = self.code
        if code is None or not self.is_open or code.approved_key == code.waiting_key:
            return ""
        return code.waiting_key


def standings(now_ms: int) -> list[Standing]:
    """Give every building with its gateway, in order of the codes."""
    gateways = {row.building_id: row for row in without_lists(Gateway.objects.all(), "")}
    codes = {row.building_id: row for row in EnrolmentCode.objects.all()}
    ends = dict(
        GatewayCertificate.objects.filter(revoked_ms=None).values_list("gateway").annotate(Max("expires_ms"))
    )
    return [
        Standing(one, gateway, codes.get(one.pk), ends.get(gateway.pk) if gateway else None, now_ms)
        for one in Building.objects.order_by("code")
        for gateway in [gateways.get(one.pk)]
    ]


def standing_of(building_code: str, now_ms: int) -> Standing | None:
    """Give one building's; None for a code that no building has."""
    return next((one for one in standings(now_ms) if one.building.code == building_code), None)


def ending_soon(now_ms: int) -> list[Standing]:
    """Give the gateways whose certificate ends within days and that are not revoked."""
    return [one for one in standings(now_ms) if one.ends_soon and not one.is_revoked]
