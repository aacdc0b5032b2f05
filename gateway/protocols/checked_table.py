"""Reads one table of a meter model's text key by key, and notes EVERY mistake with its path. Knows no model and no file."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong with a row: `items.energy.di`, `has 8 hex digits, not '0001'`."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


class Table:
    """One table: hands its keys out by type, and notes what is wrong, missing or (at `close`) unknown. What is wrong is
    replaced by something harmless, so that reading goes on to the next mistake."""

    def __init__(self, content: object, path: str, mistakes: list[Mistake]) -> None:
        self._mistakes = mistakes
        self.path = path
        self._known: set[str] = set()
        self._content: Mapping[str, Any] = content if isinstance(content, Mapping) else {}
        if not isinstance(content, Mapping):
            self.wrong("", "must be a table")

    def __len__(self) -> int:
        return len(self._content)

    def wrong(self, key: str, what: str) -> None:
        self._mistakes.append(Mistake(".".join(part for part in (self.path, key) if part), what))

    def table(self, key: str) -> "Table":
        self._known.add(key)
        return Table(self._content.get(key, {}), f"{self.path}.{key}".lstrip("."), self._mistakes)

    def has(self, key: str) -> bool:
        return key in self._content

    def number(self, key: str, lowest: int, highest: int, default: int | None = None) -> int:
        value = self._take(key, default)
        if type(value) is int and lowest <= value <= highest:
            return value
        self.wrong(key, f"must be a whole number from {lowest} to {highest}, not {value!r}")
        return lowest

    def text(self, key: str, choices: tuple[str, ...] = ()) -> str:
        value = self._take(key, None)
        if not isinstance(value, str) or not value:
            self.wrong(key, f"must be text, not {value!r}")
            return choices[0] if choices else ""
        if choices and value not in choices:
            self.wrong(
                key, f"must be one of {', '.join(choices)}, not {value!r}{_did_you_mean(value, choices)}"
            )
            return choices[0]
        return value

    def hexadecimal(self, key: str, digits: int) -> str:
        value = self._take(key, None)
        if isinstance(value, str) and len(value) == digits and set(value) <= set("0123456789abcdefABCDEF"):
            return value.upper()
        self.wrong(key, f"must be text of {digits} hex digits, not {value!r}")
        return "0" * digits

    def keys(self, choices: tuple[str, ...]) -> list[str]:
        """Take all keys as names out of `choices`."""
        self._known |= set(choices)
        return [key for key in self._content if key in choices]

    def close(self) -> None:
        """Note the keys nobody asked for."""
        for key in self._content:
            if key not in self._known:
                self.wrong(key, f"is not known here{_did_you_mean(key, tuple(self._known))}")

    def _take(self, key: str, default: object) -> object:
        self._known.add(key)
        return self._content.get(key, default)


def _did_you_mean(word: str, choices: tuple[str, ...]) -> str:
    close = get_close_matches(word, choices, 1)
    return f" (did you mean {close[0]!r}?)" if close else ""
