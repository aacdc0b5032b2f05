"""Writes what makes a Pi a gateway: each file whole, `gateway.toml` last. Whatever is switched off, the same again goes on.

The daemon starts by gateway.toml alone: until that stands, nothing here is a gateway.
"""

import os
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import msgspec

from gateway.adapters.journal_store import JOURNAL_NAME
from gateway.adapters.journal_store.reading import read_record
from gateway.adapters.model_files import read_models
from gateway.adapters.registry_file import RegistryDamaged
from gateway.adapters.registry_store import LineRow, MeterRow, RegistryStore
from gateway.adapters.whole_file import says, sync_folder, write_whole
from gateway.application.records import Station
from gateway.config import GatewayConfig, load_config
from gateway.contract.enrolment import EnrolAnswer
from gateway.technician.findings import Finding, Level
from gateway.technician.setup.enrol import Enrolled
from gateway.technician.setup.places import Places
from gateway.words import say

KEPT_SECTIONS = ("clock", "polling", "log")
"""What an administrator tuned by hand stays, when a gateway is set up again."""
FOR_ALL = 0o644
MOST_NAMED = 8


def of_another(places: Places, gateway: str) -> Finding | None:
    """Say why this card can't serve: it has another gateway's books, and rows that central may never have seen."""
    station = read_record(places.data / JOURNAL_NAME, Station)
    if station is None or station.gateway == gateway:
        return None
    other = station.gateway
    return Finding(
        "card",
        Level.BAD,
        "other-building",
        say(
            "This card holds the books of gateway {other}; the code is for {gateway}.",
            other=other,
            gateway=gateway,
        ),
        say("What {other} measured and central has not seen yet would be lost.", other=other),
        say(
            "Take a blank card. Or, if {other} is settled at central: sudo mv {data} {data}.{other}",
            other=other,
            data=places.data,
        ),
    )


def write_all(places: Places, enrolled: Enrolled) -> list[Finding]:
    """Write certificates, the building's name, lines and meters, then the configuration. Raises OSError, with nothing half."""
    answer = enrolled.answer
    write_whole(places.authority, answer.ca.encode())
    write_whole(places.certificate, answer.certificate.encode())
    write_whole(places.building, f"{answer.building_name}\n".encode())
    said = [_restore_registry(places, answer)]
    text = gateway_toml(places, enrolled).encode()
    if not says(places.config, text):
        _keep_aside(places.config)
    write_whole(places.config, text)
    return [one for one in said if one is not None]


def write_language(places: Places, language: str) -> None:
    """Keep the language for the commands typed later. Raises OSError."""
    write_whole(places.language, f"{language}\n".encode(), FOR_ALL)


def _restore_registry(places: Places, answer: EnrolAnswer) -> Finding | None:
    """Give a blank card the lines and meters of the Pi before it; what an electrician found on this one stays."""
    if not answer.registry:
        return None
    try:
        lines = msgspec.convert(answer.registry.get("lines", []), list[LineRow])
        meters = msgspec.convert(answer.registry.get("meters", []), list[MeterRow])
        registry = RegistryStore(places.data, read_models())
        done = registry.restore(lines, meters)
        kept = registry.meters()
    except (msgspec.ValidationError, RegistryDamaged) as error:
        what = say("The lines and meters that central kept can't be used.")
        next_step = say("Find the meters again: sudo -u cardroom cardroom-gateway commission")
        return Finding("registry", Level.ASK, "registry-unusable", what, str(error), next_step)
    facts = {"lines": len(lines), "meters": len(meters)}
    if not done and (missing := _missing(meters, kept)):
        return _other_registry(missing, registry)
    if not done:
        what = say("This card has lines and meters already; they stay as they are.")
        return Finding("registry", Level.GOOD, "registry-kept", what)
    what = say("{meters} meters on {lines} lines came back from central.", **facts)
    return Finding("registry", Level.GOOD, "registry-restored", what, facts=facts)


def _missing(told: list[MeterRow], kept: list[MeterRow]) -> list[str]:
    """The meters that the building's last Pi told of, and this card has not, or has at another place."""
    here = {(meter.meter_number, meter.line, meter.address) for meter in kept}
    return [one.meter_number for one in told if (one.meter_number, one.line, one.address) not in here]


def _other_registry(missing: list[str], registry: RegistryStore) -> Finding:
    """A card that lay in a drawer while another one served would ask old addresses, and leave rooms unread."""
    named = ", ".join(missing[:MOST_NAMED]) + (" ..." if len(missing) > MOST_NAMED else "")
    return Finding(
        "registry",
        Level.ASK,
        "registry-differs",
        say("This card has its own lines and meters; they stay. Other or elsewhere at central: {meters}.", meters=named),
        say("Either this card is newer than what central heard last, or it is an old card of the building."),
        say(
            "For an old card take central's: sudo mv {file} {file}.old, then the same setup again.",
            file=registry.path,
        ),
        {"meters": len(missing)},
    )  # fmt: skip


def _keep_aside(path: Path) -> None:
    """Let the old file stand under another name, whole, while the new one takes its place."""
    for number in range(1, 1000):
        aside = path.with_name(f"{path.name}.old-{number}")
        if not aside.exists():
            break
    try:
        os.link(path, aside)
    except FileNotFoundError:
        return
    except OSError:  # a file system without links
        write_whole(aside, path.read_bytes())
    sync_folder(path.parent)


def gateway_toml(places: Places, enrolled: Enrolled) -> str:
    """Give the configuration as it is written: everything that setup knows, and what was tuned before."""
    answer = enrolled.answer
    head = say(
        "# Written by `cardroom-gateway setup`. What is changed in [clock], [polling] and [log] stays when it is run again."
    )
    sections: dict[str, dict[str, object]] = {
        "gateway": {"id": answer.gateway, "data": str(places.data)},
        "central": {"public_keys": answer.central_keys, "approver_keys": answer.approver_keys},
        "mqtt": {
            "host": answer.broker.host,
            "port": answer.broker.port,
            **_spares(places.config),
            "tls": True,
            "ca_file": str(places.authority),
            "certificate_file": str(places.certificate),
            "key_file": str(places.tls_key),
        },
        "web": {"url": enrolled.url},
        **_tuned(places.config),
    }
    tables = (_table(name, settings) for name, settings in sections.items() if settings)
    return "\n\n".join([head, *tables]) + "\n"


def _tuned(path: Path) -> dict[str, dict[str, object]]:
    """What an old file sets otherwise than the defaults, in the sections that setup doesn't write."""
    old = load_config(path)
    if not isinstance(old, GatewayConfig):
        return {}
    return {name: dict(_set_otherwise(getattr(old, name))) for name in KEPT_SECTIONS}


def _spares(path: Path) -> dict[str, object]:
    """The spare brokers of an old file: central tells of the first one alone."""
    old = load_config(path)
    if not isinstance(old, GatewayConfig) or not old.mqtt.spare_brokers:
        return {}
    named = ((f"[{host}]" if ":" in host else host, port) for host, port in old.mqtt.spare_brokers)
    return {"spare_brokers": [f"{host}:{port}" for host, port in named]}


def _set_otherwise(section: object) -> Iterator[tuple[str, object]]:
    for item in fields(section):  # type: ignore[arg-type]
        value = getattr(section, item.name)
        if value != item.default:
            yield item.name, str(value) if isinstance(value, Path) else value


def _table(name: str, settings: dict[str, object]) -> str:
    return "\n".join([f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in settings.items())])


def _toml(value: object) -> str:
    """JSON's strings, numbers, truth and lists of strings are TOML's."""
    return msgspec.json.encode(value).decode()
