"""The meter models that ship with the gateway, read from its rows; the bench asks what they say can be asked."""

import tomllib
from importlib.resources import files

from firmware_tools.terminal.trouble import USAGE, Trouble
from gateway.protocols.driver import Item
from gateway.protocols.meters import address_mistake
from gateway.protocols.models import ModelRow, parse_row
from gateway.words import say

SUFFIX = ".toml"
CENTI_KWH = 10
"""Wh in one step of a DL/T 645 register (XXXXXX.XX kWh)."""


def model_names() -> list[str]:
    """Give the names of all models."""
    folder = files("gateway.protocols") / "models"
    return sorted(
        entry.name.removesuffix(SUFFIX) for entry in folder.iterdir() if entry.name.endswith(SUFFIX)
    )


def model_row(name: str) -> ModelRow | Trouble:
    """Give one model's row."""
    if name in model_names():
        text = (files("gateway.protocols") / "models" / f"{name}{SUFFIX}").read_text(encoding="utf-8")
        row = parse_row(name, tomllib.loads(text))
        if isinstance(row, ModelRow):
            return row
    return Trouble(
        "unknown-model",
        say("There is no meter model {model}.", model=repr(name[:40])),
        next_step=say("Use one of: {models}.", models=", ".join(model_names())),
        exit_code=USAGE,
    )


def meter_at(name: str, address: str) -> tuple[ModelRow, str] | Trouble:
    """Give a model's row for an address that fits it."""
    row = model_row(name)
    if isinstance(row, Trouble):
        return row
    if address_mistake(row, address) is None and "AA" not in address.upper():
        return row, address
    return Trouble(
        "bad-address",
        say("{address} is no address of a {model}.", address=repr(address[:20]), model=name),
        next_step=say(
            "DL/T 645 meters have up to 12 digits on their plate, Modbus meters a unit from 1 to 247."
        ),
        exit_code=USAGE,
    )


def resolution_wh(row: ModelRow) -> int:
    """Give the smallest step of a model's energy register in Wh."""
    register = row.registers.get(Item.ENERGY)
    if register is None:
        return CENTI_KWH
    return 1 if register.kind == "float32" else max(1, 10 ** (3 - register.decimals))
