"""Daily checks of a week with a gap, a round that ended with findings, one under way."""

from datetime import timedelta

from central import clock
from central.campus.models import Building, Room
from central.clock import campus_day, start_of_day_ms
from central.domain.daily_checks import Party
from central.domain.round_coverage import Outcome
from central.losses.checks.operations import Check, record_check
from central.losses.rounds.operations import Said, begin, end, say
from central.losses.rounds.round_models import RoundEnd
from central.office.models import User
from central.office.roles import Role
from tests.browser.own_site import PASSWORD

HOUR_MS, MINUTE_MS, DAY_MS = 3_600_000, 60_000, 86_400_000
ENDED, UNDER_WAY = "0" * 32, "1" * 32


def rounds() -> None:
    """Make a warden of building 1 and a guard; checks of two days; yesterday's round of building 1 and one under way."""
    warden = User.objects.create_user("warden", password=PASSWORD, role=Role.WARDEN, first_name="周建国")
    warden.buildings.set(Building.objects.filter(code="1"))
    guard = User.objects.create_user("guard", password=PASSWORD, role=Role.SECURITY)
    now_ms = clock.now_ms()
    for number, minutes in enumerate((60, 25), start=1):
        begun = start_of_day_ms(campus_day(now_ms) - timedelta(days=number)) + 9 * HOUR_MS
        ended = begun + minutes * MINUTE_MS
        points = (("配电间上锁", True), ("走廊、楼梯无私拉电线", number == 1))
        text = "" if number == 1 else "二楼走廊有插座被撬开"
        record_check(
            Check(f"seed-{number}", Party.SECURITY, None, begun, ended, ended, points, text),
            actor=guard,
            now_ms=ended,
        )
    _walk(warden, start_of_day_ms(campus_day(now_ms) - timedelta(days=1)) + 10 * HOUR_MS)
    building, room = Building.objects.get(code="1"), Room.objects.get(building__code="1", label="101")
    say(UNDER_WAY, building, Said("seed-now", room, Outcome.IN_ORDER, now_ms), actor=warden, now_ms=now_ms)


def _walk(warden: User, at_ms: int) -> None:
    building = Building.objects.get(code="1")
    begin(ENDED, building, at_ms=at_ms, actor=warden, now_ms=at_ms)
    odd = {
        "103": Said("seed-103", _room("103"), Outcome.FOUND, at_ms, "device", "电热锅"),
        "104": Said("seed-104", _room("104"), Outcome.NO_ACCESS, at_ms, text="敲门无人应"),
    }
    for number, room in enumerate(building.rooms.exclude(label="202")):
        said = odd.get(room.label) or Said(
            f"seed-{room.label}", room, Outcome.IN_ORDER, at_ms + number * MINUTE_MS
        )
        say(ENDED, building, said, actor=warden, now_ms=at_ms + number * MINUTE_MS)
    ended = end(
        ENDED,
        "seed-end",
        "消防演习，余下未看",
        at_ms=at_ms + 55 * MINUTE_MS,
        actor=warden,
        now_ms=at_ms + HOUR_MS,
    )
    assert isinstance(ended, RoundEnd), ended


def _room(label: str) -> Room:
    return Room.objects.get(building__code="1", label=label)
