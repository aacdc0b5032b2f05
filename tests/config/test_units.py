"""The systemd units: commands that exist, folders that agree with the configuration, and nothing that hardening would break."""

import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = sorted((Path(__file__).parents[2] / "systemd").glob("*.service"))


def settings(unit: Path) -> dict[str, str]:
    """The last value of each setting."""
    lines = [line.strip() for line in unit.read_text().splitlines()]
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith(("#", "[")))
    return {name: value for name, _, value in pairs}


def test_there_is_a_unit_for_each_process() -> None:
    names = ["cardroom-central", "cardroom-gateway", "cardroom-ingest", "cardroom-notices"]
    assert [unit.stem for unit in UNITS] == names


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_each_process_is_restarted_unprivileged_and_fenced(unit: Path) -> None:
    found = settings(unit)
    assert found["Restart"] == "always"
    assert found["User"] not in ("", "root")
    for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "MemoryDenyWriteExecute", "LockPersonality"):
        assert found[name] == "yes"
    assert found["ProtectSystem"] == "strict"
    assert found["CapabilityBoundingSet"] == ""


def test_the_gateway_starts_without_a_network_and_reads_its_boot_id() -> None:
    (unit,) = (unit for unit in UNITS if unit.stem == "cardroom-gateway")
    text, found = unit.read_text(), settings(unit)
    assert "network-online" not in text
    assert "ProcSubset" not in found
    assert found["Type"] == "notify"
    assert int(found["WatchdogSec"]) > 0
    assert found["StartLimitIntervalSec"] == "0"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_finds_the_units_safe(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
