"""Losses, thefts, rounds and readings of a building are nobody's who serves another one: by number, by code, by form, as JSON."""

from itertools import product

import pytest
from django.test import Client
from django.urls import reverse

from central import clock
from central.campus.meter_groups import set_groups
from central.campus.models import Building
from central.losses.abnormal.models import AbnormalRow, AbnormalRun
from central.losses.case_models import Case
from central.losses.cases import Matter, open_case
from central.losses.readings.sheets import month_of, period_now
from central.losses.rounds.round_models import Round
from central.office.dangerous import CONFIRMED_KEY
from central.office.models import User
from central.office.roles import OF_BUILDINGS
from gateway.contract.rules import GroupKind, GroupRule
from tests.browser import seed_readings, seed_rounds
from tests.pages.test_access import PATTERNS

pytestmark = [pytest.mark.django_db(databases=["default", "telemetry"]), pytest.mark.timeout(300)]


@pytest.fixture
def everything(campus: None) -> None:
    """Make a case of each kind, a round, a group of meters and a room with unusual use, all in building 1."""
    building, now_ms = Building.objects.get(code="1"), clock.now_ms()
    seed_rounds.rounds()
    group = GroupRule("F1", GroupKind.BUILDING, "T-1", seed_readings.meters_of("1"))
    assert set_groups("1", [group], actor="seed", now_ms=now_ms)
    for kind in Case.Kind:
        open_case(Matter(kind, kind, building, f"about {kind}"), f"seed-{kind}", actor=None, now_ms=now_ms)
    run = AbnormalRun.objects.create(
        building=building,
        month="2026-10",
        from_ms=0,
        month_ms=1,
        until_ms=2,
        made_ms=3,
        used={"not_judged": {}},
    )
    AbnormalRow.objects.create(
        run=run,
        room=building.rooms.first(),
        place=1,
        meter="m",
        confidence_ppm=1,
        score_milli=1,
        reasons=[],
        days=[],
    )


def named(name: str) -> list[dict[str, object]]:
    """Give what an address of another's can name, as far as it is there."""
    rows = {"losses:round": Round, "losses:abnormal-row": AbnormalRow, "losses:abnormal-review": AbnormalRow}
    values: dict[str, list[object]] = {
        "number": list(rows.get(name, Case).objects.values_list("pk", flat=True)),
        "building": ["1"],
        "group": ["F1"],
        "building_id": [Building.objects.get(code="1").pk],
        "month": [month_of(period_now(clock.now_ms()))],
        "form": ["pdf", "json"],
    }
    parts = list(PATTERNS[name].pattern.converters)
    if not parts or not set(parts) <= set(values):
        return []
    return [dict(zip(parts, one, strict=True)) for one in product(*(values[part] for part in parts))]


@pytest.mark.parametrize("role", OF_BUILDINGS)
def test_nothing_of_another_building_is_shown_or_taken(everything: None, role: str) -> None:
    user = User.objects.create_user("elsewhere", role=role)
    user.buildings.add(Building.objects.create(code="9", name="Nine"))
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[CONFIRMED_KEY] = clock.real_now_ms()
    session.save()
    asked, open_to_all = 0, []
    for name in (name for name in PATTERNS if name.startswith("losses:")):
        for one in named(name):
            address = reverse(name, kwargs=one)
            for send in (client.get, client.post):
                asked += 1
                status = send(address).status_code
                if status not in (403, 404, 405):
                    open_to_all.append((address, send.__name__, status))
    assert asked > 60
    assert not open_to_all
    for page in ("thefts", "cases", "balances", "rounds", "readings", "abnormal"):
        answer = client.get(reverse(f"losses:{page}"))
        assert answer.status_code in (200, 403)
        assert "1号楼" not in answer.content.decode(), page
