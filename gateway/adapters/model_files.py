"""Reads the meter models that ship with the gateway, and a site's own beside them. Rows are checked in gateway.protocols.models."""

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from gateway.protocols.checked_table import Mistake
from gateway.protocols.models import ModelRow, parse_row

SUFFIX = ".toml"


class BrokenModels(Exception):
    """Model files with mistakes; `mistakes` lists all of them by file."""

    def __init__(self, mistakes: dict[str, list[Mistake]]) -> None:
        self.mistakes = mistakes
        lines = [f"{file}: {mistake}" for file, found in mistakes.items() for mistake in found]
        super().__init__(
            "\n".join(["meter models can't be used:", *lines, "Correct the files and start again."])
        )


def read_models(site_folder: Path | None = None) -> dict[str, ModelRow]:
    """Return all models by name (their file's name). A site's file replaces the shipped one of the same name.

    Raises BrokenModels with every mistake of every file.
    """
    rows: dict[str, ModelRow] = {}
    mistakes: dict[str, list[Mistake]] = {}
    for name, text in [*_shipped(), *(_of_site(site_folder) if site_folder else ())]:
        row = _parse(name, text)
        if isinstance(row, ModelRow):
            rows[name] = row
        else:
            mistakes[name + SUFFIX] = row
    if mistakes:
        raise BrokenModels(mistakes)
    return rows


def _shipped() -> Iterator[tuple[str, bytes]]:
    folder = files("gateway.protocols") / "models"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(SUFFIX):
            yield file.name.removesuffix(SUFFIX), file.read_bytes()


def _of_site(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.glob("*" + SUFFIX)):
        yield path.stem, path.read_bytes()


def _parse(name: str, text: bytes) -> ModelRow | list[Mistake]:
    try:
        return parse_row(name, tomllib.loads(text.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return [Mistake("file", f"is no TOML: {error}")]
