"""The systemd units: commands that exist, folders that agree with the configuration, and nothing that hardening would break."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from central import __main__ as central_main
from gateway import __main__ as gateway_main

UNITS = sorted((Path(__file__).parents[2] / "systemd").glob("*.service"))
SERVING = [unit for unit in UNITS if "\nRestart=always\n" in unit.read_text()]
ROOTS_OWN = {"cardroom-gateway-update", "mosquitto-cardroom"}
"""One runs dpkg, one asks systemd to restart the broker: they can't be fenced as the daemons are."""
MOST_EXPOSED = {"cardroom-gateway": 20}
"""In tenths. The gateway needs its serial ports; everything else at most this:"""
ELSE_MOST_EXPOSED = 15
NOT_INSTALLED_HERE = re.compile(r"\S+: Command /\S+ is not executable: No such file or directory")


def settings(unit: Path) -> dict[str, str]:
    """The last value of each setting."""
    lines = [line.strip() for line in unit.read_text().splitlines()]
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith(("#", "[")))
    return {name: value for name, _, value in pairs}


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    """Ask systemd-analyze; skips where it is missing, fails in CI."""
    if shutil.which("systemd-analyze") is None:
        message = "systemd-analyze is missing: apt-get install systemd"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    return subprocess.run(
        ["systemd-analyze", *words], capture_output=True, text=True, timeout=60, check=False
    )


def test_there_is_a_unit_for_each_process() -> None:
    serving = {unit.stem for unit in SERVING}
    ingest = {"cardroom-ingest", "cardroom-ingest@"}
    assert serving == {"cardroom-central", "cardroom-gateway", "cardroom-notices", *ingest}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_each_unit_runs_a_command_that_there_is(unit: Path) -> None:
    for name, value in re.findall(r"(?m)^(Exec\w+)=(.*)$", unit.read_text()):
        program, *words = value.lstrip("-").split()
        if program == "/usr/bin/systemctl":
            assert words == ["try-restart", "mosquitto.service"]
            continue
        if program.endswith("/bin/python"):
            assert words[:3] == ["-P", "-m", "gateway"]
            words = words[3:]
        else:
            assert program in (
                "/opt/cardroom/gateway/bin/cardroom-gateway",
                "/opt/cardroom/central/bin/cardroom-central",
            ), name
        known = gateway_main.COMMANDS if "gateway" in program else central_commands()
        assert words[0] in known, f"{name}={value}"


def central_commands() -> set[str]:
    (commands,) = (action for action in central_main._parser()._actions if action.choices)
    assert commands.choices is not None
    return set(commands.choices)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_each_process_is_unprivileged_and_fenced(unit: Path) -> None:
    if unit.stem in ROOTS_OWN:
        return
    found = settings(unit)
    assert found["User"] not in ("", "root")
    for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "MemoryDenyWriteExecute", "LockPersonality"):
        assert found[name] == "yes"
    assert found["ProtectSystem"] == "strict"
    assert found["CapabilityBoundingSet"] == ""


def test_the_broker_has_no_rights_whatever_stands_in_its_file() -> None:
    """Central writes that file, and its pages face the campus: Debian's own unit reads it as root, `user root` and plugins too."""
    found = settings(UNITS[0].parent / "mosquitto-cardroom.conf")
    assert (found["User"], found["Group"]) == ("mosquitto", "mosquitto")
    assert (found["ExecStartPre"], found["CapabilityBoundingSet"]) == ("", "")
    for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "RestrictSUIDSGID"):
        assert found[name] == "yes"
    assert found["ProtectSystem"] == "strict"
    assert found["ReadWritePaths"] == "-/var/lib/mosquitto"


def test_the_gateway_starts_without_a_network_and_reads_its_boot_id() -> None:
    (unit,) = (unit for unit in UNITS if unit.stem == "cardroom-gateway")
    text, found = unit.read_text(), settings(unit)
    assert "network-online" not in text
    assert "ProcSubset" not in found
    assert found["Type"] == "notify"
    assert int(found["WatchdogSec"]) > 0
    assert found["StartLimitIntervalSec"] == "0"
    assert found["ConditionPathExists"] == "/etc/cardroom/gateway.toml"


def test_systemd_understands_the_units_and_finds_them_safe() -> None:
    every = [str(unit) for unit in UNITS] + [
        str(file) for form in ("*.timer", "*.mount", "*.path") for file in UNITS[0].parent.glob(form)
    ]
    said = analyze("verify", "--man=no", *every).stderr.splitlines()
    assert [line for line in said if not NOT_INSTALLED_HERE.fullmatch(line)] == []
    for unit in UNITS:
        if unit.stem not in ROOTS_OWN:
            most = MOST_EXPOSED.get(unit.stem, ELSE_MOST_EXPOSED)
            words = ("security", "--offline=true", f"--threshold={most}", "--no-pager", str(unit))
            done = analyze(*words)
            assert done.returncode == 0, f"{unit.stem}: {done.stdout[-500:]}{done.stderr}"


def test_an_adapters_name_is_made_after_what_names_it_is_known() -> None:
    """A mistake in a rule is only a line in a log nobody reads: each line must be of the form that udev understands."""
    (rules,) = (UNITS[0].parent / "package" / "gateway").glob("*.rules")
    assert int(rules.name[:2]) > 60
    part = r'[A-Z_]+(\{\w+\})?(==|!=|\+=|=)"[^"]*"'
    lines = [line for line in rules.read_text().splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(rf"{part}(, {part})*", line)] == []
