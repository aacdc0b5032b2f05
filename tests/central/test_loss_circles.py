"""Two people at one theft, or one person in two rooms of the office: neither act fails, and nobody waits in a circle."""

import pytest

from tests.central.test_circles import said

HOUSE = r"""
from central.campus.models import Building, Room
from central.losses import cases
from central.losses.case_models import CaseStep
from central.losses.theft.facts import Seen
from central.losses.theft.operations import Report, answer, report
guard = User.objects.create_user("guard", role="security")
room = Room.objects.get(label="301")
def tell(step):
    return report(Report(room.building, room, "", Seen.CABLE, NOW_MS), step, actor=guard, now_ms=NOW_MS)
"""


@pytest.mark.timeout(180)
def test_a_theft_is_seen_again_while_its_electrician_answers(ready, tmp_path):
    """Who answers holds the case and wants the head; what is seen again holds the head, and names the case at its commit."""
    script = HOUSE + (
        r"""
case = tell("r-1")
meet("answer", lambda: answer(case.pk, CaseStep.Kind.ACKNOWLEDGED, "a-1", at_ms=NOW_MS, actor=admin, now_ms=NOW_MS),
     lambda: tell("r-2"), (cases, "record_audit"))
print(*sorted(CaseStep.objects.values_list("kind", flat=True)))
"""
    )
    assert said(ready, tmp_path, script) == "acknowledged opened seen-again\n"


@pytest.mark.timeout(180)
def test_a_check_is_recorded_while_the_same_person_reports(ready, tmp_path):
    """Who records a check holds himself and wants the head; his report holds the head, and names him at its commit."""
    script = HOUSE + (
        r"""
from central.domain.daily_checks import Party
from central.losses.checks import operations as checks
today_ms = clock.start_of_day_ms(clock.campus_day(NOW_MS))
times = (today_ms - 7_200_000, today_ms - 3_600_000, NOW_MS)
check = checks.Check("c-1", Party.SECURITY, None, *times, (("doors", True),))
meet("check", lambda: checks.record_check(check, actor=guard, now_ms=NOW_MS), lambda: tell("r-1"),
     (checks, "record_audit"))
print(CaseStep.objects.count())
"""
    )
    assert said(ready, tmp_path, script) == "1\n"
