"""Explain a period's gaps: which rows are handed to the pure search, with which rules, in a bounded number of steps (R-B4)."""

from collections.abc import Iterable
from dataclasses import replace

from central.domain.agreement_rows import Grain, Row, Rules
from central.domain.four_way import LineKind, LineState, Source
from central.domain.gap_explanations import BRIDGE_RULES, ENERGY_RULES, MONEY_RULES, explain_line
from central.papers.accounting import instants_of
from central.reports.agreement.content import OF_KEY, BuildingContent, Explained, LineKey, digest_of_rows
from central.reports.agreement.gathering import UNIT_OF_BRIDGE, Gathered, bridge_sources

DISPLAY_STEP_WH, WHOLE_KWH = 10, 1000


def has_gaps(content: BuildingContent) -> bool:
    """Say whether any line differs."""
    return any(_differs(content, one.key) for one in content.lines)


def searched_for(gathered: Gathered, content: BuildingContent) -> str:
    """Give the digest of all rows that a building's explanation rests on; as long as it stays, so does the explanation."""
    rows: list[Row] = []
    for key, parties in OF_KEY.items():
        if _differs(content, key):
            rows += [row for party in parties for row in gathered.given[party].rows]
    return digest_of_rows([*rows, *_bridge_rows(content)])


def rows_to_search(gathered: Gathered, content: BuildingContent) -> int:
    """Say how many rows a search would go through: a page does not wait for a long one."""
    lists = (gathered.given[party].rows for key in OF_KEY if _differs(content, key) for party in OF_KEY[key])
    return sum(len(rows) for rows in lists) + len(_bridge_rows(content))


def _bridge_rows(content: BuildingContent) -> list[Row]:
    lines = (content.get(key) for key in UNIT_OF_BRIDGE if _differs(content, key))
    return [row for line in lines if line for one in line.rows for row in one.rows]


def _differs(content: BuildingContent, key: LineKey) -> bool:
    line = content.get(key)
    return line is not None and line.line(content.building, content.period).state is LineState.DIFFERS


def explain(
    gathered: Gathered, contents: Iterable[BuildingContent], budget: int
) -> dict[str, list[Explained]]:
    """Explain every gap of these buildings; `budget`: steps for each part of a gap."""
    contents = list(contents)
    found: dict[str, list[Explained]] = {one.building: [] for one in contents}
    for key in OF_KEY:
        differing = [one.building for one in contents if _differs(one, key)]
        for one in _explain_lists(gathered, key, differing, budget):
            found[one.gap.building].append(one)
    for content in contents:
        found[content.building] += _explain_bridges(gathered, content, budget)
    return found


def _explain_lists(gathered: Gathered, key: LineKey, buildings: list[str], budget: int) -> list[Explained]:
    """Explain money or energy: buildings whose sides are equally fine together."""
    by_grain: dict[tuple[Grain, Grain], list[str]] = {}
    for building in buildings:
        grains = gathered.grains(key, building)
        if grains is not None:
            by_grain.setdefault(grains, []).append(building)
    found = []
    for grains, together in by_grain.items():
        sources = {
            party: gathered.given[party].of_grain(grain)
            for party, grain in zip(OF_KEY[key], grains, strict=True)
        }
        rules = replace(_rules(key, sources.values()), edges=_edges(gathered), budget_steps=budget)
        gaps = explain_line(LineKind(key.value), sources, together, gathered.period.name, rules)
        found += [Explained(key, gap) for gap in gaps]
    return found


def _explain_bridges(gathered: Gathered, content: BuildingContent, budget: int) -> list[Explained]:
    found = []
    for key, unit in UNIT_OF_BRIDGE.items():
        if _differs(content, key):
            sources = bridge_sources(gathered.bridges[content.building], unit)
            rules = replace(BRIDGE_RULES, edges=_edges(gathered), budget_steps=budget)
            gaps = explain_line(LineKind.BRIDGE, sources, [content.building], content.period, rules)
            found += [Explained(key, gap) for gap in gaps]
    return found


def _rules(key: LineKey, sources: Iterable[Source]) -> Rules:
    """Readings may be whole kWh or the display's hundredths: as their own figures say."""
    if key is LineKey.MONEY:
        return MONEY_RULES
    written = [row.written for source in sources for row in source.rows if row.is_typed and row.written]
    step = WHOLE_KWH if all(one % WHOLE_KWH == 0 for one in written) else DISPLAY_STEP_WH
    return replace(ENERGY_RULES, reading_step=step)


def _edges(gathered: Gathered) -> dict[str, tuple[int, int]]:
    return {one.name: instants_of(one) for one in gathered.periods}
