"""An update on a building at work: real packages by a real dpkg in a folder, the real daemon under a stand-in for systemd."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.adapters.update_files import Step
from tests.update.stand import Stand, stand_in


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    """A building of two meters at work with version 0.1.0, its outbox drained."""
    async with stand_in(tmp_path) as ready:
        yield ready


async def test_a_good_version_stays_and_worse_ones_go_back_by_themselves(stand: Stand) -> None:
    code, end = await stand.update("0.2.0")
    assert (code, end["outcome"], end["failed"]) == (0, "done", "")
    assert stand.installed() == "0.2.0"
    assert (await stand.station.status())["software"] == "0.2.0"

    code, end = await stand.update("0.3.0", fault="polls-nothing")
    assert (code, end["outcome"], end["failed"]) == (1, "back", "meters")
    assert "answering=0/2" in end["detail"]
    assert stand.installed() == "0.2.0"

    code, end = await stand.update("0.4.0", fault="newer-books")
    assert (code, end["failed"], end["store_put_back"]) == (1, "restarts", True)
    assert (stand.installed(), stand.schema()) == ("0.2.0", 1)
    status = await stand.until_up("0.2.0")
    assert status["alarms"] == []
    assert (stand.station.data / "journal.db.0.4.0").exists()

    code, out = await stand.command("update", "--history", "--json")
    told = [(line["was"], line["wants"], line["outcome"], line["failed"]) for line in json.loads(out)]
    assert code == 0
    assert told == [
        ("0.1.0", "0.2.0", "done", ""),
        ("0.2.0", "0.3.0", "back", "meters"),
        ("0.2.0", "0.4.0", "back", "restarts"),
    ]
    assert not stand.files.scratch.exists()
    assert [path.name for path in stand.files.scratch.parent.glob("*.deb")] == [
        f"cardroom-gateway_0.1.0_{stand.architecture}.deb"
    ]


async def test_killed_in_the_middle_it_is_ended_at_the_next_boot(stand: Stand) -> None:
    # `make try-update` cuts at every step, dpkg too.
    for number, killed_at in enumerate((Step.INSTALLING, Step.WATCHING), start=2):
        await stand.update_and_be_killed(f"0.{number}.0", killed_at, fault="crashes")
        left = stand.files.load()
        assert left is not None
        assert left.step is killed_at
        code, end = await stand.resume()
        assert (code, stand.files.history()[-1].outcome) == (1, "back"), end
        assert stand.installed() == "0.1.0"
        assert stand.files.load() is None
        await stand.until_up("0.1.0")
