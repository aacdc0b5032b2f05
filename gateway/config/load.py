"""From a file to a `GatewayConfig`, or to every mistake in it. Stops early only where nothing more can be seen (no TOML)."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from gateway.config.mistakes import Mistake
from gateway.config.rules import Wrong, closest
from gateway.config.schema import GatewayConfig

SECTIONS: dict[str, Any] = {section.name: section.type for section in fields(GatewayConfig)}
"""Each section's name and its dataclass."""


def load_config(path: Path, *, may_lack: str = "") -> GatewayConfig | list[Mistake]:
    """Read and check the whole file. A list is never empty. `may_lack`: a code of TEXTS for a file that is about to be made."""
    text = _read(path)
    if isinstance(text, Mistake):
        return [text]
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return [_not_toml(error)]
    check = _Check(path.parent.resolve(), text, may_lack)
    config = check.whole(tables)
    return config if config is not None else check.mistakes


def _read(path: Path) -> str | Mistake:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return Mistake(str(path), "no-file")
    except OSError as error:
        return Mistake(str(path), "unreadable", {"why": str(error.strerror)})
    try:
        # Editors on Windows put a mark of three bytes first; it is no mistake of the electrician's.
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Mistake(str(path), "not-utf8", {"offset": str(error.start + 1)})


def _not_toml(error: tomllib.TOMLDecodeError) -> Mistake:
    why = str(error)
    place = re.search(r" \(at line (\d+), column \d+\)$", why)
    if place is None:
        return Mistake("", "not-toml", {"why": why.replace(" (at end of document)", "")})
    return Mistake("", "not-toml", {"why": why[: place.start()]}, int(place[1]))


@dataclass
class _Check:
    """Walks the tables beside the schema and collects what does not fit."""

    folder: Path
    text: str
    may_lack: str
    mistakes: list[Mistake] = field(default_factory=list)

    def whole(self, tables: dict[str, Any]) -> GatewayConfig | None:
        named = {name: name for name in SECTIONS if name in tables}
        for name in tables.keys() - SECTIONS.keys():
            self._unknown("unknown-section", name, name, list(SECTIONS))
            # A misspelt section is read as the one it was meant to be, so that the mistakes inside it show at once too.
            named.setdefault(closest(name, list(SECTIONS)) or name, name)
        read = {
            name: self._section(named.get(name, name), kind, tables.get(named.get(name, name), {}))
            for name, kind in SECTIONS.items()
        }
        for mistake in _across(read):
            # One that is set, and wrong by itself, is told already.
            if mistake.facts["other"] not in {one.path for one in self.mistakes}:
                self._add(mistake)
        self.mistakes.sort(key=lambda mistake: (mistake.line is None, mistake.line or 0, mistake.path))
        if self.mistakes:
            return None
        return GatewayConfig(**{name: kind(**read[name]) for name, kind in SECTIONS.items()})

    def _section(self, name: str, kind: Any, table: object) -> dict[str, Any]:
        """The section's settings that are right; defaults are left to the dataclass."""
        if not isinstance(table, dict):
            self._add(Mistake(name, "not-a-section", {"section": name}))
            return {}
        settings = {item.name: item for item in fields(kind)}
        for key in table.keys() - settings.keys():
            self._unknown("unknown-key", f"{name}.{key}", key, list(settings), _elsewhere(key))
        values = ((key, self._value(f"{name}.{key}", item, table)) for key, item in settings.items())
        return {key: value for key, value in values if value is not MISSING}

    def _value(self, path: str, item: Field[Any], table: dict[str, Any]) -> object:
        section, rule = path.partition(".")[0], item.metadata["rule"]
        if item.name not in table:
            if item.default is MISSING:
                self._add(Mistake(path, "missing", {"expected": f"[{section}] {item.name} = {rule.example}"}))
            return MISSING
        value = rule.read(table[item.name], self.folder)
        if not isinstance(value, Wrong):
            return value
        if value.code == self.may_lack:
            return Path(value.facts["found"])
        where = path if value.item is None else f"{path}[{value.item}]"
        self._add(Mistake(where, value.code, value.facts, did_you_mean=value.did_you_mean))
        return MISSING

    def _unknown(self, code: str, path: str, word: str, known: list[str], other: str | None = None) -> None:
        meant = other or closest(word, known)
        self._add(Mistake(path, code, {"known": ", ".join(known)}, did_you_mean=meant))

    def _add(self, mistake: Mistake) -> None:
        line = _line_of(self.text, mistake.path)
        self.mistakes.append(Mistake(mistake.path, mistake.code, mistake.facts, line, mistake.did_you_mean))


def _elsewhere(key: str) -> str | None:
    """A setting that stands in the wrong section."""
    return next(
        (f"[{name}] {key}" for name, kind in SECTIONS.items() for item in fields(kind) if item.name == key),
        None,
    )


def _across(read: dict[str, dict[str, Any]]) -> Iterator[Mistake]:
    """What single rules can't see: settings that need or exclude each other."""
    mqtt, central = read["mqtt"], read["central"]
    for one, other in (
        ("password_file", "username"),
        ("certificate_file", "key_file"),
        ("key_file", "certificate_file"),
        ("ca_file", "tls"),
        ("certificate_file", "tls"),
    ):
        if mqtt.get(one) and not mqtt.get(other):
            yield Mistake(
                f"mqtt.{one}", "needs", {"other": "tls = true" if other == "tls" else f"mqtt.{other}"}
            )
    shortest = mqtt.get("reconnect_min_ms", 500)
    if mqtt.get("reconnect_max_ms", 60_000) < shortest:
        yield Mistake("mqtt.reconnect_max_ms", "less-than", {"other": f"mqtt.reconnect_min_ms ({shortest})"})
    for position, key in enumerate(central.get("approver_keys", ()), start=1):
        if key in central.get("public_keys", ()):
            yield Mistake(f"central.approver_keys[{position}]", "key-twice", {"other": "central.public_keys"})


def _line_of(text: str, path: str) -> int | None:
    """Where a setting stands, by its section's head and its name; None when it is written some other way (inline tables)."""
    section, _, key = path.partition(".")
    inside = not key
    for number, line in enumerate(text.splitlines(), start=1):
        head = re.match(r"\s*\[\s*([^\]]+?)\s*\]", line)
        if head and head[1] == section and not key:
            return number
        if head:
            inside = head[1] == section
        elif inside and _sets(line, key.partition("[")[0] or section):
            return number
    return None


def _sets(line: str, name: str) -> bool:
    return re.match(rf"""\s*["']?{re.escape(name)}["']?\s*=""", line) is not None
