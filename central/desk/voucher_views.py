"""Credit carried to a building by hand while its link is down (R-B5): what is pending, as a file to take or a code to read out.

Giving a voucher out changes nothing of the money; who took it is on record. It takes a form that is sent, never an address alone.
"""

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from central import clock
from central.link import vouchers
from central.link.models import Gateway
from central.office.access import roles
from central.office.roles import HAND_OUT_VOUCHERS

ROWS_AT_MOST = 100
TYPED = {"command": "cardroom-gateway voucher", "stick": "/media/…"}
"""What the technician types at the gateway; the same in every language."""


@roles(*HAND_OUT_VOUCHERS)
def voucher(request: HttpRequest, code: str) -> HttpResponse:
    """A building's pending credit; sent with a grant, that one's code; sent without, the file of all."""
    gateway = get_object_or_404(Gateway.objects.select_related("building"), building__code=code)
    if request.method == "POST" and "grant" not in request.POST:
        return _file(request, gateway)
    context = {"gateway": gateway, "shown": None, "qr": "", **TYPED}
    if request.method == "POST":
        shown = _shown(request, gateway)
        if shown is None:
            messages.info(request, _("This credit has reached its gateway meanwhile. No code is needed."))
            return redirect("desk:voucher", code)
        qr = segno.make(shown.code, error="m").svg_data_uri(scale=4, border=4) if shown.code else ""
        context |= {"shown": shown, "qr": qr}
    waiting = vouchers.pending(gateway.pk)
    context |= {"waiting": waiting[:ROWS_AT_MOST], "waiting_count": waiting.count()}
    return render(request, "desk/voucher.html", context)


def _file(request: HttpRequest, gateway: Gateway) -> HttpResponse:
    now_ms = clock.now_ms()
    content = vouchers.voucher_file(gateway.pk, actor=request.user.get_username(), now_ms=now_ms)
    if not content:
        messages.info(request, _("Every credit of this building has reached its gateway. No file is needed."))
        return redirect("desk:voucher", gateway.building.code)
    name = vouchers.file_name(gateway.pk, now_ms)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type="text/plain; charset=utf-8", headers=headers)


def _shown(request: HttpRequest, gateway: Gateway) -> vouchers.CodedGrant | None:
    coded = vouchers.voucher_codes(
        gateway,
        actor=request.user.get_username(),
        now_ms=clock.now_ms(),
        only=str(request.POST["grant"]),
    )
    return coded[0] if coded else None
