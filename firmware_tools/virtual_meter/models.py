"""The meter models that the virtual meter can be: one row each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MeterModel:
    """What is fixed by the make of a meter."""

    name: str
    protocol: str
    phases: int
    has_relay: bool
    type_text: str
    """What the meter calls itself (0400040B, at most 10 characters)."""
    address_map: str = ""
    """Modbus only: which register map."""
    edition: int = 2007
    """DL/T 645 only."""


MODELS = {
    model.name: model
    for model in (
        MeterModel("dlt645-1p", "dlt645", 1, True, "DDZY-VM"),
        MeterModel("dlt645-3p", "dlt645", 3, True, "DTZY-VM"),
        MeterModel("dlt645-1997", "dlt645", 1, False, "DD97-VM", edition=1997),
        MeterModel("sdm120", "modbus", 1, False, "SDM120", "sdm"),
        MeterModel("sdm630", "modbus", 3, False, "SDM630", "sdm"),
        MeterModel("dds238-zn-s", "modbus", 1, False, "DDS238", "dds238"),
        MeterModel("dds238-zn-sr", "modbus", 1, True, "DDS238", "dds238"),
    )
}
