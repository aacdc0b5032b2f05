"""Another system's list between its upload and its import: kept, its days read back, and its columns as a person says them.

Rooms that import lists share this: each has its own kinds of lists, fields and words.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar
from urllib.parse import urlencode

from django.http import QueryDict

from central.domain.imported_rows import Field
from central.domain.periods import EARLIEST, LATEST
from central.office import uploads

COLUMN = "m_"
"""Begins the name of a choice, before that of its field."""
SAID = ("digest", "name", "kind", "first", "last")
"""What is said of a list, from its upload to its import."""


Kind = TypeVar("Kind", bound=StrEnum)


class Read(Protocol):
    """A list as it was read."""

    @property
    def header(self) -> list[str]: ...

    @property
    def columns(self) -> dict[str, int]: ...


def keep(typed: dict) -> str:
    """Keep the list of a form; give the query that leads to its preview."""
    return urlencode(
        {
            "digest": uploads.keep(typed["file"].read()),
            "name": typed["file"].name[:200],
            "kind": typed["kind"],
            "first": typed["first"].isoformat(),
            "last": typed["last"].isoformat(),
        }
    )


def kept(asked: QueryDict, kinds: type[Kind]) -> tuple[bytes, Kind, tuple[date, date]] | None:
    """Give the list that was kept, its kind and days; None when it is gone, or nothing a form could have said."""
    content = uploads.kept(asked.get("digest", ""))
    try:
        kind = kinds(asked.get("kind", ""))
        first, last = date.fromisoformat(asked.get("first", "")), date.fromisoformat(asked.get("last", ""))
    except ValueError:
        return None
    if content is None or not is_a_year_at_most(first, last):
        return None
    return content, kind, (first, last)


def is_a_year_at_most(first: date, last: date) -> bool:
    """Say whether a list can be of these days."""
    return EARLIEST <= first <= last <= LATEST and (last - first).days <= 366


def chosen(fields: Iterable[Field], asked: QueryDict) -> dict[str, int] | None:
    """Give the columns that a person chose; None before anything was chosen."""
    named = {one.name: asked[COLUMN + one.name] for one in fields if COLUMN + one.name in asked}
    if not named:
        return None
    return {
        name: int(place)
        for name, place in named.items()
        if place.isascii() and place.isdigit() and len(place) < 4
    }


def for_preview(
    fields: Iterable[Field], words: Mapping[str, object], file: Read, asked: QueryDict
) -> dict[str, object]:
    """Give what both forms of a preview hold: the columns to choose from, and what goes along unseen."""
    fields, said = list(fields), [(name, asked.get(name, "")) for name in SAID]
    columns = [
        (
            COLUMN + one.name,
            words[one.name],
            one.required,
            [(place, title, file.columns.get(one.name) == place) for place, title in enumerate(file.header)],
        )
        for one in fields
    ]
    return {
        "name": asked.get("name", ""),
        "columns": columns if file.header else [],
        "kept": said,
        "to_import": [*said, *((COLUMN + one.name, file.columns.get(one.name, "")) for one in fields)],
    }
