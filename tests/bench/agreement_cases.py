"""One case of `bench_agreement`: two sources that should agree, a planted difference, and what must be said about it."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from central.domain.agreement_rows import Grain, Row, Rules
from central.domain.gap_explanations import ENERGY_RULES
from central.domain.gap_findings import ErrorKind, Side
from central.domain.written_slips import slip_between
from tests.bench import agreement_plants as plants
from tests.bench.agreement_plants import Copy, Plant, Truth, copied, pick
from tests.bench.agreement_world import (
    AFTER,
    BEFORE,
    BUILDINGS,
    EDGES,
    PERIOD,
    World,
    electrician,
    generate,
    is_near_edge,
)


@dataclass
class Case:
    """What the search is given, and the truth. `truths` empty: nothing explains the gap (or there is none)."""

    left: list[Row]
    right: list[Row]
    truths: list[Truth]
    rules: Rules = field(default_factory=lambda: Rules(edges=EDGES))
    left_grain: Grain = Grain.ROWS
    right_grain: Grain = Grain.ROWS
    has_lump: bool = False
    is_chance: bool = False
    """Rows may fit the lump by chance: then nothing may be called certain, but not nothing said."""


Maker = Callable[[random.Random], Case | None]
TRANSPOSED, ONE_DIGIT = "transposed digits", "one digit"
SLIPS = {TRANSPOSED: ErrorKind.TRANSPOSED, ONE_DIGIT: ErrorKind.ONE_DIGIT}


def _spoiled(world: World, plant: Plant | None, rng: random.Random, side: Side = Side.RIGHT) -> Copy:
    copy = copied(world.payments)
    copy.side = side
    if plant is not None:
        plant(rng, [row for row in world.payments if row.period == PERIOD.name], copy)
    return copy


def money_rows(plant: Plant | None, strip: Callable[[Row], Row], is_ours: bool = False) -> Maker:
    """K3 gives its single vouchers, with as much as `strip` leaves of each. `is_ours`: the mistake is the card room's."""

    def make(rng: random.Random) -> Case:
        world = generate(rng)
        copy = _spoiled(world, plant, rng, Side.LEFT if is_ours else Side.RIGHT)
        left, right = world.payments, list(copy.rows.values())
        if is_ours:
            left, right = right, left
        return Case(_shuffled(rng, left), _shuffled(rng, map(strip, right)), copy.truths)

    return make


def with_documents(row: Row) -> Row:
    """Vouchers with our receipt numbers, no rooms."""
    return replace(row, place="")


def with_rooms(row: Row) -> Row:
    """Vouchers that name the room in their text."""
    return replace(row, document="")


def bare(row: Row) -> Row:
    """Vouchers of a day and a sum."""
    return replace(row, document="", place="")


def worn(row: Row) -> Row:
    """Vouchers as people type them: a third without the receipt number, one of forty with a slip in it, half without the room."""
    chance = random.Random(row.document)  # whoever books a receipt twice copies it twice
    document = row.document if chance.random() > 0.33 else ""
    if document and chance.random() < 0.025:
        document = str(plants.slipped(ErrorKind.TRANSPOSED, chance, int(document), 1) or document)
    return replace(row, document=document, place=row.place if chance.random() < 0.5 else "")


def _shuffled(rng: random.Random, rows: Iterable[Row]) -> list[Row]:
    found = list(rows)
    rng.shuffle(found)
    return found


def money_sums(name: str, plant: Plant | None, grain: Grain) -> Maker:
    """K3 gives one sum a day, or one a period, in each building."""

    def make(rng: random.Random) -> Case | None:
        world = generate(rng)
        slip = SLIPS.get(name)
        copy = _spoiled(world, None if slip else plant, rng)
        sums = summed(copy.rows.values(), grain)
        truths = copy.truths
        if slip is not None:
            slipped = plants.slipped_sum(slip, rng, sums)
            if slipped is None:
                return None
            sums, truths = slipped[0], [slipped[1]]
        return Case(_shuffled(rng, world.payments), _shuffled(rng, sums), truths, right_grain=grain)

    return make


def summed(rows: Iterable[Row], grain: Grain) -> list[Row]:
    """Sum a copy by building and day (the day it was booked on), or by building and period."""
    found: dict[tuple[object, ...], Row] = {}
    for row in sorted(rows, key=lambda row: row.id):
        day = _booked_on(row) if grain is Grain.DAYS else PERIOD.last
        key = (row.building, row.period, day)
        at = found.get(key)
        total = row.amount + (at.amount if at else 0)
        found[key] = Row(f"sum {row.building} {row.period} {day}", row.building, row.period, day, total)
    return list(found.values())


def _booked_on(row: Row) -> date:
    if row.period == AFTER.name:
        return max(row.booked or row.day, AFTER.first)
    return min(row.day, BEFORE.last) if row.period == BEFORE.name else row.day


def energy(plant: Plant | None) -> Maker:
    """The electrician's readings against the automatic ones; whole kWh, so that nearly every row differs a little."""

    def make(rng: random.Random) -> Case:
        world = generate(rng)
        read = [electrician(row, rng) for row in world.readings]
        copy = Copy(
            {row.id.removeprefix("e"): replace(row, id=f"k{row.id[1:]}") for row in read}, side=Side.LEFT
        )
        if plant is not None:
            plant(rng, world.readings, copy)
        rules = replace(ENERGY_RULES, edges=EDGES)
        return Case(_shuffled(rng, copy.rows.values()), _shuffled(rng, world.readings), copy.truths, rules)

    return make


def misread(kind: ErrorKind) -> Plant:
    """A register written down with such a slip; what it differs by is at least 2 kWh, else it is within the rounding."""

    def plant(rng: random.Random, rows: list[Row], copy: Copy) -> None:
        while True:
            row = pick(rng, rows, copy)
            mine = copy.rows[row.id]
            assert mine.written is not None
            written = plants.slipped(kind, rng, mine.written, 1000)
            if written is not None and abs(written - mine.written) >= 2000:
                break
        copy.rows[row.id] = replace(mine, written=written, amount=mine.amount + written - mine.written)
        copy.told(kind, row, row.building)

    return plant


def read_later(rng: random.Random, rows: list[Row], copy: Copy) -> None:
    """The electrician came hours before or after the period's end."""
    row = pick(rng, rows, copy, lambda row: row.amount > 100_000)
    mine = copy.rows[row.id]
    assert mine.written is not None
    assert mine.at_ms is not None
    hours = rng.choice((-18, -12, -6, 6, 12, 18))
    used = hours * 250 // 1000 * 1000
    while slip_between((mine.written + used) // 1000, mine.written // 1000) is not None:
        used += 1000 if used > 0 else -1000
    copy.rows[row.id] = replace(
        mine, written=mine.written + used, amount=mine.amount + used, at_ms=mine.at_ms + hours * 3_600_000
    )
    copy.told(ErrorKind.CUT_OFF, row, row.building)


ENERGY: dict[str, Plant] = {
    "missing row": plants.missing,
    "doubled row": plants.doubled,
    TRANSPOSED: misread(ErrorKind.TRANSPOSED),
    ONE_DIGIT: misread(ErrorKind.ONE_DIGIT),
    "wrong building": plants.wrong_building,
    "read at another instant": read_later,
    "two or three at once": plants.several(misread(ErrorKind.ONE_DIGIT), plants.missing, read_later),
}


def bridge(
    plant: Plant | None, spoil: Callable[[random.Random, list[Row]], Truth | None] | None = None
) -> Maker:
    """The movements against what the balances say, room by room. `plant`: in the balances; `spoil`: in a closing balance itself."""

    def make(rng: random.Random) -> Case | None:
        world = generate(rng)
        copy = copied(world.movements)
        if plant is not None:
            plant(rng, world.movements, copy)
        closing = dict(world.balances)
        for row in copy.rows.values():
            closing[row.building, row.place] += row.amount
        closings = [_balance("c", PERIOD.last, *at, amount) for at, amount in closing.items()]
        truths = list(copy.truths)
        if spoil is not None:
            truth = spoil(rng, closings)
            if truth is None:
                return None
            truths = [truth]
        openings = [_balance("o", PERIOD.first, *at, -amount) for at, amount in world.balances.items()]
        right = _shuffled(rng, closings + openings)
        return Case(_shuffled(rng, world.movements), right, truths, right_grain=Grain.PLACES)

    return make


def _balance(letter: str, day: date, building: str, room: str, amount: int) -> Row:
    return Row(f"{letter}{room}", building, PERIOD.name, day, amount, room)


def wrong_room(rng: random.Random, rows: list[Row], copy: Copy) -> None:
    """A payment reached another room of the building."""
    _credit_elsewhere(rng, rows, copy, is_same_building=True)


def room_of_another_building(rng: random.Random, rows: list[Row], copy: Copy) -> None:
    """A payment reached a room of another building."""
    _credit_elsewhere(rng, rows, copy, is_same_building=False)


def _credit_elsewhere(rng: random.Random, rows: list[Row], copy: Copy, is_same_building: bool) -> None:
    row = pick(rng, rows, copy, lambda row: row.amount > 0)
    other = rng.choice(
        [
            one
            for one in rows
            if (one.building == row.building) == is_same_building
            and one.place != row.place
            and not any(one.place == done.place for done in rows if done.id in copy.touched)
        ]
    )
    copy.rows[row.id] = replace(copy.rows[row.id], building=other.building, place=other.place)
    kind = ErrorKind.WRONG_PLACE if is_same_building else ErrorKind.WRONG_BUILDING
    copy.told(kind, row, *sorted({row.building, other.building}))
    if is_same_building:
        copy.truths.append(copy.truths[-1])  # both rooms' gaps say it


def not_yet_credited(rng: random.Random, rows: list[Row], copy: Copy) -> None:
    """The last payment of a room, near the period's end, is in the next period's balance."""
    near = [
        row for row in rows if row.amount > 0 and row.at_ms and is_near_edge(row) and row.day == PERIOD.last
    ]
    place = rng.choice(near).place
    row = max((row for row in near if row.place == place), key=lambda row: row.at_ms or 0)
    del copy.rows[row.id]
    copy.told(ErrorKind.CUT_OFF, row, row.building)


def slipped_balance(kind: ErrorKind) -> Callable[[random.Random, list[Row]], Truth | None]:
    """A closing balance copied wrongly."""

    def spoil(rng: random.Random, closings: list[Row]) -> Truth | None:
        slipped = plants.slipped_sum(kind, rng, closings)
        if slipped is None:
            return None
        closings[:] = slipped[0]
        return slipped[1]

    return spoil


BRIDGE: dict[str, Plant] = {
    "missing row": plants.missing,
    "doubled row": plants.doubled,
    "sign reversed": plants.sign_reversed,
    "wrong room": wrong_room,
    "wrong building": room_of_another_building,
    "cut-off, one row": not_yet_credited,
    "two or three at once": plants.several(plants.missing, plants.doubled, plants.sign_reversed),
}


def lump(
    grain: Grain, fen: Callable[[random.Random], int], is_shop: bool = False, is_chance: bool = False
) -> Maker:
    """A sum that is off by something no row knows of. Whether a set of rows fits it all the same is chance."""

    def make(rng: random.Random) -> Case:
        world = generate(rng)
        sums = summed(copied(world.payments).rows.values(), grain)
        buildings = BUILDINGS[-1:] if is_shop else BUILDINGS[:-1]
        at = rng.choice(
            [n for n, row in enumerate(sums) if row.period == PERIOD.name and row.building in buildings]
        )
        sums[at] = replace(sums[at], amount=sums[at].amount + fen(rng))
        return Case(world.payments, sums, [], right_grain=grain, has_lump=True, is_chance=is_chance)

    return make


def odd_lump(rng: random.Random) -> int:
    """A sum with fen that no dormitory's payments have."""
    return 100 * rng.randrange(11, 900) + 37


def round_lump(rng: random.Random) -> int:
    """Whole tens of yuan, as nearly every payment is, and more than a single one."""
    return 1_000 * rng.randrange(41, 90)


def lump_on_a_balance(rng: random.Random) -> Case:
    """A closing balance off by what nothing explains."""
    made = bridge(None)(rng)
    assert made is not None
    at = rng.choice([n for n, row in enumerate(made.right) if row.id.startswith("c")])
    made.right[at] = replace(
        made.right[at], amount=made.right[at].amount + rng.randrange(1_111_111, 9_999_999)
    )
    return replace(made, has_lump=True)
