"""Where a fault leads to in other rooms of the workshop: adopt a device, replace it, put a room under software control.

Those rooms know faults, not the other way round: so they are named by their pages alone, as a template names them.
"""

from urllib.parse import urlencode

from django.urls import reverse

from central.workshop.faults.models import Fault

ADOPT, REPLACE, SOFTWARE = "workshop:adopt", "workshop:replacement-new", "workshop:software-control"
PLAN, REPLACED = "workshop:work-order-new", "workshop:replacements"


def adopt_address(fault: Fault) -> str:
    """Give where the store takes up a module that it has no record of; empty where it has one."""
    if fault.device_id is not None or not fault.meter_no:
        return ""
    return _address(ADOPT, {"building": str(fault.building_id), "meter": fault.meter_no})


def replace_address(fault: Fault) -> str:
    """Give where a fault's module is replaced."""
    return _address(REPLACE, _led(fault)) if fault.meter_no else ""


def replaced_address(fault: Fault) -> str:
    """Give the list of what this fault's module was replaced by, and of true-ups beside it."""
    return _address(REPLACED, {"meter": fault.meter_no}) if fault.meter_no else ""


def software_address(fault: Fault) -> str:
    """Give where a room without a spare stays on under software control."""
    return _address(SOFTWARE, _led(fault)) if fault.room_id else ""


def plan_address(fault: Fault) -> str:
    """Give where work with the power off is planned for a fault (R-4.3.4)."""
    about = {"building": fault.building.code, "source": f"fault:{fault.pk}"}
    return _address(PLAN, about | ({"room": fault.room.label} if fault.room else {}))


def _led(fault: Fault) -> dict[str, str]:
    """Name the fault that leads there, and its room."""
    return {"fault": str(fault.pk)} | ({"room": str(fault.room_id)} if fault.room_id else {})


def _address(name: str, query: dict[str, str]) -> str:
    return f"{reverse(name)}?{urlencode(query)}"
