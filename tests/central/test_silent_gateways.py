"""A gateway that is silent for long is told of once, and again when the window is over; one that was never heard is not."""

import pytest

from central.campus.models import Building
from central.link.models import Gateway
from central.link.silent_gateways import tell_of_silent_gateways
from central.office.models import Notice

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
NOW_MS, MINUTE_MS, HOUR_MS = 1_795_000_000_000, 60_000, 3_600_000


def gateway(name: str, last_seen_ms: int | None) -> None:
    building = Building.objects.create(code=name, name=name)
    Gateway.objects.create(pk=f"gw-{name}", building=building, enrolled_ms=0, last_seen_ms=last_seen_ms)


def test_a_silent_gateway_is_told_of_once_for_each_silence() -> None:
    gateway("silent", NOW_MS - 31 * MINUTE_MS)
    gateway("heard", NOW_MS - 29 * MINUTE_MS)
    gateway("new", None)
    for minute in range(3):
        assert tell_of_silent_gateways(NOW_MS + minute * 30_000) == 1
    assert [row.params["building"] for row in Notice.objects.all()] == ["silent"]
    tell_of_silent_gateways(NOW_MS + 13 * HOUR_MS)
    assert [row.params["building"] for row in Notice.objects.order_by("pk")] == ["silent", "heard", "silent"]
    Gateway.objects.filter(pk="gw-silent").update(last_seen_ms=NOW_MS + 13 * HOUR_MS)
    tell_of_silent_gateways(NOW_MS + 14 * HOUR_MS)
    assert Notice.objects.count() == 4, "silent again is another silence"
