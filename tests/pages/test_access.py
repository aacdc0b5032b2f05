"""Every role at every address with every method. The matrix is made from the addresses themselves: a new page is in it at once.

What a view says (`allowed_roles`) is compared with what it does; and a few sentences about the whole must hold whatever is added.
"""

from collections.abc import Iterable

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import get_resolver, resolve, reverse
from django.urls.resolvers import URLPattern, URLResolver

from central import __main__ as command_line
from central import clock
from central.campus.models import Building
from central.config import urls
from central.office import access, roles
from central.office.access import may
from central.office.models import User
from central.office.people import roles_of
from central.office.roles import Role

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

OPEN_TO_ALL = {
    *("office:sign-in", "office:sign-out", "set_language", "papers:proof", "desk:proof"),
    "losses:bill-proof",
    *("my-room:room", "my-room:leave", "losses:worker"),
    *("my-room:notice", "my-room:notice-confirm", "my-room:notice-end", "my-room:notice-stop"),
    "my-room:fault",
    "my-room:work-answer",
    *("low_balance:public", "low_balance:public-picture"),
    *("gateways:enrol", "gateways:renew", "metrics:metrics"),
}
"""A resident's page asks for room and PIN itself: test_resident_page.py. Gateways prove a code or sign: test_enrolling.py."""
OWN_SIGN_IN = {"office:second-factor", "office:password"}
"""For whoever is signed in, whatever his role; they send strangers to the sign-in themselves."""
METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
SPECIMENS = {
    "code": "faults",
    "setting_code": "desk.hours",
    "digits": "0123456789abcdef",
    "account": "1-101.1",
    "token": "no-such-token",
}


def walk(resolver: URLResolver, namespace: str = "") -> dict[str, URLPattern]:
    found = {}
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            found |= walk(entry, f"{entry.namespace}:" if entry.namespace else namespace)
        else:
            found[f"{namespace}{entry.name}"] = entry
    return found


PATTERNS = walk(get_resolver())
GUARDED = {name: pattern for name, pattern in PATTERNS.items() if name not in OPEN_TO_ALL | OWN_SIGN_IN}


def address(name: str) -> str:
    arguments = {key: SPECIMENS.get(key, 1) for key in PATTERNS[name].pattern.converters}
    return reverse(name, kwargs=arguments)


def allowed(name: str) -> set[str]:
    return set(getattr(GUARDED[name].callback, "allowed_roles", ()))


@pytest.mark.parametrize("name", GUARDED)
def test_every_address_names_its_roles(name: str) -> None:
    assert allowed(name), f"{name} must be put behind @roles(...)"
    assert allowed(name) <= set(Role)


@pytest.fixture
def people(campus: None, settings: object) -> dict[str, Client]:
    clients = {}
    for role in Role:
        user = User.objects.create_user(f"the-{role}", role=role)
        clients[role] = Client(raise_request_exception=False)
        clients[role].force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return clients


@pytest.fixture
def bare_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer 403 without the page that explains it: to draw that a thousand times proves nothing more."""

    def refuse(request: HttpRequest, exception: Exception) -> HttpResponse:
        return HttpResponse(status=403)

    monkeypatch.setattr(urls, "handler403", refuse)


def goes_the_whole_way(role: str, name: str) -> bool:
    """Whether this role asks this page through everything before and behind the views: one that may and one that may not.

    Each page another two, so that every role draws pages. What a page is drawn with is the same for whoever may see it.
    """
    turn = list(GUARDED).index(name)
    sides = [[one for one in Role if (one in allowed(name)) == is_let_in] for is_let_in in (True, False)]
    return role in [side[turn % len(side)] for side in sides if side]


def wrongly_answered(client: Client, role: str, names: Iterable[str]) -> list[str]:
    user = User.objects.get(username=f"the-{role}")
    offices = roles_of(user, clock.now_ms())
    answers = [
        (
            name,
            method,
            getattr(client, method)(address(name)).status_code
            if goes_the_whole_way(role, name)
            else at_the_view(user, offices, method, name),
        )
        for name in names
        for method in METHODS
    ]
    return [
        f"{role} {method} {address(name)}: {status}"
        for name, method, status in answers
        if status >= 500 or (status != 403) != (role in allowed(name))
    ]


@pytest.mark.usefixtures("bare_refusals")
@pytest.mark.parametrize("role", Role)
def test_the_matrix(people: dict[str, Client], role: str) -> None:
    """403 for who is not allowed, by every method; never 403 nor 500 for who is. The campus is made once for each role."""
    assert not wrongly_answered(people[role], role, GUARDED)


@pytest.mark.usefixtures("bare_refusals")
def test_the_matrix_tells_a_wrong_table(people: dict[str, Client], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a page isn't drawn: a view that says other roles than it lets in is wrong for each of the two, by every method."""
    said_of = {"desk:pay": (Role.AUDITOR,), "audit:begin": (Role.CASHIER,)}
    truly = {name: allowed(name) for name in said_of}
    for name, said in said_of.items():
        monkeypatch.setattr(GUARDED[name].callback, "allowed_roles", said)
    for name, said in said_of.items():
        for role in Role:
            found = len(wrongly_answered(people[role], role, [name]))
            assert found == (len(METHODS) if role in truly[name] ^ set(said) else 0), (role, name)


class LetIn(Exception):
    """The view's roles were asked, and it goes on."""


def at_the_view(user: User, offices: frozenset[str], method: str, name: str) -> int:
    """Ask the view itself, as it stands behind its address, up to the answer of `@roles`: 403, or 204 for being let in."""
    request = RequestFactory().generic(method, address(name))
    request.user, request.session, request.htmx = user, {}, False
    request.acting_roles = offices  # as `access` keeps them, but for all these requests
    match = resolve(address(name))

    def stop_if_let_in(request: HttpRequest, allowed: Iterable[str]) -> bool:
        if may(request, allowed):
            raise LetIn
        return False

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(access, "may", stop_if_let_in)
        try:
            return match.func(request, *match.args, **match.kwargs).status_code
        except PermissionDenied:
            return 403
        except LetIn:
            return 204


@pytest.mark.parametrize("method", METHODS)
def test_a_stranger_is_sent_to_the_sign_in(client: Client, method: str) -> None:
    sign_in = reverse("office:sign-in")
    answers = {name: getattr(client, method)(address(name)) for name in [*GUARDED, *sorted(OWN_SIGN_IN)]}
    let_in = [
        name
        for name, answer in answers.items()
        if answer.status_code != 302 or not answer.url.startswith(sign_in)
    ]
    assert not let_in


def test_a_stranger_comes_back_to_where_he_wanted(client: Client) -> None:
    assert client.get("/alarms/").url == f"{reverse('office:sign-in')}?next=/alarms/"


def test_a_part_of_a_page_sends_the_whole_page_to_the_sign_in(client: Client) -> None:
    answer = client.get("/", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == reverse("office:sign-in")


def takes_changes(client: Client, name: str) -> bool:
    return client.post(address(name)).status_code != 405 and name not in READ_BY_POST


READ_BY_POST = {
    name
    for name in GUARDED
    if name.startswith(("dashboard:", "papers:report", "papers:sealed"))
    or name in ("desk:find", "desk:room", "desk:receipt", "desk:delivery", "desk:waiting", "desk:read-back")
    or name in ("audit:begin", "audit:check-step")
}
"""Pages that only show, whatever method they are asked with. Who verifies the books reads them, and that he did is on record."""


def test_an_auditor_changes_nothing(people: dict[str, Client]) -> None:
    """But his own sign-in."""
    readers = [(people[role], name) for role in roles.READS_ONLY for name in GUARDED if role in allowed(name)]
    assert [name for client, name in readers if takes_changes(client, name)] == ["office:own-sessions-end"]


def test_only_cashiers_sell_and_only_administrators_manage_people() -> None:
    assert allowed("desk:pay") == {Role.CASHIER}
    assert {name for name in GUARDED if name.startswith("office:person") or name == "office:people"} == {
        name for name in GUARDED if allowed(name) == {Role.ADMIN} and "pe" in name.split(":")[1][:2]
    }


def test_who_moves_prices_or_people_signs_in_with_a_second_factor() -> None:
    assert set(roles.SET_PRICES) | set(roles.MANAGE_PEOPLE) <= set(roles.APPROVES_MONEY)
    assert {*roles.HEADS, Role.FINANCE, Role.ADMIN} == set(roles.SIGNS_IN_TWICE)


def test_the_command_line_knows_the_same_roles() -> None:
    assert set(command_line.ROLES) == set(Role)


@pytest.mark.parametrize("method", METHODS)
def test_a_page_that_is_not_for_the_role_says_so(people: dict[str, Client], method: str) -> None:
    """The matrix above leaves the page itself out."""
    for role, client in people.items():
        client.cookies["django_language"] = "en"
        answer = getattr(client, method)(address(next(name for name in GUARDED if role not in allowed(name))))
        assert answer.status_code == 403
        assert method == "head" or "This page is not for your role" in answer.content.decode()


def test_a_warden_sees_only_the_buildings_he_serves(people: dict[str, Client]) -> None:
    warden = User.objects.get(username="the-warden")
    assert people[Role.WARDEN].get("/buildings/1/").status_code == 200
    warden.buildings.add(Building.objects.create(code="9", name="Nine"))
    assert people[Role.WARDEN].get("/buildings/1/").status_code == 403
    assert people[Role.WARDEN].get("/rooms/1/").status_code == 403
    assert people[Role.WARDEN].get("/buildings/9/").status_code == 200
    for page in ("/", "/alarms/"):
        assert "1-10" not in people[Role.WARDEN].get(page).content.decode(), "a room of another's building"
    assert "1-10" in people[Role.SECURITY].get("/").content.decode()


def test_the_menu_shows_only_what_the_role_may_open(people: dict[str, Client]) -> None:
    for role, client in people.items():
        menu = client.get("/").content.decode().split("</nav>")[0]
        office = client.get("/office/").content.decode().split("</nav>")[1]
        for page, names in (
            (menu, ("desk:find", "papers:reports")),
            (office, ("office:prices", "office:people")),
        ):
            for name in names:
                assert (f'href="{reverse(name)}"' in page) == (role in allowed(name)), (role, name)
