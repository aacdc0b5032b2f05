"""Every building at a glance: how many rooms are supplied, how many not, and what cannot be believed.

Counts come from the database, so that a campus of 20,000 rooms is not loaded to draw a few tiles.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Max, Q, Sum
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from central.campus.models import Building, MeteringPoint
from central.desk.room_lines import METER_SILENT
from central.link.gateway_queries import without_lists
from central.link.models import AccountDecision, Alarm, Gateway, RelayState
from central.link.telemetry.models import LastReading
from central.office.models import User
from central.papers.charts import Part, share_bar
from gateway.contract.facts import DecisionKind, RelayVerdict


@dataclass
class BuildingTile:
    """One building at a glance. The five states add up to the rooms."""

    building: Building
    rooms: int = 0
    supplied: int = 0
    cut_off: int = 0
    contradicted: int = 0
    silent: int = 0
    low: int = 0
    """Rooms that the gateway warns; they are supplied still."""
    alarms: int = 0
    power_w: int = 0
    last_seen_ms: int | None = None
    gateway: Gateway | None = field(default=None)

    @property
    def unknown(self) -> int:
        """Rooms of which nothing is proved: no meter, no relay, or not reported yet."""
        return max(0, self.rooms - self.supplied - self.cut_off - self.contradicted - self.silent)

    @property
    def share(self) -> SafeString:
        """Draw the five states as one bar."""
        parts = [
            Part("good", "#2c8a77", self.supplied, _("Supplied")),
            Part("mute", "#948d7d", self.cut_off, _("Cut off")),
            Part("bad", "#a1231a", self.contradicted, _("Contradicted")),
            Part("warn", "#7d5000", self.silent, _("Meter silent")),
            Part("info", "#28527c", self.unknown, _("Unknown")),
        ]
        words = ", ".join(f"{part.hint} {part.count}" for part in parts if part.count)
        return share_bar(f"share-{self.building.pk}", words or _("No rooms"), parts)


def building_tiles(user: User) -> list[BuildingTile]:
    """Give a tile for every building that the reader serves, by code."""
    tiles = _all_tiles()
    return [tile for tile in tiles if user.serves(tile.building.pk)]


def _all_tiles() -> list[BuildingTile]:
    tiles = {building.pk: BuildingTile(building) for building in Building.objects.order_by("code")}
    for gateway in without_lists(Gateway.objects.all(), ""):
        tiles[gateway.building_id].gateway = gateway
    for row in MeteringPoint.objects.values("room__building_id").annotate(n=Count("pk")):
        tiles[row["room__building_id"]].rooms = row["n"]
    silent = _silent_meters()
    for building_id, count in _count_by_building(Alarm.objects.filter(cleared_ms=None), METER_SILENT):
        tiles[building_id].silent = count
    _add_relays(tiles, silent)
    for row in (
        AccountDecision.objects.filter(decision=DecisionKind.WARN)
        .values("gateway__building_id")
        .annotate(n=Count("pk"))
    ):
        tiles[row["gateway__building_id"]].low = row["n"]
    open_alarms = Alarm.objects.filter(cleared_ms=None, gateway__isnull=False)
    for row in open_alarms.values("gateway__building_id").annotate(n=Count("pk")):
        tiles[row["gateway__building_id"]].alarms = row["n"]
    _add_readings(tiles)
    return list(tiles.values())


def _silent_meters() -> set[str]:
    return set(Alarm.objects.filter(what=METER_SILENT, cleared_ms=None).values_list("subject", flat=True))


def _count_by_building(alarms, what: str) -> Iterable[tuple[int, int]]:
    rows = alarms.filter(what=what, gateway__isnull=False).values("gateway__building_id")
    return [(row["gateway__building_id"], row["n"]) for row in rows.annotate(n=Count("pk"))]


def _add_relays(tiles: dict[int, BuildingTile], silent: set[str]) -> None:
    """Count rooms by what was read back; a silent meter's old state is not counted again."""
    proved = Q(verdict__in=[RelayVerdict.CONFIRMED, RelayVerdict.HELD])
    rows = RelayState.objects.exclude(meter__in=silent).exclude(account="").values("gateway__building_id")
    for row in rows.annotate(
        supplied=Count("pk", filter=proved & Q(observed_closed=True)),
        cut_off=Count("pk", filter=proved & Q(observed_closed=False)),
        contradicted=Count("pk", filter=Q(verdict=RelayVerdict.CONTRADICTED)),
    ):
        tile = tiles[row["gateway__building_id"]]
        tile.supplied, tile.cut_off, tile.contradicted = row["supplied"], row["cut_off"], row["contradicted"]


def _add_readings(tiles: dict[int, BuildingTile]) -> None:
    """Sum the present power; readings lie in their own database, so it is summed by gateway there."""
    tile_of = {tile.gateway.pk: tile for tile in tiles.values() if tile.gateway}
    sums = LastReading.objects.filter(gateway__in=tile_of).values_list("gateway")
    for gateway, power_w, wall_ms in sums.annotate(Sum("power_w"), Max("wall_ms")):
        tile_of[gateway].power_w, tile_of[gateway].last_seen_ms = power_w or 0, wall_ms
