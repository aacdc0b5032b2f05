"""Sign-in and what may follow it: an own password, the second factor."""

from base64 import b32encode
from typing import Any

import segno
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import LoginView, LogoutView, redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django_otp import login as otp_login
from django_otp.plugins.otp_totp.models import TOTPDevice

from central import clock
from central.ledger.operations import record_audit
from central.office import sign_in_record
from central.office.access import wants_second_factor
from central.office.dangerous import count_wrong, note_confirmed
from central.office.forms import CodeForm, NewPasswordForm, SignInForm
from central.office.known_here import known_here, remember_here
from central.office.models import User
from central.office.second_factor import Taken, device_of, has_device, take_code
from central.office.sessions import forget_sessions
from central.office.sign_in_told import PASSWORD, tell_changed


class SignIn(LoginView):
    """Ask for name and password; who is signed in already goes on to the pages. `?name=` is who takes over."""

    template_name = "office/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "username": self.request.GET.get("name", "")[:150]}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "known_here": known_here(self.request)}

    def form_valid(self, form: SignInForm) -> HttpResponse:
        response = super().form_valid(form)
        note_confirmed(self.request)
        remember_here(self.request, response, form.get_user().get_username())
        sign_in_record.signed_in(self.request, form.get_user())
        return response

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        sign_in_record.refused(self.request, str(form.data.get("username", ""))[:150])
        return super().form_invalid(form)


class SignOut(LogoutView):
    """End the session, and say so in the record."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        sign_in_record.signed_out(request)
        return super().post(request, *args, **kwargs)


def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for the code of the person's authenticator; the first time, show the picture that sets it up."""
    if not request.user.is_authenticated:
        return redirect("office:sign-in")
    device = device_of(request.user)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        taken = take_code(request.user, device, form.cleaned_data["code"], clock.now_ms())
        if taken is Taken.RIGHT:
            otp_login(request, device)
            return redirect(_onward(request))
        form.add_error("code", _code_refused(device_of(request.user), taken))
    context = {"form": form, "is_new": not device.confirmed, "next": _onward(request)}
    if not device.confirmed:
        context |= {"picture": _picture(device.config_url), "secret": _in_groups(device)}
    return render(request, "office/second_factor.html", context, status=400 if form.errors else 200)


def _code_refused(device: TOTPDevice, taken: Taken) -> str:
    if taken is Taken.WRONG:
        return _("This code is not right. Wait for the next one, and check that the phone's time is right.")
    _allowed, why = device.verify_is_allowed()
    until = (why or {}).get("locked_until")
    seconds = max(1, int((until.timestamp() * 1000 - clock.real_now_ms()) / 1000)) if until else 1
    return _("Too many wrong codes. Try again in %(seconds)d s.") % {"seconds": seconds}


def _picture(address: str) -> SafeString:
    """Draw the set-up address as a QR code, in the page itself: no other server learns it."""
    drawn = segno.make(address, error="m").svg_inline(scale=4, border=2, svgclass="qr", lineclass="")
    return mark_safe(drawn)  # noqa: S308  segno's own drawing of modules, nothing of the address as text


def _in_groups(device: TOTPDevice) -> str:
    secret = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))


def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password: by the old one, and where a second factor is set up, after its code."""
    if not request.user.is_authenticated:
        return redirect("office:sign-in")
    if wants_second_factor(request) and has_device(request.user):
        return redirect_to_login(request.get_full_path(), resolve_url("office:second-factor"))
    form = NewPasswordForm(request.user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _change_password(request, form)
    if form.has_error("old_password", "password_incorrect") and (ended := count_wrong(request)):
        return ended
    context = {"form": form, "next": _onward(request), "must": request.user.must_change_password}
    return render(request, "office/password.html", context, status=400 if form.errors else 200)


def _change_password(request: HttpRequest, form: NewPasswordForm) -> HttpResponse:
    with transaction.atomic():
        form.save()
        User.objects.filter(pk=request.user.pk).update(must_change_password=False)
        forget_sessions(request.user)
        _on_record(request.user, "change-password", request.user.get_username())
        tell_changed(request.user, PASSWORD, clock.now_ms())
    update_session_auth_hash(request, form.user)
    note_confirmed(request)
    messages.success(request, _("Your password is changed. Other computers are signed out."))
    return redirect(_onward(request))


def _on_record(user: User, action: str, subject: str) -> None:
    record_audit(actor=user.get_username(), action=action, subject=subject, detail="", now_ms=clock.now_ms())


def _onward(request: HttpRequest) -> str:
    """Give where to go afterwards: only to this server."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    here = {request.get_host()}
    if asked and url_has_allowed_host_and_scheme(asked, here, require_https=request.is_secure()):
        return asked
    return resolve_url("dashboard:overview")
