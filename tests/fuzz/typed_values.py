"""What is typed into a field: mostly something near to what belongs there, sometimes what no person types. From a seed."""

import random
from datetime import date, timedelta

HOSTILE = (
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "x" * 5_000,
        "\n\n",
        "\u202e1-101",
        "\ud800",
        "０１２",
        "²",
        "½",
        "NaN",
        "Infinity",
        "-0",
    ),
    *(
        "1e9",
        "0x10",
        "1_000",
        "1,000.00",
        "٣",
        "九十",
        "99999999999999999999",
        "-1",
        "0",
        "9223372036854775808",
    ),
    *("0001-01-01", "9999-12-31", "2026-02-30", "2026-13-01", "24:00", "None", "null", "true", "[]", "{}"),
    *(
        "<script>alert(1)</script>",
        "'; DROP TABLE desk_payment; --",
        "%00",
        "../../etc/passwd",
        "{{ 7|add:7 }}",
    ),
    *("😀" * 50, "a" * 201, "㐀" * 300, "\r\nSet-Cookie: x=1", "=1+1", "\u200b", "é" * 10),
)
NEAR = {
    "amount": ("50", "50.00", "0.01", "10", "100000", "49.999", "50.0", " 50 ", "5０"),
    "cash": ("0", "44.00", "1", "100.00"),
    "total": ("0", "100.00", "12.34"),
    "day": ("2026-11-29", "2026-11-30", "2027-02-28", "today"),
    "from": ("2026-12-01", "2026-12-01 08:00", "2026-12-01T08:00"),
    "until": ("2026-12-31", "2027-01-01 00:00"),
    "reason": ("counted twice", "找零有误", "w"),
    "why": ("counted twice", "找零有误", "w"),
    "note": ("茶水", "later"),
    "page": ("1", "2", "7"),
    "number": ("A-12", "B-1", "1"),
    "pages": ("1-6", "3"),
    "findings": ("3 缺页", "1-2 4\n5 缺章 1", "99 缺页", "3"),
    "missing": ("A-12 1", "A-12 1-2"),
    "void": ("3",),
    "payment": ("p-1", "0" * 32),
    "room": ("1-101", "1-102", "9-999"),
    "password": ("tall-lamp-quiet-42", "short"),
    "username": ("cashier", "newcomer"),
    "file": ("x",),
}
"""By the beginning or the end of a field's name: what a person could mean."""
FILES = (
    b"",
    b"\x00\xff\xfe",
    b"class,price,from\ndormitory,0.60,2027-01-01\n",
    "楼栋,楼层,房间,类别,表号\n1,1,199,dormitory,20249999\n".encode(),
    "room,balance_yuan\n1-101,5\n1-102,abc\n".encode("gb18030"),
    b"PK\x03\x04not a workbook",
    b"room,balance_yuan\n" + b"1-101,1\n" * 2_000,
)


def value_for(name: str, known: list[str], dice: random.Random) -> str:
    """Give a value: as the page offered it, near to that, near to what the name says, or hostile."""
    throw = dice.random()
    if known and throw < 0.45:
        return dice.choice(known)
    if known and throw < 0.6:
        return near_to(dice.choice(known), dice)
    fitting = [value for key, values in NEAR.items() if key in name.lower() for value in values]
    if fitting and throw < 0.8:
        return dice.choice(fitting)
    return dice.choice(HOSTILE)


def near_to(value: str, dice: random.Random) -> str:
    """Change a value by a little: another number, another day, one letter more or less."""
    if value.lstrip("-").isascii() and value.lstrip("-").isdigit() and len(value) < 30:
        return str(int(value) + dice.choice([-1, 1, 10, -10, 10**6]))
    try:
        return (date.fromisoformat(value) + timedelta(days=dice.choice([-1, 1, 31, -400]))).isoformat()
    except (ValueError, OverflowError):
        pass
    cut = dice.randrange(len(value) + 1)
    return dice.choice(
        [value[:cut] + dice.choice("x9.-零 ") + value[cut:], value[:cut], value * 2, value.upper()]
    )
