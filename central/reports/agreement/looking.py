"""Look at how buildings stand: gather, compare, explain, keep (R-4.1.9). Changed figures make signatures void.

A page that is asked waits for figures only; what must be searched long is left to the next look, which comes each minute.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction

from central.campus.models import Building
from central.desk.day_sums import payments_in
from central.domain.four_way import LineState
from central.domain.gap_findings import Verdict
from central.domain.periods import Period
from central.ledger.one_writer import one_writer
from central.papers.accounting import last_over, period_before
from central.reports.agreement.content import (
    BuildingContent,
    Explained,
    content_in,
    digest_of,
    explained_in,
    pack,
)
from central.reports.agreement.explaining import explain, has_gaps, rows_to_search, searched_for
from central.reports.agreement.gathering import Gathered, compared, gather, is_over
from central.reports.agreement.models import AgreementLock, OutsideRow, Standing
from central.reports.agreement.voiding import set_aside
from central.reports.k3.models import K3VoucherRow

BUDGET, SHORT_BUDGET = 300_000, 20_000
"""Steps for each part of a gap: in a look, and while a person waits."""
MOST_ROWS_WAITED_FOR, MOST_ROWS_GATHERED = 1_500, 10_000
"""So many rows are searched, or gathered, while a person waits; more is left to the next look."""
AGAIN_MS = 6 * 3_600_000
"""A building of a period that is over and not locked is looked at so often by itself."""
MOST_LOOKED_AT_ONCE = 3
"""So many buildings are looked at while a person waits."""
BUILDINGS_A_LOOK = 5
"""A look does not keep the sender waiting long."""
PERIODS_LOOKED_AT = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """A building as a page shows it: as it stands, or as it was locked."""

    building: Building
    period: Period
    content: BuildingContent | None
    explained: tuple[Explained, ...]
    is_searched: bool
    """False: gaps are there, and the search is still to come."""
    lock: AgreementLock | None
    digest: str = ""
    gathered_ms: int = 0

    def gap_of(self, key: str) -> Explained | None:
        """Give what was found for a line."""
        return next((one for one in self.explained if one.key == key), None)

    @property
    def unexplained(self) -> bool:
        """Say whether any gap is left that no rows explain, or a source is missing: signed with a reason only."""
        if self.content is None:
            return True
        lines = [one.line(self.content.building, self.content.period) for one in self.content.lines]
        is_missing = any(line.state is LineState.MISSING for line in lines)
        named = (Verdict.NAMED, Verdict.FITS, Verdict.AGREES)
        return is_missing or any(one.gap.verdict not in named for one in self.explained)


def look_while_waiting(period: Period, codes: Sequence[str], now_ms: int) -> bool:
    """Look at buildings while a person waits; False: there is too much for that, the next look does it."""
    if len(codes) > MOST_LOOKED_AT_ONCE or not _is_short(period):
        want(period, codes, now_ms)
        return False
    look(period, codes, now_ms, budget=SHORT_BUDGET, most_rows=MOST_ROWS_WAITED_FOR)
    return True


def look(
    period: Period, codes: Iterable[str], now_ms: int, *, budget: int = BUDGET, most_rows: int | None = None
) -> None:
    """Look at some buildings. `most_rows`: more are left to be searched by the next look."""
    wanted = [one for one in Building.objects.filter(code__in=list(codes)) if not is_locked(one, period)]
    if not wanted:
        return
    gathered = gather(period, [one.code for one in wanted], now_ms)
    contents = {one.pk: compared(gathered, one) for one in wanted}
    standing = {
        one.building_id: one for one in Standing.objects.filter(building__in=wanted, period=period.name)
    }
    needed = {pk: searched_for(gathered, content) for pk, content in contents.items()}
    to_explain = [
        content
        for pk, content in contents.items()
        if _is_to_explain(gathered, content, standing.get(pk), needed[pk], most_rows)
    ]
    found = explain(gathered, to_explain, budget) if to_explain else {}
    for building in wanted:
        content = contents[building.pk]
        _keep(building, content, needed[building.pk], found.get(building.code), now_ms)
        set_aside(building, period.name, digest_of(content), now_ms)


def _is_to_explain(
    gathered: Gathered,
    content: BuildingContent,
    before: Standing | None,
    needed: str,
    most_rows: int | None,
) -> bool:
    if before is not None and before.explained_for == needed:
        return False
    return most_rows is None or rows_to_search(gathered, content) <= most_rows


@one_writer
@transaction.atomic
def _keep(
    building: Building, content: BuildingContent, needed: str, found: Sequence[Explained] | None, now_ms: int
) -> None:
    """Keep what was found."""
    digest = digest_of(content)
    one, _made = Standing.objects.get_or_create(building=building, period=content.period)
    if one.digest != digest:
        one.digest, one.content = digest, pack(content)
    if found is not None:
        one.explained, one.explained_for = pack(tuple(found)), needed
    elif one.explained_for != needed:
        one.explained, one.explained_for = b"", ""
    one.lines = board_lines(
        content, explained_in(bytes(one.explained)), is_searched(content, one.explained_for)
    )
    one.gathered_ms, one.wanted_ms = now_ms, 0
    one.save()


def is_searched(content: BuildingContent, explained_for: str) -> bool:
    """Say whether nothing is left to be searched."""
    return bool(explained_for) or not has_gaps(content)


def board_lines(
    content: BuildingContent, found: Sequence[Explained], searched: bool
) -> list[dict[str, object]]:
    """Give each line for the board: state, difference, verdict, who has said nothing."""
    verdicts = {one.key: one.gap.verdict.value for one in found}
    lines = []
    for one in content.lines:
        line = one.line(content.building, content.period)
        lines.append(
            {
                "key": one.key.value,
                "unit": one.unit.value,
                "state": line.state.value,
                "difference": line.difference,
                "missing": [party.value for party in line.missing],
                "rows": sum(len(given.rows) for given in one.rows),
                "verdict": verdicts.get(one.key, "") if searched else "",
            }
        )
    return lines


def is_locked(building: Building, period: Period) -> bool:
    """Say whether a building's period was signed by all."""
    return AgreementLock.objects.filter(building=building, period=period.name).exists()


def seen(building: Building, period: Period) -> Seen:
    """Give a building as it was locked, else as it stood at the newest look."""
    lock = AgreementLock.objects.filter(building=building, period=period.name).select_related("kept").first()
    if lock is not None:
        kept = lock.kept
        content = content_in(bytes(kept.content))
        found = explained_in(bytes(kept.explained))
        return Seen(building, period, content, found, True, lock, kept.digest, lock.at_ms)
    one = Standing.objects.filter(building=building, period=period.name).exclude(digest="").first()
    if one is None:
        return Seen(building, period, None, (), False, None)
    content = content_in(bytes(one.content))
    searched = is_searched(content, one.explained_for)
    found = explained_in(bytes(one.explained))
    return Seen(building, period, content, found, searched, None, one.digest, one.gathered_ms)


def _is_short(period: Period) -> bool:
    """Say whether a person may wait for a look: the period's rows of payments, of K/3's vouchers and of lists are few."""
    days = {"day__gte": period.first, "day__lte": period.last}
    rows = OutsideRow.objects.filter(made__period=period.name, made__end__isnull=True).count()
    return (
        rows + payments_in(period).count() + K3VoucherRow.objects.filter(**days).count() <= MOST_ROWS_GATHERED
    )


def want(period: Period, codes: Iterable[str], now_ms: int) -> None:
    """Ask for another look at some buildings: the next one does it."""
    for building in Building.objects.filter(code__in=list(codes)):
        Standing.objects.update_or_create(
            building=building, period=period.name, defaults={"wanted_ms": now_ms}
        )


def look_around(now_ms: int) -> int:
    """Look at the buildings whose turn it is, asked-for ones first; give how many. Periods that are over, until they are locked."""
    period = last_over(now_ms)
    for _each in range(PERIODS_LOOKED_AT):
        turn = _whose_turn(period, now_ms) if is_over(period, now_ms) else []
        if turn:
            look(period, turn, now_ms)
            return len(turn)
        period = period_before(period)
    return 0


def _whose_turn(period: Period, now_ms: int) -> list[str]:
    locked = AgreementLock.objects.filter(period=period.name).values("building")
    known = {
        one.building_id: one
        for one in Standing.objects.filter(period=period.name).defer("content", "explained")
    }
    is_newest = period == last_over(now_ms)
    due: list[tuple[int, int, str]] = []
    for building in Building.objects.exclude(pk__in=locked):
        one = known.get(building.pk)
        if one is None:
            due += [(1, 0, building.code)] if is_newest else []
        elif one.wanted_ms or (_is_waiting(one) and one.gathered_ms < now_ms):
            due.append((0, one.gathered_ms, building.code))
        elif now_ms - one.gathered_ms >= AGAIN_MS:
            due.append((1, one.gathered_ms, building.code))
    return [code for _rank, _at_ms, code in sorted(due)[:BUILDINGS_A_LOOK]]


def _is_waiting(one: Standing) -> bool:
    return not one.explained_for and any(line["state"] == LineState.DIFFERS for line in one.lines)
