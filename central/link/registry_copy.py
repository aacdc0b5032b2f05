"""A gateway's lines and meters as told last: stored by ingest, given to the Pi that takes a dead one's place (R-G6, C-3)."""

from typing import Any

import msgspec

from central.link.models import Gateway
from central.link.registry_models import RegistryCopy
from gateway.contract import registry_facts


def keep_registry(gateway: Gateway, epoch: str, copy: registry_facts.RegistryCopy, now_ms: int) -> None:
    """Keep what a gateway says in place of what it said before in this epoch."""
    rows = {
        "lines": [msgspec.to_builtins(line) for line in copy.lines],
        "meters": [msgspec.to_builtins(meter) for meter in copy.meters],
    }
    RegistryCopy.objects.update_or_create(
        gateway=gateway, epoch=epoch, defaults={**rows, "received_ms": now_ms}
    )


def registry_of(gateway: Gateway) -> dict[str, list[dict[str, Any]]] | None:
    """Give `lines` and `meters` as they were told last; None where none ever were.

    An empty one is passed over while an earlier life of the store told some: it is no use to a Pi that is set up.
    """
    told = RegistryCopy.objects.filter(gateway=gateway).order_by("-received_ms", "-pk")
    copy = next((one for one in told if one.meters), None) or told.first()
    return None if copy is None else {"lines": copy.lines, "meters": copy.meters}
