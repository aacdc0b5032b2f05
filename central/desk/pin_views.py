"""The cashier makes a room's PIN anew and hands it out: it is shown once, to be printed or written down."""

import segno
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from central import clock
from central.campus.models import Account
from central.desk.resident.pins import new_pin
from central.desk.search import point_of_room
from central.office.access import roles
from central.office.roles import GIVE_PINS

MY_ROOM = "/my-room/"
"""Where residents look; its page is the dashboard's, above this floor."""


@roles(*GIVE_PINS)
@require_POST
def room_pin(request: HttpRequest, room_id: int) -> HttpResponse:
    """Make the PIN of who lives in a room now."""
    point = point_of_room(room_id)
    if point is None:
        raise Http404
    account = Account.objects.select_related("point__room__building").filter(code=point.live_account).first()
    if account is None:
        messages.error(request, _("Nobody occupies this room: there is nobody to give a PIN to."))
        return redirect("desk:room", room_id)
    made = new_pin(account, actor=request.user.get_username(), now_ms=clock.now_ms())
    address = request.build_absolute_uri(MY_ROOM)
    drawn = segno.make(address, error="m").svg_inline(scale=3, border=2, svgclass="qr", lineclass="")
    context = {
        "room_id": room_id,
        "label": point.room.full_label,
        "made": made,
        "address": address,
        "qr": mark_safe(drawn),  # noqa: S308  segno's own drawing of modules, nothing of the address as text
    }
    answer = render(request, "desk/pin.html", context)
    answer["Cache-Control"] = "no-store"
    return answer
