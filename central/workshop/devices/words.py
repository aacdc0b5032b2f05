"""What is said when a device can't be led a step further."""

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from central.domain.device_states import DeviceState
from central.office.words import Words
from central.workshop.devices.models import STATES
from central.workshop.devices.operations import DeviceRefusal, Refused

REFUSALS: dict[DeviceRefusal, Words] = {
    DeviceRefusal.UNKNOWN_DEVICE: _("No device has this number: look at its label, or search by its serial number."),
    DeviceRefusal.UNKNOWN_TYPE: _("The store has no such model: an administrator or the director enters it first."),
    DeviceRefusal.NO_SERIAL: _("Type the serial number from the plate."),
    DeviceRefusal.SERIAL_KNOWN: _("This serial number is in the store already: look at that device."),
    DeviceRefusal.METER_KNOWN: _("Another device is recorded as this meter: look at it first."),
    DeviceRefusal.WRONG_PLACE: _("This place holds other devices: good ones never lie among faulty ones. Choose another."),
    DeviceRefusal.NO_PLACE: _("Say where it is put."),
    DeviceRefusal.NO_REASON: _("Say why."),
    DeviceRefusal.EXISTS_WITH_DIFFERENT: _("This was sent before for something else. Open the page again and say it anew."),
}  # fmt: skip


def refusal_words(refused: Refused) -> str:
    """Say why, and what to do."""
    if refused.why is DeviceRefusal.NOT_FROM_THIS_STATE:
        state = STATES[DeviceState(refused.what)]
        return _now('The device is "%(state)s": this can\'t be done to it now.') % {"state": state}
    said = str(REFUSALS[refused.why])
    return f"{said} ({refused.what})" if refused.why in NAMES_ANOTHER else said


NAMES_ANOTHER = (DeviceRefusal.SERIAL_KNOWN, DeviceRefusal.METER_KNOWN)
