"""Pages about people: the list, one person, delegations. Dangerous acts ask for the password again; all are on record."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from central import clock
from central.office import people
from central.office.access import roles
from central.office.dangerous import dangerous
from central.office.models import Delegation, User
from central.office.people import PeopleRefusal
from central.office.people_forms import DelegationForm, PersonForm
from central.office.roles import EVERYONE, MANAGE_PEOPLE, READS_ONLY, Role
from central.office.sessions import sessions_of

DAY_MS = 86_400_000
ACTING = tuple(role for role in EVERYONE if role not in READS_ONLY)


@roles(*MANAGE_PEOPLE)
@dangerous
def people_list(request: HttpRequest) -> HttpResponse:
    """Show everybody; add a person, whose first password is shown once."""
    form = PersonForm(request.POST if request.method == "POST" else None, initial={"role": Role.CASHIER})
    if request.method == "POST" and form.is_valid():
        result = people.add_person(form.person(), actor=request.user.get_username(), now_ms=clock.now_ms())
        if not isinstance(result, PeopleRefusal):
            return _password_page(request, form.cleaned_data["name"], result)
        form.add_error("name", refusal_words(result))
    everybody = User.objects.order_by("-is_active", "role", "username").prefetch_related("buildings")
    context = {"form": form, "people": everybody}
    return render(request, "office/people.html", context, status=400 if form.errors else 200)


@roles(*MANAGE_PEOPLE)
@dangerous
def person(request: HttpRequest, user_id: int) -> HttpResponse:
    """Show and change one person."""
    user = get_object_or_404(User, pk=user_id)
    initial = {
        "name": user.username,
        "full_name": user.last_name,
        "role": user.role,
        "buildings": list(user.buildings.values_list("code", flat=True)),
    }
    form = PersonForm(initial=initial)
    if request.method == "POST":
        form = PersonForm(_with_name(request.POST, user.username))
        if form.is_valid():
            result = people.change_person(user.pk, form.person(), actor=request.user, now_ms=clock.now_ms())
            if not isinstance(result, PeopleRefusal):
                messages.success(request, _("Changed."))
                return redirect("office:person", user.pk)
            form.add_error(None, refusal_words(result))
    form.fields["name"].widget.attrs["readonly"] = True
    is_self = user.pk == request.user.pk
    found = sessions_of(user, request.session.session_key if is_self else None)
    context = {"person": user, "form": form, "is_self": is_self, "sessions": found}
    return render(request, "office/person.html", context, status=400 if form.errors else 200)


@roles(*MANAGE_PEOPLE)
@require_POST
@dangerous
def person_open(request: HttpRequest, user_id: int) -> HttpResponse:
    """Close a person, or open him again."""
    user = get_object_or_404(User, pk=user_id)
    is_open = request.POST.get("open") == "1"
    result = people.set_open(user.pk, is_open, actor=request.user, now_ms=clock.now_ms())
    if isinstance(result, PeopleRefusal):
        messages.error(request, refusal_words(result))
    else:
        messages.success(
            request, _("Opened again.") if is_open else _("Closed: no more sign-in; what was done stays.")
        )
    return redirect("office:person", user.pk)


@roles(*MANAGE_PEOPLE)
@require_POST
@dangerous
def person_reset(request: HttpRequest, user_id: int) -> HttpResponse:
    """Give a new first password, and let the second factor be set up anew."""
    user = get_object_or_404(User, pk=user_id)
    result = people.reset_sign_in(user.pk, actor=request.user, now_ms=clock.now_ms())
    if isinstance(result, PeopleRefusal):
        messages.error(request, refusal_words(result))
        return redirect("office:person", user.pk)
    return _password_page(request, user.username, result)


@roles(*ACTING)
@dangerous
def delegations(request: HttpRequest) -> HttpResponse:
    """Show who stands in for whom; make a delegation."""
    now_ms = clock.now_ms()
    form = DelegationForm(
        request.user,
        request.POST if request.method == "POST" else None,
        initial={
            "absent": request.user.pk,
            "begins": clock.local(now_ms).strftime("%Y-%m-%dT%H:%M"),
            "ends": clock.local(now_ms + 7 * DAY_MS).strftime("%Y-%m-%dT%H:%M"),
        },
    )
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        result = people.delegate(
            asked["absent"], asked["stand_in"], asked["begins"], asked["ends"], asked["reason"],
            actor=request.user, now_ms=now_ms,
        )  # fmt: skip
        if not isinstance(result, PeopleRefusal):
            messages.success(request, _("The delegation is made."))
            return redirect("office:delegations")
        form.add_error(None, refusal_words(result))
    seen = Delegation.objects.select_related("absent", "stand_in")
    if request.user.role != Role.ADMIN:
        seen = seen.filter(absent=request.user) | seen.filter(stand_in=request.user)
    context = {"form": form, "delegations": seen[:100], "now_ms": now_ms}
    return render(request, "office/delegations.html", context, status=400 if form.errors else 200)


@roles(*ACTING)
@require_POST
def delegation_end(request: HttpRequest, delegation_id: int) -> HttpResponse:
    """End a delegation early."""
    get_object_or_404(Delegation, pk=delegation_id)
    result = people.end_delegation(delegation_id, actor=request.user, now_ms=clock.now_ms())
    if isinstance(result, PeopleRefusal):
        messages.error(request, refusal_words(result))
    else:
        messages.success(request, _("The delegation is ended."))
    return redirect("office:delegations")


def _with_name(sent: QueryDict, name: str) -> QueryDict:
    """The sign-in's name is never changed, whatever was sent."""
    kept = sent.copy()
    kept["name"] = name
    return kept


def _password_page(request: HttpRequest, name: str, password: str) -> HttpResponse:
    answer = render(
        request,
        "office/first_password.html",
        {"name": name, "password": password, "days": settings.FIRST_PASSWORD_DAYS},
    )
    answer["Cache-Control"] = "no-store"
    return answer


def refusal_words(why: PeopleRefusal) -> str:
    """Say a refusal in the reader's words, and what to do instead."""
    words = {
        PeopleRefusal.NAME_TAKEN: _("Somebody has this sign-in name already. Choose another."),
        PeopleRefusal.OWN_ACCOUNT: _("Not on your own account: ask another administrator."),
        PeopleRefusal.LAST_ADMIN: _("This is the last administrator. Make another one first."),
        PeopleRefusal.SAME_PERSON: _("Nobody stands in for himself. Choose another person."),
        PeopleRefusal.OTHER_FACTOR: _(
            "Who stands in for one who approves money must be one who approves money himself. Choose another person."
        ),
        PeopleRefusal.BACKWARDS: _("The end lies before the beginning, or has passed. Change the instants."),
        PeopleRefusal.TOO_LONG: _("At most 120 days at a time. Choose an earlier end, and renew it later."),
        PeopleRefusal.CLOSED: _(
            "One of the two is closed. Open the account first, or choose another person."
        ),
        PeopleRefusal.NOT_YOURS: _("Only the two persons themselves or an administrator may do this."),
    }
    return words[why]
