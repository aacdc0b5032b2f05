"""What a gateway's entries add up to, written in one statement each: its mirror, and up to where its meters are billed.

Inside the caller's transaction, which holds the gateway's row.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.db import connection

from central.prepared import insert_rows

_MIRROR = "INSERT INTO link_mirrorbalance (gateway_id, account, bucket, unit, amount) "
_MIRROR_OVER = (
    " ON CONFLICT (gateway_id, account, bucket, unit) "
    "DO UPDATE SET amount = link_mirrorbalance.amount + excluded.amount"
)
_MIRROR_TYPES = "text text text text bigint"
_BILLED = (
    "INSERT INTO link_billedregister (meter, account, register_wh, entry, at_ms, at_trusted, gateway_id) "
)
_BILLED_OVER = " ON CONFLICT (meter) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}"
    for name in ("gateway_id", "account", "register_wh", "entry", "at_ms", "at_trusted")
)
_BILLED_TYPES = "text text bigint text bigint boolean text"


class Billed(NamedTuple):
    """Up to which register a meter is billed, to whom, by which entry."""

    meter: str
    account: str
    register_wh: int
    entry: str
    at_ms: int
    at_trusted: bool


def add_to_mirror(gateway_id: str, changes: Mapping[tuple[str, str, str], int]) -> None:
    """Add to what the gateway must have, by account, bucket and unit (C-2)."""
    rows = [(gateway_id, *key, amount) for key, amount in sorted(changes.items())]
    insert_rows(connection, _MIRROR, _MIRROR_TYPES, rows, _MIRROR_OVER)


def keep_billed(gateway_id: str, registers: Iterable[Billed]) -> None:
    """Keep up to where meters are billed (C-11)."""
    rows = [(*one, gateway_id) for one in sorted(registers)]
    insert_rows(connection, _BILLED, _BILLED_TYPES, rows, _BILLED_OVER)
