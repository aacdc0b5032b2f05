"""Begin a search, or take it up from its JSON."""

from collections.abc import Mapping
from typing import Any

import msgspec

from gateway.protocols.search.questions import FULL_WINDOW_MS, Ask
from gateway.protocols.search.tree import MARGIN_MS, Tree, TreeSearch
from gateway.protocols.search.units import QUICK_WINDOW_MS, UnitSearch

ASKED_BY = {"dlt645-2007": (Ask.READ, Ask.ADDRESS), "dlt645-1997": (Ask.READ, Ask.EVERYBODY)}
"""What an edition is searched by, in this order."""


def new_search(
    protocol: str,
    *,
    thorough: bool = False,
    margin_ms: int = MARGIN_MS,
    unit_window_ms: int = QUICK_WINDOW_MS,
    full_window_ms: int = FULL_WINDOW_MS,
) -> TreeSearch | UnitSearch:
    """Begin the search of a line for one protocol. Raises KeyError for an unknown one."""
    if protocol == "modbus-rtu":
        return UnitSearch(thorough=thorough, window_ms=unit_window_ms, full_window_ms=2 * full_window_ms)
    trees = [Tree(ask) for ask in ASKED_BY[protocol]]
    return TreeSearch(trees, thorough=thorough, margin_ms=margin_ms, full_window_ms=full_window_ms)


def search_from_json(document: Mapping[str, Any]) -> TreeSearch | UnitSearch:
    """Take a search up where its JSON was written. Raises msgspec.ValidationError for what is none."""
    if document.get("kind") == "units":
        return msgspec.convert(document, UnitSearch)
    return msgspec.convert(document, TreeSearch)
