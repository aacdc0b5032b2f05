"""What a single setting may be. A rule reads a value from TOML and gives what the program uses, or names what is wrong."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from gateway.contract.envelope import keyring_from_hex
from gateway.contract.identifiers import NotAnIdentifier, checked

LONGEST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Wrong:
    """A value that breaks its rule; `code` and `facts` as in mistakes.TEXTS. `item` counts within a list, from 1."""

    code: str
    facts: Mapping[str, str] = field(default_factory=dict)
    did_you_mean: str | None = None
    item: int | None = None


class Rule(Protocol):
    """Reads one setting."""

    @property
    def example(self) -> str:
        """What a person would write, as TOML."""

    def read(self, value: object, folder: Path) -> object | Wrong:
        """Give the value as the program uses it. `folder`: where relative paths start."""


def shown(value: object) -> str:
    """A value as the person wrote it, more or less; long ones are cut."""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."


def closest(word: str, known: Sequence[str]) -> str | None:
    """The known word that was probably meant."""
    return next(iter(difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.6)), None)


@dataclass(frozen=True, slots=True)
class Text:
    """Text that is not empty."""

    example: str = '"..."'

    def read(self, value: object, folder: Path) -> str | Wrong:
        if not isinstance(value, str):
            return Wrong("not-text", {"found": shown(value)})
        return value if value.strip() else Wrong("empty", {"expected": self.example})


def _has_good_port(host: str) -> bool:
    try:
        return urlsplit(f"//{host}").port != 0
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class WebAddress:
    """Where central's pages are: `https://` or `http://`, a host, and no more than a port behind it."""

    example: str = '"https://cards.example.edu"'

    def read(self, value: object, folder: Path) -> str | Wrong:
        if not isinstance(value, str):
            return Wrong("not-text", {"found": shown(value)})
        address = value.strip().rstrip("/")
        scheme, _, host = address.partition("://")
        wrong_place = (
            not host or host.endswith(":") or any(c in host for c in " /?#@") or not _has_good_port(host)
        )
        if scheme not in ("http", "https") or wrong_place:
            return Wrong("not-a-web-address", {"found": shown(value), "expected": self.example})
        return address


@dataclass(frozen=True, slots=True)
class Hosts:
    """Machines, each with its port or by the usual one: `broker-2.example.edu:8883`, an IPv6 address in brackets."""

    usual_port: int = 1883
    example: str = '["broker-2.example.edu:8883"]'

    def read(self, value: object, folder: Path) -> tuple[tuple[str, int], ...] | Wrong:
        if not isinstance(value, list):
            return Wrong("not-a-list", {"found": shown(value)})
        hosts = []
        for position, text in enumerate(value, start=1):
            host = self._host(text) if isinstance(text, str) else None
            if host is None:
                return Wrong("not-a-host", {"found": shown(text), "expected": self.example}, item=position)
            hosts.append(host)
        return tuple(hosts)

    def _host(self, text: str) -> tuple[str, int] | None:
        wrong_place = not text or text.endswith(":") or any(c in text for c in " /?#@,")
        if wrong_place or not _has_good_port(text):
            return None
        parts = urlsplit(f"//{text}")
        return (parts.hostname, parts.port or self.usual_port) if parts.hostname else None


@dataclass(frozen=True, slots=True)
class Identifier:
    """A name that goes into topics."""

    example: str = '"b1"'

    def read(self, value: object, folder: Path) -> str | Wrong:
        if not isinstance(value, str):
            return Wrong("not-text", {"found": shown(value)})
        try:
            return checked(value)
        except NotAnIdentifier:
            return Wrong("not-an-id", {"found": shown(value)})


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within bounds. TOML's true is not 1."""

    low: int
    high: int

    @property
    def example(self) -> str:
        return str(self.low)

    def read(self, value: object, folder: Path) -> int | Wrong:
        if not isinstance(value, int) or isinstance(value, bool):
            return Wrong("not-whole", {"found": shown(value)})
        if not self.low <= value <= self.high:
            return Wrong(
                "out-of-range", {"found": shown(value), "low": str(self.low), "high": str(self.high)}
            )
        return value


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""

    example: str = "true"

    def read(self, value: object, folder: Path) -> bool | Wrong:
        return value if isinstance(value, bool) else Wrong("not-true-false", {"found": shown(value)})


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]

    @property
    def example(self) -> str:
        return f'"{self.words[0]}"'

    def read(self, value: object, folder: Path) -> str | Wrong:
        if isinstance(value, str) and value in self.words:
            return value
        meant = closest(value, self.words) if isinstance(value, str) else None
        return Wrong("not-one-of", {"found": shown(value), "known": ", ".join(self.words)}, meant)


@dataclass(frozen=True, slots=True)
class FileName:
    """A file that is there and can be read; `missing` names what is wrong where it isn't there."""

    missing: str = "no-such-file"
    example: str = '"/etc/cardroom/..."'

    def read(self, value: object, folder: Path) -> Path | Wrong:
        if not isinstance(value, str) or not value:
            return Wrong("not-text", {"found": shown(value)})
        path = folder / value
        try:
            with path.open("rb"):
                return path
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return Wrong(self.missing, {"found": str(path)})
        except OSError as error:
            return Wrong("file-unreadable", {"found": str(path), "why": str(error.strerror)})


@dataclass(frozen=True, slots=True)
class Keys:
    """Public keys of 64 hex digits each."""

    at_least: int
    example: str = '["64 hex digits"]'

    def read(self, value: object, folder: Path) -> tuple[str, ...] | Wrong:
        if not isinstance(value, list):
            return Wrong("not-a-list", {"found": shown(value)})
        if len(value) < self.at_least:
            return Wrong("empty", {"expected": self.example})
        for position, text in enumerate(value, start=1):
            if not _is_key(text):
                return Wrong("not-a-key", {"found": shown(text)}, item=position)
        return tuple(text.lower() for text in value)


def _is_key(text: object) -> bool:
    try:
        keyring_from_hex([text] if isinstance(text, str) else [""])
    except ValueError:
        return False
    return isinstance(text, str) and len(text) == 64
