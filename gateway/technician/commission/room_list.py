"""A list of the building's rooms from a plain file: one room a line, or a CSV's first column; `protected` behind it where it is so.

As spreadsheets save it: UTF-8 with or without mark, or GB 18030; comma, semicolon or tab. Pure but for the bytes, which are given.
"""

import re
from dataclasses import dataclass

HEADS = frozenset({"room", "rooms", "房间", "房号", "宿舍"})
PROTECTED = frozenset({"protected", "protect", "yes", "y", "1", "保护", "保电", "是"})


@dataclass(frozen=True, slots=True)
class RoomList:
    """Rooms in the order of the file, each once; those that are never cut."""

    rooms: tuple[str, ...]
    protected: tuple[str, ...]


def read_rooms(content: bytes) -> RoomList:
    """Read a list; a file that holds none gives an empty one."""
    rows = [_cells(line) for line in _text(content).splitlines()]
    rooms = [
        row for row in rows if row and row[0] and row[0].lower() not in HEADS and not row[0].startswith("#")
    ]
    protected = (row[0] for row in rooms if len(row) > 1 and row[1].lower() in PROTECTED)
    return RoomList(tuple(dict.fromkeys(row[0] for row in rooms)), tuple(dict.fromkeys(protected)))


def _cells(line: str) -> list[str]:
    return [cell.strip().strip('"').strip() for cell in re.split(r"[,;\t，；]", line)]


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")
