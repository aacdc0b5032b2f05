"""Groups of meters at central: checked by the gateway's own rule, sent with the configuration, shown again as they were taken."""

import json
from argparse import Namespace
from pathlib import Path

import pytest

from central.campus.meter_groups import groups_of, read_groups, set_groups
from central.campus.models import Building
from central.config.commands.meter_groups import meter_groups
from central.link.configuration import build, publish_if_changed
from central.link.models import Gateway
from gateway.contract.rules import GroupKind, GroupRule
from tests.central.conftest import NOW_MS

pytestmark = pytest.mark.django_db

GROUP = {
    "group": "1",
    "kind": "building",
    "master": "m-300",
    "subs": ["m-301", "m-302"],
    "fixed_loss_ppm": 15_000,
}
RULE = GroupRule("1", GroupKind.BUILDING, "m-300", ["m-301", "m-302"], fixed_loss_ppm=15_000)


def run(building: str, file: Path | None = None) -> int:
    return meter_groups(Namespace(building=building, file=str(file) if file else None))


def test_a_gateway_is_told_its_buildings_groups(
    taker, twin, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway = Gateway.objects.select_related("building").get(pk=twin.name)
    assert build(gateway, 1).groups == []
    publish_if_changed(twin.name, NOW_MS)
    assert publish_if_changed(twin.name, NOW_MS) is None
    file = tmp_path / "groups.json"
    file.write_text(json.dumps([GROUP]))
    assert run(gateway.building.code, file) == 0
    assert publish_if_changed(twin.name, NOW_MS) is not None
    gateway.building.refresh_from_db()
    assert build(gateway, 2).groups == [RULE]
    capsys.readouterr()
    assert run(gateway.building.code) == 0
    assert read_groups(capsys.readouterr().out.encode()) == [RULE]


@pytest.mark.parametrize(
    ("content", "mistake"),
    [
        ([GROUP | {"subs": []}], "nothing is counted behind the master"),
        ([GROUP | {"subs": ["m-300"]}], "a meter is listed twice"),
        ([GROUP | {"kind": "tower"}], "Invalid enum value 'tower'"),
        ({"group": "1"}, "Expected `array`"),
    ],
)
def test_a_file_with_mistakes_changes_nothing(
    campus: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: object, mistake: str
) -> None:
    set_groups("1", [RULE], actor="test", now_ms=NOW_MS)
    before = Building.objects.get(code="1").revision
    file = tmp_path / "groups.json"
    file.write_text(json.dumps(content))
    assert run("1", file) == 2
    assert mistake in capsys.readouterr().err
    building = Building.objects.get(code="1")
    assert (building.revision, groups_of(building)) == (before, [RULE])


def test_a_building_that_is_not_there(campus: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("99") == 2
    assert "no building 99" in capsys.readouterr().err
    assert not set_groups("99", [], actor="test", now_ms=NOW_MS)
