"""A gateway that is silent for long is told of once, and again when the window is over; one that was never heard is not."""

import pytest

from central import clock
from central.campus.models import Building
from central.link.models import Gateway
from central.link.pulse import beats
from central.link.pulse.models import ProcessBeat
from central.link.silent_gateways import tell_of_silent_gateways
from central.office.models import Notice

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
NOW_MS, MINUTE_MS, HOUR_MS = 1_795_000_000_000, 60_000, 3_600_000


def gateway(name: str, last_seen_ms: int | None) -> None:
    building = Building.objects.create(code=name, name=name)
    Gateway.objects.create(pk=f"gw-{name}", building=building, enrolled_ms=0, last_seen_ms=last_seen_ms)


@pytest.mark.parametrize(
    ("started_ago_ms", "beat_ago_ms", "connected", "told"),
    [(HOUR_MS, 0, True, 1), (HOUR_MS, 0, False, 0), (2 * HOUR_MS, HOUR_MS, True, 0), (MINUTE_MS, 0, True, 0)],
)
def test_while_receiving_hears_nobody_no_gateway_is_told_as_silent(
    started_ago_ms: int, beat_ago_ms: int, connected: bool, told: int
) -> None:
    """Sixty notices of silent buildings would hide the one that says what stands still."""
    gateway("silent", NOW_MS - 31 * MINUTE_MS)
    real_ms = clock.real_now_ms()
    beats.beat(beats.INGEST, beats.INGEST, real_ms - started_ago_ms, {"connected": connected})
    ProcessBeat.objects.update(beat_real_ms=real_ms - beat_ago_ms)
    assert tell_of_silent_gateways(NOW_MS) == Notice.objects.count() == told


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
