"""Who sees what: every address names its roles, strangers go to the sign-in, the wrong role gets a page that says so."""

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLPattern, URLResolver

from central.office.access import ADMIN, ANYONE_SIGNED_IN, CASHIER

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

OPEN_TO_ALL = {"office:sign-in", "office:sign-out", "set_language"}
BOTH, ADMIN_ONLY, CASHIER_ONLY = set(ANYONE_SIGNED_IN), {ADMIN}, {CASHIER}
EXPECTED = {
    "dashboard:overview": BOTH,
    "dashboard:building": BOTH,
    "dashboard:room": BOTH,
    "dashboard:alarms": BOTH,
    "dashboard:accounts": BOTH,
    "dashboard:gateways": ADMIN_ONLY,
    "dashboard:resolve": ADMIN_ONLY,
    "desk:find": BOTH,
    "desk:room": BOTH,
    "desk:receipt": BOTH,
    "desk:delivery": BOTH,
    "desk:waiting": BOTH,
    "desk:voucher": BOTH,
    "desk:read-back": CASHIER_ONLY,
    "desk:pay": CASHIER_ONLY,
    "office:prices": ADMIN_ONLY,
    "office:import": ADMIN_ONLY,
    "office:import-confirm": ADMIN_ONLY,
}


def walk(resolver: URLResolver, namespace: str = "") -> dict[str, URLPattern]:
    found = {}
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            found |= walk(entry, f"{entry.namespace}:" if entry.namespace else namespace)
        else:
            found[f"{namespace}{entry.name}"] = entry
    return found


def address(name: str) -> str:
    pattern = walk(get_resolver())[name]
    arguments = {key: "1" if key == "code" else 1 for key in pattern.pattern.converters}
    return reverse(name, kwargs=arguments)


def test_every_address_is_in_the_table_and_enforces_what_it_says() -> None:
    guarded = {
        n: set(p.callback.allowed_roles) for n, p in walk(get_resolver()).items() if n not in OPEN_TO_ALL
    }
    assert guarded == EXPECTED


@pytest.mark.parametrize("name", EXPECTED)
def test_a_stranger_is_asked_to_sign_in_and_comes_back(client: Client, name: str) -> None:
    answer = client.get(address(name))
    assert answer.status_code == 302
    assert answer.url == f"{reverse('office:sign-in')}?next={address(name)}"


def test_a_part_of_a_page_sends_the_whole_page_to_the_sign_in(client: Client) -> None:
    answer = client.get("/", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == reverse("office:sign-in")


@pytest.mark.parametrize("name", [n for n, allowed in EXPECTED.items() if CASHIER not in allowed])
def test_a_cashier_is_told_which_pages_are_not_hers(cashier: Client, name: str) -> None:
    answer = cashier.get(address(name))
    assert answer.status_code == 403
    assert "This page is not for your role" in answer.content.decode()


@pytest.mark.parametrize("name", [n for n, allowed in EXPECTED.items() if ADMIN not in allowed])
def test_an_administrator_does_not_sell(admin: Client, name: str) -> None:
    assert admin.get(address(name)).status_code == 403


@pytest.mark.parametrize(
    "name", [n for n, allowed in EXPECTED.items() if ADMIN in allowed and n != "office:import-confirm"]
)
def test_an_administrator_sees_the_rest(admin: Client, name: str) -> None:
    expected = 404 if name in ("desk:receipt", "desk:delivery") else 200
    assert admin.get(address(name)).status_code == expected


def test_the_menu_shows_only_what_the_role_may_open(cashier: Client, admin: Client) -> None:
    assert reverse("office:prices") not in cashier.get("/").content.decode()
    assert reverse("office:prices") in admin.get("/").content.decode()
