"""Which ingest worker serves which gateway: by a stable hash of the gateway's id, so that one gateway has one worker. Pure.

Rows of one gateway are in order; those of two are nobody's concern. So work is divided by gateway, and never within one.
"""

import hashlib
import re
from dataclasses import dataclass

MOST_WORKERS = 16
"""The broker's access list names so many; beyond it the database, not ingest, is what is full (docs/scale.md)."""


@dataclass(frozen=True, slots=True)
class Share:
    """The gateways of worker `number` of `of`, counted from 1. The default is everybody: one process serves all."""

    number: int = 1
    of: int = 1

    @property
    def is_whole(self) -> bool:
        return self.of == 1

    def has(self, gateway_id: str) -> bool:
        """Say whether this worker serves a gateway; exactly one of the workers does."""
        return self.is_whole or slot(gateway_id) % self.of == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def slot(gateway_id: str) -> int:
    """Give a gateway's place from 0 to 65,535; PostgreSQL works out the same (`central.link.outbox`)."""
    return int.from_bytes(hashlib.sha256(gateway_id.encode("utf-8", "replace")).digest()[:2], "big")


def share_named(text: str) -> Share | None:
    """Read `2/3`; None for what is no share: not two numbers, the first above the second, or more than `MOST_WORKERS`."""
    found = re.fullmatch(r"([0-9]{1,3})/([0-9]{1,3})", text.strip(), re.ASCII)
    if found is None:
        return None
    share = Share(int(found[1]), int(found[2]))
    return share if 1 <= share.number <= share.of <= MOST_WORKERS else None


def broker_named(text: str) -> tuple[str, int] | None:
    """Read `host:port`, or a host alone (port 1883), an IPv6 address in brackets; None for what names no broker."""
    found = re.fullmatch(
        r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/,\[\]]+))(?::([0-9]{1,5}))?", text.strip(), re.ASCII
    )
    if found is None:
        return None
    port = int(found[3] or 1883)
    return (found[1] or found[2], port) if 1 <= port <= 65_535 else None
