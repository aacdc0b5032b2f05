"""How the bytes of one data item become a value: BCD numbers, text, dates, records. Knows no identifier.

Each form has a fixed `size` and a `parse(data)` for exactly that many bytes. What the standard can't mean is a `Problem`, never an
exception; None is the meter's own "not there" (all bytes FF, as for the phases a single-phase meter has not got).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

Text = str | dict[str, str | None] | list[str | None] | None
"""A value as people read it; numbers are decimal text, exact."""


class Problem(StrEnum):
    """Why the content of a good frame has no value."""

    WRONG_LENGTH = "wrong-length"
    NON_BCD = "non-bcd"


class Form(Protocol):
    """The shape of one item."""

    @property
    def size(self) -> int: ...

    def parse(self, data: bytes) -> Text | Problem: ...


@dataclass(frozen=True, slots=True)
class Number:
    """BCD, lowest byte first, with a fixed point; the sign, where there is one, is the top bit of the highest byte."""

    size: int
    decimals: int
    signed: bool = False

    def scaled(self, data: bytes) -> int | Problem | None:
        """Return the digits as one integer in units of 10^-decimals; None when the meter says "not there"."""
        negative = self.signed and data[-1] & 0x80
        digits = (data[:-1] + bytes((data[-1] & 0x7F,)) if negative else data)[::-1].hex()
        if digits.isdecimal():
            return -int(digits) if negative else int(digits)
        return None if data == b"\xff" * self.size else Problem.NON_BCD

    def parse(self, data: bytes) -> str | Problem | None:
        """Return the number as decimal text such as `123456.78`."""
        scaled = self.scaled(data)
        return scaled if scaled is None or isinstance(scaled, Problem) else point(scaled, self.decimals)


def point(scaled: int, decimals: int) -> str:
    """Set the decimal point: (5, 2) is `0.05`, (-5, 2) is `-0.05`, (226, 0) is `226`."""
    digits = f"{abs(scaled):0{decimals + 1}d}"
    sign = "-" if scaled < 0 else ""
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else sign + digits


@dataclass(frozen=True, slots=True)
class Ascii:
    """Characters, last one first on the wire, padded with NUL or spaces."""

    size: int

    def parse(self, data: bytes) -> str | None:
        """Return the text; bytes that are no ASCII show as U+FFFD."""
        if data == b"\xff" * self.size:
            return None
        return data[::-1].decode("ascii", "replace").strip("\0 ")


@dataclass(frozen=True, slots=True)
class Digits:
    """Bytes shown as hex digits, highest first: addresses, meter numbers, feature words."""

    size: int

    def parse(self, data: bytes) -> str:
        """Return the digits, upper case."""
        return data[::-1].hex().upper()


@dataclass(frozen=True, slots=True)
class Pattern:
    """BCD digits set into a picture such as `20YY-MM-DD hh:mm`: each `#` takes the next digit, highest byte first."""

    size: int
    picture: str

    def parse(self, data: bytes) -> str | Problem | None:
        """Return the filled picture."""
        if data == b"\xff" * self.size:
            return None
        digits = data[::-1].hex()
        if not digits.isdecimal():
            return Problem.NON_BCD
        supply = iter(digits)
        return "".join(next(supply) if sign == "#" else sign for sign in self.picture)


@dataclass(frozen=True, slots=True)
class Word:
    """A status word, low byte first, with a reader for its bits."""

    size: int
    describe: Callable[[int], str]

    def parse(self, data: bytes) -> str:
        """Return what the reader makes of the word."""
        return self.describe(int.from_bytes(data, "little"))


@dataclass(frozen=True, slots=True)
class Record:
    """Named parts one behind the other: a demand with its moment, an event with its start and end."""

    parts: tuple[tuple[str, Form], ...]

    @property
    def size(self) -> int:
        """The parts' bytes together."""
        return sum(form.size for _, form in self.parts)

    def parse(self, data: bytes) -> dict[str, str | None] | Problem:
        """Return part name to text, or the first part's problem."""
        values: dict[str, str | None] = {}
        position = 0
        for name, form in self.parts:
            value = form.parse(data[position : position + form.size])
            position += form.size
            if isinstance(value, Problem):
                return value
            values[name] = value if isinstance(value, str) else None
        return values


DATE = Pattern(4, "20##-##-## w##")
TIME = Pattern(3, "##:##:##")
DATE_TIME = Pattern(7, "20##-##-## w## ##:##:##")
MINUTE = Pattern(5, "20##-##-## ##:##")
SECOND = Pattern(6, "20##-##-## ##:##:##")
ENERGY = Number(4, 2)
SIGNED_ENERGY = Number(4, 2, signed=True)
COUNT = Number(3, 0)
