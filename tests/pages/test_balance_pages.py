"""Balances merged and split from a page: asked by a cashier, signed by the director, refused in words."""

import pytest
from django.test import Client

from central import clock
from central.campus.models import Account
from central.link.models import Command, Gateway
from central.office import approvals
from central.office.models import Approval, User

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
PAGE = "/link/balances/"


@pytest.fixture
def director(campus: None) -> User:
    now_ms = clock.now_ms()
    Gateway.objects.update(online=True, last_seen_ms=now_ms, config_version=1, applied_config_version=1)
    return User.objects.get(username="director")


def sign(director: User) -> Approval:
    row = Approval.objects.get(state="waiting")
    return approvals.sign(row.number, approve=True, reason="", actor=director, now_ms=clock.now_ms())


def payers() -> dict[str, str]:
    return dict(Account.objects.exclude(pays_from=None).values_list("code", "pays_from__code"))


def test_rooms_are_merged_and_split_when_it_is_signed(cashier: Client, director: User) -> None:
    asked = {"do": "merge", "payer": "1-106", "rooms": "1-102, 1-105", "why": "one flat", "key": "a"}
    assert cashier.post(PAGE, asked).status_code == 302
    assert cashier.post(PAGE, asked).status_code == 302, "a double click asks once"
    assert payers() == {}
    assert not Command.objects.exists(), "the trial left nothing"
    row = Approval.objects.get()
    page = cashier.get(f"/office/approvals/{row.number}/").content.decode()
    assert "3.87 yuan" in page
    assert sign(director).state == "approved"
    assert payers() == {"1-102.1": "1-106.1", "1-105.1": "1-106.1"}
    assert "1-105" in cashier.get(PAGE).content.decode()
    Gateway.objects.update(applied_config_version=99)
    assert (
        cashier.post(PAGE, {"do": "split", "rooms": "1-102", "why": "moved", "key": "b"}).status_code == 302
    )
    assert sign(director).state == "approved"
    assert payers() == {"1-105.1": "1-106.1"}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"payer": "1-106", "rooms": "1-101"}, "1-101: it owes money of its own"),
        ({"payer": "1-106", "rooms": "9-999"}, "9-999: there is no such room"),
        ({"payer": "1-106", "rooms": "1-106"}, "1-106: a room can&#x27;t pay from itself"),
        ({"payer": "", "rooms": "1-102"}, "Name the room that pays."),
        ({"payer": "1-106", "rooms": " , "}, "name the rooms"),
        ({"payer": "1-106", "rooms": ""}, "Name the rooms, such as"),
    ],
)
def test_a_refusal_is_said_and_what_was_typed_stays(
    cashier: Client, director: User, typed: dict, said: str
) -> None:
    answer = cashier.post(PAGE, {"do": "merge", "why": "why not", "key": "c", **typed})
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert "why not" in answer.content.decode()
    assert not Approval.objects.exists()


def test_what_can_t_be_done_at_the_signature_is_said_then(cashier: Client, director: User) -> None:
    cashier.post(PAGE, {"do": "merge", "payer": "1-106", "rooms": "1-102", "why": "x", "key": "d"})
    Gateway.objects.update(online=False)
    done = sign(director)
    assert done.state == "failed"
    assert payers() == {}
