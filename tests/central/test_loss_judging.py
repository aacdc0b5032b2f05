"""Days and periods are judged once by both rules; a case opens for the electrician, and never for what is no loss (R-4.2.3)."""

from functools import partial

import msgspec
import pytest

from central.domain.instant_balance import HOUR_MS as HOUR_MS
from central.domain.loss_judgement import LossVerdict
from central.link.models import Alarm
from central.losses.balances.judgement_models import LossJudgement
from central.losses.balances.judging import judge_losses
from central.losses.case_models import Case
from central.office.models import Notice, User
from central.office.roles import Role
from tests.central.balance_steps import (
    DAY_MS,
    FLOOR,
    MIDNIGHT_MS,
    building,
    gateway,
    lay_down,
    rules_set,
    tell,
)

pytestmark = pytest.mark.usefixtures("twin")
DAYS = 25
BEGUN_MS = MIDNIGHT_MS - DAYS * DAY_MS


def load_wh(meter: str, hour: int, *, tapped_w: int = 0, from_hour: int = 0) -> int:
    """Rooms of 0.6 to 1.4 kW by the time of day, 1 % lost in the conductors, and a tap from an hour on."""
    room = 600 + 100 * (hour % 9) + (hour * 7919) % 11
    if meter != "m-300":
        return room
    return 2 * room + 2 * room // 100 + (tapped_w if hour >= from_hour else 0)


def verdicts() -> list[str]:
    return list(
        LossJudgement.objects.filter(kind="day").order_by("from_ms").values_list("verdict", flat=True)
    )


def test_honest_days_are_balanced_and_judged_once() -> None:
    rules_set(FLOOR)
    lay_down(BEGUN_MS, DAYS * 24, load_wh)
    assert judge_losses(MIDNIGHT_MS) >= DAYS
    assert set(verdicts()) == {"balanced"}
    assert judge_losses(MIDNIGHT_MS + DAY_MS) == 0
    assert not Case.objects.exists()


def test_a_clock_that_runs_ahead_ends_no_day() -> None:
    rules_set(FLOOR)
    lay_down(BEGUN_MS, 26, load_wh)
    tell(MIDNIGHT_MS, {"m-300": 1, "m-301": 1, "m-302": 1}, trusted=False)
    judge_losses(MIDNIGHT_MS)
    assert verdicts() == ["balanced"], "the second day's rows are still to come"


def test_a_small_tap_within_the_fixed_ratio_opens_a_case_for_the_buildings_electrician_and_says_by_how_much() -> (
    None
):
    User.objects.create_user("wu", role=Role.ELECTRICIAN, email="wu@example.org")
    rules_set(FLOOR)
    lay_down(BEGUN_MS, DAYS * 24, partial(load_wh, tapped_w=60, from_hour=(DAYS - 3) * 24))
    judge_losses(MIDNIGHT_MS)
    assert verdicts()[-3:] == [LossVerdict.UNUSUAL.value] * 3
    (case,) = Case.objects.all()
    assert (case.kind, case.key, case.building.code) == ("loss", "loss:1:f3", "1")
    facts = case.steps.first().facts
    assert facts["unexplained_wh"] > 0
    assert 1_300 < facts["master_wh"] - facts["subs_wh"] - facts["usual_wh"] < 1_600, "60 W over a day"
    assert [step.kind for step in case.steps.all()] == ["opened", "seen-again", "seen-again"]
    assert Notice.objects.filter(template="case-opened").count() == 1


@pytest.mark.parametrize(("known_w", "said"), [(0, "beyond-both"), (400, "balanced")])
def test_a_large_load_is_beyond_both_rules_unless_it_is_known(known_w: int, said: str) -> None:
    rules_set(FLOOR, msgspec.structs.replace(FLOOR, from_ms=BEGUN_MS + 20 * DAY_MS, own_use_w=known_w))
    lay_down(BEGUN_MS, DAYS * 24, partial(load_wh, tapped_w=400, from_hour=20 * 24))
    judge_losses(MIDNIGHT_MS)
    assert verdicts() == ["balanced"] * 20 + [said] * 5


def test_a_master_below_its_subs_opens_a_case_of_wires_and_not_of_loss() -> None:
    rules_set(FLOOR)
    lay_down(BEGUN_MS, 48, lambda meter, _hour: 500 if meter == "m-300" else 1_000)
    judge_losses(MIDNIGHT_MS)
    (case,) = Case.objects.all()
    assert (case.kind, case.key) == ("meter", "meter:1:f3")
    assert set(verdicts()) == {"master-below-subs"}


def test_a_gateways_alarms_open_their_cases_once() -> None:
    for what, subject in (("energy-loss", "f3"), ("unusual-loss", "f3"), ("meter-counts-backwards", "m-301")):
        Alarm.objects.create(
            gateway=gateway(), code=f"{what}:{subject}", what=what, subject=subject, raised_ms=MIDNIGHT_MS
        )
    for _again in range(2):
        judge_losses(MIDNIGHT_MS + DAY_MS)
    loss, meter = Case.objects.order_by("kind")
    assert (loss.key, loss.steps.count()) == ("loss:1:f3", 2)
    assert (meter.key, meter.room.label) == ("meter:1:m-301", "301")
    assert building().cases.count() == 2


def test_a_tap_that_was_always_there_is_found_by_the_accounting_period() -> None:
    """Nothing else was ever usual, and each day is within the tolerance: only the fixed ratio over a month says it (R-4.2.3)."""
    rules_set(FLOOR)
    lay_down(MIDNIGHT_MS - 24 * DAY_MS, 32 * 24, partial(load_wh, tapped_w=60))
    judge_losses(MIDNIGHT_MS + 8 * DAY_MS)
    assert set(verdicts()) == {"balanced"}
    (period,) = LossJudgement.objects.filter(kind="period")
    assert (period.verdict, period.until_ms - period.from_ms) == ("beyond-fixed", 31 * DAY_MS)
    assert Case.objects.get().steps.get().facts["kind"] == "period"
    assert judge_losses(MIDNIGHT_MS + 9 * DAY_MS) == 0
