"""What a claim says to the maker: proposed from what was found, in his language, until a person writes it himself."""

from django.utils import translation
from django.utils.translation import gettext as _

from central.clock import campus_day
from central.workshop.claims.models import Claim, ClaimDevice
from central.workshop.claims.words import found_words

MOST_PHOTOS = 20
"""So many go with a mail: each is made smaller, and mail servers take some 20 MB."""


def text_of(claim: Claim) -> str:
    """Give the claim's text as it would be sent."""
    return claim.text or proposed(claim)


def photos_of(claim: Claim) -> list[str]:
    """Give the digests of all its photographs, in the order in which they came."""
    rows = claim.steps.exclude(photos=[]).values_list("photos", flat=True)
    return list(dict.fromkeys(digest for photos in rows for digest in photos))


def proposed(claim: Claim) -> str:
    """Write the claim from its devices' findings, in the maker's language; what was given up before it is sent is not in it."""
    devices = list(claim.devices.filter(ended_ms=None).select_related("device__type"))
    with translation.override(claim.language):
        head = [
            _("To %(maker)s:") % {"maker": claim.maker.name},
            _("we claim the following devices that you delivered (our claim number %(number)s):")
            % {"number": claim.pk},
        ]
        lines = [f"{place}. {_line(one)}" for place, one in enumerate(devices, start=1)]
        foot = [_photos_line(len(photos_of(claim)))]
        foot.append(_("Please tell us by return whether you replace or repair them, and by when."))
        return "\n".join([*head, "", *lines, "", *filter(None, foot)])


def _line(one: ClaimDevice) -> str:
    device = one.device
    said = [_("%(model)s, serial number %(serial)s") % {"model": device.type.name, "serial": device.serial}]
    if device.order:
        said.append(_("order %(order)s") % {"order": device.order})
    if device.arrived_ms is not None:
        said.append(_("delivered %(day)s") % {"day": campus_day(device.arrived_ms)})
    return ": ".join(filter(None, [", ".join(said), found_words(one)]))


def _photos_line(count: int) -> str:
    if not count:
        return ""
    if count > MOST_PHOTOS:
        said = {"n": MOST_PHOTOS, "more": count - MOST_PHOTOS}
        return _("%(n)s photographs go with this mail; %(more)s more on request.") % said
    return _("Photographs with this mail: %(n)s.") % {"n": count}
