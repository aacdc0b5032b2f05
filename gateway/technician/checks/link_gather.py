"""Gather what is known of the link: the daemon's own word where it runs, the way to the broker, this gateway's certificate."""

import asyncio
from collections.abc import Iterator

from gateway.adapters.control_protocol import StatusReport
from gateway.adapters.mqtt_session import Broker
from gateway.adapters.system_clock import RealTime
from gateway.app.assembly import broker_of
from gateway.config import GatewayConfig
from gateway.contract.identifiers import GatewayId
from gateway.technician.checks.certificate import judge_certificate, read_certificate
from gateway.technician.checks.link import WORDS, judge_link
from gateway.technician.checks.link_probe import Probe, probe_broker, probe_session
from gateway.technician.findings import Finding, Level
from gateway.technician.status import link_text
from gateway.words import say


def link_findings(config: GatewayConfig, report: StatusReport | None) -> Iterator[Finding]:
    """Judge link and certificate."""
    mqtt = config.mqtt
    try:
        broker = broker_of(config)
    except OSError as error:
        what = say("The broker's password can't be read: {why}.", why=f"{error.filename}: {error.strerror}")
        next_step = say("Check [mqtt] password_file and its rights, or use sudo.")
        yield Finding("link", Level.BAD, "link-password-file", what, next_step=next_step)
        return
    probe = asyncio.run(probe_way(broker, config.gateway.id, report))
    yield judge_link(probe, mqtt.host, mqtt.port, config.gateway.id)
    for spare in broker.everywhere()[1:]:
        # No session there: the daemon may be at that very broker, which throws out the elder of two with one name.
        found = probe_broker(spare)
        if found.code:
            yield judge_link(found, spare.host, spare.port, config.gateway.id)
    if mqtt.tls and mqtt.certificate_file is not None:
        facts = read_certificate(mqtt.certificate_file, mqtt.key_file)
        yield from judge_certificate(facts, config.gateway.id, RealTime().wall_ms())


async def probe_way(broker: Broker, gateway: GatewayId, report: StatusReport | None) -> Probe:
    """Go the way to the broker, unless the daemon is connected; its last word may be minutes old. Its client id is its own."""
    if report is not None and report.link_connected:
        return Probe()
    probe = await asyncio.to_thread(probe_broker, broker)
    if probe.code:
        return probe
    if report is None:
        return await probe_session(broker, gateway)
    return Probe(report.link_trouble if report.link_trouble in WORDS else "refused", link_text(report))
