"""What central keeps of a gateway's registry: the newest, whole, and never a blank one over a good one (R-G6)."""

import pytest

from central.link.models import Gateway, QuarantinedRow
from central.link.registry_copy import registry_of
from gateway.contract.registry_facts import RegistryCopy, RegistryLine, RegistryMeter, RegistryTest
from tests.central.steps import rebuilt, up

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

LINE = RegistryLine("a", "/dev/serial/by-id/usb-FTDI", 2400, "E")
METER = RegistryMeter("m-301", "a", "202011110001", "generic-dlt645-2007", 40, "301", RegistryTest("t", "ok"))


def kept(twin):
    return registry_of(Gateway.objects.get(pk=twin.name))


def test_the_newest_registry_is_kept_and_an_empty_one_of_a_blank_card_hides_none(taker, twin):
    assert kept(twin) is None
    up(taker, twin, RegistryCopy(twin.at(), [LINE], []))
    assert kept(twin)["meters"] == []
    up(taker, twin, RegistryCopy(twin.at(), [LINE], [METER]))
    found = kept(twin)
    assert found["lines"][0]["port"] == LINE.port
    assert found["meters"][0]["test"] == {
        "tested_at": "t", "outcome": "ok", "energy_wh": None, "relay_closed": None,
    }  # fmt: skip
    rebuilt(taker, twin)
    up(taker, twin, RegistryCopy(twin.at(), [LINE], []))
    assert kept(twin) == found
    up(taker, twin, RegistryCopy(twin.at(), [], [METER]))
    assert kept(twin)["lines"] == []
    assert not QuarantinedRow.objects.exists()
