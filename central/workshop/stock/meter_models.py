"""What gateways call the meters on their walls: the names that a model of the store may be tied to, and the meters' plates."""

from collections.abc import Iterator
from dataclasses import dataclass

from central.link.models import Gateway
from central.link.registry_copy import registry_of

SHIPPED = (
    *("acrel-ddsy1352", "chint-ddsu666", "chint-dtsu666", "eastron-sdm120", "eastron-sdm630"),
    *("generic-dlt645-1997", "generic-dlt645-2007", "hiking-dds238-zn-sr", "three-phase-dlt645-2007"),
)
"""The rows of `gateway/protocols/models`; a test compares them. Central doesn't load the gateway's files."""


@dataclass(frozen=True, slots=True)
class SeenMeter:
    """A meter as a gateway knows it."""

    number: str
    model: str
    address: str
    location: str = ""


def meter_models() -> list[str]:
    """Give the models that gateways have by themselves, and those that they were heard to use."""
    heard = {row[2] for seen in Gateway.objects.values_list("meters_seen", flat=True) for row in seen}
    return sorted({*SHIPPED, *heard})


def seen_by(gateway: Gateway) -> dict[str, SeenMeter]:
    """Give a gateway's meters by their numbers: from its registry's copy, else from its birth."""
    return {meter.number: meter for meter in _seen_by(gateway)}


def _seen_by(gateway: Gateway) -> Iterator[SeenMeter]:
    for number, _line, model, address in gateway.meters_seen:
        yield SeenMeter(number, model, address)
    for row in (registry_of(gateway) or {}).get("meters", []):
        yield SeenMeter(row["meter_number"], row["model"], row["address"], row.get("location", ""))
