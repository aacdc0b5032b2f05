"""Looks at the whole Pi when it is set up, and whenever `setup --check` is asked: machine, settings, broker and certificate."""

from collections.abc import Iterator

import msgspec

from gateway.adapters.control_client import Unreachable, ask
from gateway.adapters.control_protocol import SOCKET_NAME, StatusReport
from gateway.adapters.model_files import BrokenModels, read_models
from gateway.adapters.registry_store import RegistryDamaged, RegistryStore
from gateway.config import GatewayConfig, Mistake, load_config, wording
from gateway.technician.checks.machine_gather import machine_findings
from gateway.technician.findings import Finding, Level
from gateway.technician.setup.places import Places
from gateway.technician.site import Site
from gateway.words import language, say


def check_machine(places: Places) -> list[Finding]:
    """Give what was found."""
    config = load_config(places.config)
    return [*machine_findings(_site(places), places.config), *_settings(places, config)]


def _site(places: Places) -> Site:
    """What is registered here; a registry that can't be read is `commission`'s and `doctor`'s to tell."""
    try:
        models = read_models()
        registry = RegistryStore(places.data, models)
        return Site(places.data, registry.lines(), registry.meters(), models)
    except (OSError, RegistryDamaged, BrokenModels):
        return Site(places.data, [], [], {})


def known_address(places: Places) -> str:
    """Give central's address as an earlier set-up wrote it; empty where none did."""
    config = load_config(places.config)
    return (config.web.url or "") if isinstance(config, GatewayConfig) else ""


def _settings(places: Places, config: GatewayConfig | list[Mistake]) -> Iterator[Finding]:
    if isinstance(config, GatewayConfig):
        facts = {"gateway": config.gateway.id}
        yield Finding(
            "config", Level.GOOD, "config-good", say("This Pi is gateway {gateway}.", **facts), facts=facts
        )
        yield from broker_findings(config)
    elif [mistake.code for mistake in config] == ["no-file"]:
        next_step = say("Set it up: sudo cardroom-gateway setup")
        yield Finding(
            "config", Level.ASK, "not-set-up", say("This Pi is no gateway yet."), next_step=next_step
        )
    else:
        for mistake in config:
            what = f"{places.config}: {wording(mistake, language())}"
            yield Finding("config", Level.BAD, mistake.code, what)


def broker_findings(config: GatewayConfig) -> Iterator[Finding]:
    """Go the way to the broker with this gateway's certificate, as the daemon does; where it runs, its word counts."""
    from gateway.technician.checks.link_gather import link_findings

    reply = ask(config.gateway.data / SOCKET_NAME, "status", timeout_s=10.0)
    running = not isinstance(reply, Unreachable) and reply.refusal is None
    report = msgspec.json.decode(reply.result, type=StatusReport) if running else None  # type: ignore[union-attr]
    return link_findings(config, report)
