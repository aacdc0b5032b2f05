"""Looks at the whole Pi when it is set up, and whenever `setup --check` is asked: machine, rights, files, link."""

from pathlib import Path

from gateway.adapters.machine_clock import kernel_keeps_time
from gateway.adapters.model_files import read_models
from gateway.adapters.registry_store import LineRow, RegistryDamaged, RegistryStore
from gateway.adapters.system_clock import RealTime
from gateway.config import GatewayConfig, load_config, wording
from gateway.technician.checks.machine_clock import judge_clock, read_clock_facts
from gateway.technician.checks.machine_disk import judge_disk, read_disk
from gateway.technician.checks.machine_ports import judge_ports, read_ports
from gateway.technician.checks.machine_rights import Rights, daemon_user, judge_rights, owned
from gateway.technician.findings import Finding, Level
from gateway.technician.setup.places import Places
from gateway.words import language, say

SYSTEM = Path("/")


def check_machine(places: Places, system: Path = SYSTEM) -> list[Finding]:
    """Give what was found; `system` is where /sys and /dev lie."""
    config = load_config(places.config)
    return [
        *_ports(places, system),
        *_clock(system),
        *_disk(places, system),
        *_rights(places),
        *_settings(places, config),
    ]


def known_address(places: Places) -> str:
    """Give central's address as an earlier set-up wrote it; empty where none did."""
    config = load_config(places.config)
    return (config.web.url or "") if isinstance(config, GatewayConfig) else ""


def _ports(places: Places, system: Path) -> list[Finding]:
    lines = _lines(places)
    there = [line.port for line in lines if Path(line.port).exists()]
    return judge_ports(read_ports(system), lines, there)


def _lines(places: Places) -> list[LineRow]:
    try:
        return RegistryStore(places.data, read_models()).lines()
    except (OSError, RegistryDamaged):
        return []


def _clock(system: Path) -> list[Finding]:
    return judge_clock(read_clock_facts(kernel_keeps_time(), RealTime().wall_ms() // 1000, system))


def _disk(places: Places, system: Path) -> list[Finding]:
    folder = places.data if places.data.is_dir() else places.root
    return judge_disk(read_disk(folder, system))


def _rights(places: Places) -> list[Finding]:
    if not places.data.is_dir():
        return []
    secrets = [owned(path) for path in (places.key, places.tls_key)]
    readable = [owned(path) for path in (places.config, places.certificate, places.authority)]
    ports = [owned(Path(line.port)) for line in _lines(places)]
    rights = Rights(
        daemon_user(),
        owned(places.data),
        tuple(one for one in secrets if one),
        tuple(one for one in readable if one),
        tuple(one for one in ports if one),
    )
    return judge_rights(rights)


def _settings(places: Places, config: object) -> list[Finding]:
    if isinstance(config, GatewayConfig):
        facts = {"gateway": config.gateway.id}
        return [
            Finding(
                "config",
                Level.GOOD,
                "config-good",
                say("This Pi is gateway {gateway}.", **facts),
                facts=facts,
            )
        ]
    assert isinstance(config, list)
    if [mistake.code for mistake in config] == ["no-file"]:
        next_step = say("Set it up: sudo cardroom-gateway setup")
        return [
            Finding("config", Level.ASK, "not-set-up", say("This Pi is no gateway yet."), next_step=next_step)
        ]
    return [
        Finding("config", Level.BAD, mistake.code, f"{places.config}: {wording(mistake, language())}")
        for mistake in config
    ]
