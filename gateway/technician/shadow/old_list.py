"""A list of balances as the old system exports it: a CSV with room, balance, and what was paid since the shadow began.

UTF-8 with or without mark, or GB 18030; English or Chinese heads. Every bad row is named with its line. Pure.
"""

import csv
import io
from dataclasses import dataclass, field

from gateway.adapters.shadow_book import Listed
from gateway.contract.quantities import NotAnAmount, Unit, micro_yuan_from_yuan, wh_from_kwh
from gateway.words import say

HEADS = {
    "room": "room", "房间": "room", "房号": "room", "宿舍": "room",
    "balance": "balance", "余额": "balance", "剩余金额": "balance", "剩余电量": "balance", "余量": "balance",
    "paid": "paid", "充值": "paid", "累计充值": "paid", "购电": "paid",
}  # fmt: skip


@dataclass(slots=True)
class OldList:
    """The rows that could be read, and what is wrong with the others."""

    rows: list[Listed] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)


def read_list(content: bytes, unit: str) -> OldList:
    """Read a list whose amounts are in this unit."""
    reader = csv.DictReader(io.StringIO(_text(content), newline=""))
    heads = [HEADS.get((head or "").strip().lower(), head or "") for head in reader.fieldnames or []]
    found = OldList()
    if not {"room", "balance"} <= set(heads):
        found.mistakes.append(
            say(
                "Line 1 has no columns `room` and `balance` (房间, 余额); it has: {heads}.",
                heads=", ".join(heads) or "-",
            )
        )
        return found
    reader.fieldnames = heads
    seen: set[str] = set()
    for cells in reader:
        _take(found, seen, {head: (cells.get(head) or "").strip() for head in heads}, unit, reader.line_num)
    if not found.rows and not found.mistakes:
        found.mistakes.append(say("The list names no room."))
    return found


def _take(found: OldList, seen: set[str], cells: dict[str, str], unit: str, line: int) -> None:
    room = cells["room"]
    if not any(cells.values()):
        return
    try:
        balance = amount_of(cells["balance"], unit)
        paid = amount_of(cells["paid"], unit) if cells.get("paid") else None
    except NotAnAmount:
        text = f"{cells['balance']} {cells.get('paid', '')}".strip()
        found.mistakes.append(say("Line {line}: {amount} is no amount.", line=line, amount=text or "-"))
        return
    if not room or room in seen:
        found.mistakes.append(
            say("Line {line}: the room {room} is missing or stands there twice.", line=line, room=room or "-")
        )
        return
    seen.add(room)
    found.rows.append(Listed(room, balance, paid))


def amount_of(text: str, unit: str) -> int:
    """Give micro-yuan or Wh. Raises NotAnAmount."""
    bare = text.replace(",", "")
    return int(micro_yuan_from_yuan(bare) if unit == Unit.YUAN else wh_from_kwh(bare))


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")
