"""Differences planted into a generated month, each with the truth of what was done, for `bench_agreement`.

A plant changes the copy that the other party has (K3, the electrician, the balances); a truth says, for each building whose gap it
touches, which error with which rows must be named.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from central.domain.agreement_rows import Row
from central.domain.gap_findings import ErrorKind, Side
from tests.bench.agreement_world import AFTER, BEFORE, BUILDINGS, PERIOD, is_near_edge


@dataclass(frozen=True)
class Truth:
    """One error as it was made: one of these ids must be among the rows named."""

    building: str
    kind: ErrorKind
    ids: frozenset[str]
    side: Side | None = None
    """Whose mistake it is, where the two differ: of a missing or a doubled row."""


@dataclass
class Copy:
    """The other party's rows while mistakes are made in them; `truths` what was done."""

    rows: dict[str, Row]
    truths: list[Truth] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    side: Side = Side.RIGHT

    def told(self, kind: ErrorKind, ours: Row, *buildings: str) -> None:
        self.touched.add(ours.id)
        for building in buildings:
            side = self.side if kind in (ErrorKind.MISSING, ErrorKind.DOUBLED) else None
            self.truths.append(
                Truth(building, kind, frozenset({ours.id, f"k{ours.id}", f"k{ours.id}+"}), side)
            )


Plant = Callable[[random.Random, list[Row], Copy], None]
"""By the true rows of the period, spoil the copy."""


def copied(rows: Iterable[Row]) -> Copy:
    """Give what the other party has when nobody errs: the same rows under ids of its own."""
    return Copy({row.id: replace(row, id=f"k{row.id}") for row in rows})


def pick(
    rng: random.Random, rows: list[Row], copy: Copy, fits: Callable[[Row], bool] = lambda row: True
) -> Row:
    """Choose a row that no other plant has touched, nor one of the same sum: what cancels in a list without keys is no gap."""
    spent = {row.amount for row in rows if row.id in copy.touched}
    found = [row for row in rows if row.amount not in spent and fits(row)]
    return rng.choice(found)


def missing(rng: random.Random, rows: list[Row], copy: Copy) -> None:
    row = pick(rng, rows, copy)
    del copy.rows[row.id]
    copy.told(ErrorKind.MISSING, row, row.building)


def doubled(rng: random.Random, rows: list[Row], copy: Copy) -> None:
    row = pick(rng, rows, copy)
    copy.rows[f"{row.id}+"] = replace(copy.rows[row.id], id=f"k{row.id}+")
    copy.told(ErrorKind.DOUBLED, row, row.building)


def slipped(kind: ErrorKind, rng: random.Random, amount: int, unit: int) -> int | None:
    """Give an amount with such a slip in the digits that were written (whole units); None when it has none."""
    digits = str(amount // unit)
    found = []
    for at in range(len(digits)):
        if kind is ErrorKind.ONE_DIGIT:
            found += [digits[:at] + d + digits[at + 1 :] for d in "0123456789" if d != digits[at]]
        elif at + 1 < len(digits):
            found.append(digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :])
    usable = [int(text) * unit for text in found if text[0] != "0" and text != digits]
    return rng.choice(usable) if usable else None


def slip(kind: ErrorKind) -> Plant:
    """Make the plant of a mistyped payment: in yuan, as it is typed, shops to the fen."""

    def plant(rng: random.Random, rows: list[Row], copy: Copy) -> None:
        def wrong(row: Row) -> int | None:
            return slipped(kind, random.Random(row.id), row.amount, 1 if row.amount % 100 else 100)

        row = pick(rng, rows, copy, lambda row: wrong(row) is not None)
        amount = wrong(row)
        assert amount is not None
        copy.rows[row.id] = replace(copy.rows[row.id], amount=amount)
        copy.told(kind, row, row.building)

    return plant


def slipped_sum(
    kind: ErrorKind, rng: random.Random, sums: list[Row], unit: int = 1
) -> tuple[list[Row], Truth] | None:
    """Mistype one of the sums: give them with the truth; None when none of them can be."""
    order = [row for row in sums if row.period == PERIOD.name]
    rng.shuffle(order)
    for row in order:
        step = 1 if unit == 1 and row.amount % 100 else max(unit, 100)
        amount = slipped(kind, rng, row.amount, step) if row.amount > 0 else None
        if amount is not None:
            changed = [replace(one, amount=amount) if one is row else one for one in sums]
            return changed, Truth(row.building, kind, frozenset({row.id}))
    return None


def sign_reversed(rng: random.Random, rows: list[Row], copy: Copy) -> None:
    row = pick(rng, rows, copy)
    copy.rows[row.id] = replace(copy.rows[row.id], amount=-row.amount)
    copy.told(ErrorKind.SIGN_REVERSED, row, row.building)


def wrong_building(rng: random.Random, rows: list[Row], copy: Copy) -> None:
    row = pick(rng, rows, copy)
    other = rng.choice([building for building in BUILDINGS if building != row.building])
    copy.rows[row.id] = replace(copy.rows[row.id], building=other)
    copy.told(ErrorKind.WRONG_BUILDING, row, row.building, other)


def wrong_period(*others: str) -> Plant:
    """Make the plant of a row booked in another period for no reason."""

    def plant(rng: random.Random, rows: list[Row], copy: Copy) -> None:
        row = pick(rng, rows, copy, lambda row: not is_near_edge(row))
        copy.rows[row.id] = replace(copy.rows[row.id], period=rng.choice(others))
        copy.told(ErrorKind.WRONG_PERIOD, row, row.building)

    return plant


def late(rng: random.Random, rows: list[Row], copy: Copy) -> None:
    row = pick(rng, rows, copy, lambda row: not is_near_edge(row))
    booked = AFTER.first + timedelta(days=rng.randrange(1, 8))
    copy.rows[row.id] = replace(copy.rows[row.id], period=AFTER.name, booked=booked)
    copy.told(ErrorKind.LATE, row, row.building)


def cut_off(rng: random.Random, rows: list[Row], copy: Copy) -> None:
    row = pick(rng, rows, copy, is_near_edge)
    is_last = row.day >= PERIOD.last
    copy.rows[row.id] = replace(copy.rows[row.id], period=(AFTER if is_last else BEFORE).name)
    copy.told(ErrorKind.CUT_OFF, row, row.building)


def cut_off_run(rng: random.Random, rows: list[Row], copy: Copy) -> None:
    """K3 closed its month early on the last day: everything after that instant is in its next month."""
    last = [row for row in rows if row.day == PERIOD.last]
    building = rng.choice([row.building for row in last])
    last = sorted((row for row in last if row.building == building), key=lambda row: row.at_ms or 0)
    run = last[-rng.randrange(1, len(last) + 1) :]
    for row in run:
        copy.rows[row.id] = replace(copy.rows[row.id], period=AFTER.name)
        copy.touched.add(row.id)
    ids = [frozenset({row.id, f"k{row.id}"}) for row in run]
    copy.truths += [Truth(building, ErrorKind.CUT_OFF, one) for one in ids]


def several(*plants: Plant) -> Plant:
    """Make two or three mistakes in one building's month."""

    def plant(rng: random.Random, rows: list[Row], copy: Copy) -> None:
        building = rng.choice(BUILDINGS)
        mine = [row for row in rows if row.building == building]
        for one in rng.sample(plants, rng.choice((2, 2, 3))):
            one(rng, mine, copy)

    return plant


MONEY: dict[str, Plant] = {
    "missing row": missing,
    "doubled row": doubled,
    "transposed digits": slip(ErrorKind.TRANSPOSED),
    "one digit": slip(ErrorKind.ONE_DIGIT),
    "sign reversed": sign_reversed,
    "wrong building": wrong_building,
    "wrong period": wrong_period(BEFORE.name, AFTER.name),
    "late arrival": late,
    "cut-off, one row": cut_off,
    "cut-off, all after an instant": cut_off_run,
    "two or three at once": several(missing, doubled, slip(ErrorKind.ONE_DIGIT), wrong_building, late),
}
OF_SUMS: dict[str, Plant] = MONEY | {
    "wrong period": wrong_period(BEFORE.name),
    "two or three at once": several(missing, doubled, sign_reversed),
}
"""Where only sums are known. Digits are then mistyped in a sum (`slipped_sum`); what stands on a later period's day looks late."""
