"""The administrator's pages: a code is opened, shown, closed; a waiting card approved; a gateway revoked; all as dangerous acts."""

from pathlib import Path

import pytest
from django.test import Client

from central.clock import now_ms
from central.domain.certificates import DAY_MS
from central.link.authority import make_authority
from central.link.broker_files import Wanted, configure
from central.link.keeping_certificates import keep_certificates
from central.link.models import Alarm, EnrolmentCode, Gateway, GatewayCertificate
from central.office.dangerous import CONFIRMED_KEY
from central.office.models import Notice
from gateway.contract.enrolment import read_enrolment_code
from tests.central.new_card import NewCard

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
PAGE = "/link/gateways/1/"


@pytest.fixture
def broker(campus: None, tmp_path: Path) -> Path:
    make_authority("test", now_ms())
    folder = tmp_path / "broker"
    configure(Wanted(folder, ("cards.example.edu",), 8883, "/tmp/"), now_ms())
    return folder


def shown_code(answer: object) -> str:
    text = answer.content.decode()
    code = text.partition('id="code"')[2].partition(">")[2].partition("<")[0]
    assert read_enrolment_code(code), code
    return code


def test_from_opening_a_code_to_revoking_the_card(admin: Client, broker: Path) -> None:
    gateway = Gateway.objects.get(building__code="1")
    code = shown_code(admin.post(f"{PAGE}open/", {"hours": "2"}))
    Gateway.objects.update(last_seen_ms=now_ms())
    card = NewCard()
    assert card.enrol(code) == {"refusal": "gateway-is-alive"}
    page = admin.get(PAGE).content.decode()
    assert card.public_key[:16] in page
    assert admin.post(f"{PAGE}replace/", {"key": "00"}).status_code == 302
    assert card.enrol(code) == {"refusal": "gateway-is-alive"}
    admin.post(f"{PAGE}replace/", {"key": card.public_key})
    assert card.enrol(code)["gateway"] == gateway.pk
    assert shown_code(admin.post(f"{PAGE}show/")) == code
    admin.post(f"{PAGE}close/")
    assert card.enrol(code) == {"refusal": "code-not-open"}
    admin.post(f"{PAGE}revoke/", {"why": ""})
    assert Gateway.objects.get(pk=gateway.pk).public_key
    answer = admin.post(f"{PAGE}revoke/", {"why": "card stolen"}, follow=True)
    assert "nothing that this gateway says is believed" in answer.content.decode()
    assert Gateway.objects.get(pk=gateway.pk).public_key == ""
    assert "revoked" in admin.get("/link/gateways/").content.decode()
    assert Alarm.objects.filter(what="gateway-revoked", cleared_ms=None).count() == 1
    assert admin.post(f"{PAGE}open/", {"hours": "0"}).status_code == 400
    assert admin.get("/link/gateways/9/").status_code == 404


def test_what_is_dangerous_asks_for_the_password(admin: Client, broker: Path) -> None:
    session = admin.session
    session[CONFIRMED_KEY] = 0
    session.save()
    for act in ("open", "show", "replace", "revoke"):
        answer = admin.post(f"{PAGE}{act}/", {"hours": "2", "why": "x"})
        assert "password_again" in answer.content.decode(), act
    assert not EnrolmentCode.objects.exists()
    assert Gateway.objects.get(building__code="1").public_key


def test_a_certificate_that_was_not_renewed_is_told(admin: Client, broker: Path) -> None:
    gateway = Gateway.objects.get(building__code="1")
    ends = now_ms() + 9 * DAY_MS
    GatewayCertificate.objects.create(
        gateway=gateway, serial="aa", key_digest="bb", gateway_key="cc", pem="", issued_ms=1, expires_ms=ends
    )
    assert keep_certificates(now_ms()) == keep_certificates(now_ms()) == 1
    assert Alarm.objects.get(what="certificate-ends", cleared_ms=None).subject == gateway.pk
    assert Notice.objects.filter(template="certificate-ends").count() == 1
    GatewayCertificate.objects.update(expires_ms=ends + 80 * DAY_MS)
    assert keep_certificates(now_ms()) == 0
    assert not Alarm.objects.filter(what="certificate-ends", cleared_ms=None).exists()
    # The broker's own is renewed with a third left; where it can't be written, people are told.
    GatewayCertificate.objects.all().delete()
    before = (broker / "server.pem").read_bytes()
    assert keep_certificates(now_ms() + 600 * DAY_MS) == 0
    assert (broker / "server.pem").read_bytes() != before
    broker.rename(broker.with_name("elsewhere"))
    assert keep_certificates(now_ms() + 1250 * DAY_MS) == 1
    assert Alarm.objects.get(what="certificate-ends", cleared_ms=None).subject == "broker"
