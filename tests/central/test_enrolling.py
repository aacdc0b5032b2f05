"""A card proves a building's code and is its gateway; everything else is a named refusal, counted and slowed (R-G5, R-G6)."""

import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from django.test import Client

from central.clock import now_ms
from central.domain import certificates
from central.ledger.models import AuditEntry
from central.link import enrolment_codes
from central.link.authority import folder as authority_folder
from central.link.authority import load_authority, make_authority
from central.link.broker_files import Wanted, configure, write_again
from central.link.enrolment_codes import CodeRefusal, Opened
from central.link.models import BrokerFiles, EnrolmentCode, EnrolmentTry, Gateway, GatewayCertificate
from central.link.revoking import Revoked, RevokeRefusal, revoke_gateway
from central.link.signing import public_key_hex
from gateway.contract.envelope import keyring_from_hex, unseal
from tests.central.new_card import NewCard, post

pytestmark = pytest.mark.django_db
DAY_MS = 86_400_000


@pytest.fixture
def broker(campus: None, tmp_path: Path) -> Path:
    """Central has an authority, and a broker's folder."""
    make_authority("test", now_ms())
    folder = tmp_path / "broker"
    configure(Wanted(folder, ("cards.example.edu",), 8883, "/tmp/"), now_ms())
    return folder


@pytest.fixture
def code(broker: Path) -> str:
    """Building 1's code, open."""
    return opened().code


def opened(building: str = "1", **more: object) -> Opened:
    done = enrolment_codes.open_code(building, 48, actor="test", now_ms=now_ms(), **more)
    assert isinstance(done, Opened)
    return done


def heard_now(gateway: str) -> None:
    Gateway.objects.filter(pk=gateway).update(last_seen_ms=now_ms())


def test_a_card_with_the_code_is_the_buildings_gateway(code: str) -> None:
    card = NewCard()
    said = card.enrol(code)
    assert (said["gateway"], said["building"], said["building_name"]) == ("b1", "1", "North")
    assert said["central_keys"] == [public_key_hex()]
    assert said["broker"] == {"host": "cards.example.edu", "port": 8883}
    assert (said["had_gateway"], said["registry"]) == (False, None)
    assert Gateway.objects.get(pk="b1").public_key == card.public_key
    certificate = x509.load_pem_x509_certificate(said["certificate"].encode())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(said["ca"].encode()))
    # The name is central's word, not the card's.
    assert certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "b1"
    assert certificate.public_key() == card.tls.public_key()
    assert certificates.until_ms(certificate) - now_ms() <= 90 * DAY_MS
    acts = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"open-enrolment-code", "enrol-gateway", "use-enrolment-code"} <= acts


def test_what_does_not_prove_the_code_changes_nothing(code: str) -> None:
    card, request = NewCard(), NewCard().request(code)
    other = opened("2").code
    wrong_name = {**request, "name": "0000"}
    altered = {**request, "body": request["body"].replace("1.2.3", "1.2.4")}
    assert post("enrol", wrong_name) == {"refusal": "unknown-code"}
    assert post("enrol", altered) == {"refusal": "bad-mac"}
    assert post("enrol", {**request, "mac": ""}) == {"refusal": "bad-mac"}
    assert post("enrol", {**card.request(other), "name": request["name"]}) == {"refusal": "bad-mac"}
    assert not Gateway.objects.exists()
    enrolment_codes.close_code("1", actor="test", now_ms=now_ms())
    assert card.enrol(code) == {"refusal": "code-not-open"}
    EnrolmentCode.objects.filter(building__code="2").update(open_until_ms=now_ms())
    assert card.enrol(other) == {"refusal": "code-not-open"}
    assert EnrolmentTry.objects.count() == 4
    assert not Gateway.objects.exists()


def test_a_request_is_whole_or_nothing(code: str) -> None:
    """Each of these has the right HMAC: who has the code may still not put another's key beside his certificate."""
    card, other = NewCard(), NewCard()
    csr = json.loads(other.body())["csr"]
    bad = [
        {"public_key": other.public_key},
        {"csr": csr},
        {"csr": "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"},
        {"csr": "x" * 9_000},
        {"nonce": "00"},
        {"nonce": "zz" * 16},
        {"public_key": "00"},
        {"public_key": None},
        {"signature_over_csr": "00" * 64},
    ]
    for changes in bad:
        EnrolmentTry.objects.all().delete()
        assert card.enrol(code, **changes) == {"refusal": "bad-request"}, changes
    assert not Gateway.objects.exists()


HOSTILE: list[bytes] = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"\xff\xfe",
    b'{"name":1,"body":2,"mac":3}',
    b'{"name":"\\ud800","body":"\\ud800","mac":"\\ud800"}',
    b'{"name":"K7QF","body":"{}","mac":"\x00"}',
    b'{"name":"K\\u0000QF","body":"{}","mac":"00"}',
    b'{"from":"b\\u00001","to":"central","kind":"renew","id":"r","issued_ms":1,"key":"k","body":{}}\n00',
    b"[" * 15_000,
    b'{"name":"' + b"A" * 20_000 + b'"}',
]


@pytest.mark.parametrize("leaf", ["enrol", "renew"])
def test_hostile_input_is_a_refusal_with_a_name(code: str, leaf: str) -> None:
    for sent in HOSTILE:
        EnrolmentTry.objects.all().delete()
        assert post(leaf, sent)["refusal"] in ("bad-request", "unknown-code"), sent[:40]
    form = Client().post(f"/gateways/{leaf}/", {"name": "x", "body": "y"})
    assert (form.status_code, form.json()) == (400, {"refusal": "bad-request"})
    assert Client().get(f"/gateways/{leaf}/").status_code == 405
    assert not Gateway.objects.exists()


def test_who_tries_too_often_waits_and_another_does_not(code: str) -> None:
    wrong = {**NewCard().request(code), "mac": "00"}
    for _ in range(10):
        assert post("enrol", wrong) == {"refusal": "bad-mac"}
    card = NewCard()
    assert post("enrol", card.request(code)) == {"refusal": "too-many"}
    assert "body" in post("enrol", card.request(code), REMOTE_ADDR="10.1.1.1")
    assert AuditEntry.objects.filter(action="enrolment-tries").count() == 1
    # Tries of a clock that ran ahead shut nobody out until that day comes.
    EnrolmentTry.objects.update(at_ms=now_ms() + DAY_MS)
    assert "body" in post("enrol", card.request(code))


def test_what_a_card_says_of_itself_is_text_that_every_database_takes(code: str) -> None:
    NewCard().enrol(code, software="1.\x002\n" + "x" * 90)
    assert Gateway.objects.get(pk="b1").software == "1.2" + "x" * 61


def test_a_recorded_request_does_not_use_up_the_opening_for_the_next_card(code: str) -> None:
    """Whoever recorded how the first card was enrolled could shut out the card that replaces it on the night the Pi dies."""
    first, second = NewCard(), NewCard()
    recorded = first.request(code)
    post("enrol", recorded)
    opened()
    assert "body" in post("enrol", recorded)
    assert second.enrol(code)["had_gateway"] is True
    assert post("enrol", recorded) == {"refusal": "code-not-open"}


def test_keys_whose_certificates_had_lapsed_do_not_come_back_either(code: str) -> None:
    """A card stolen out of a house that was closed over the summer."""
    card = NewCard()
    card.enrol(code)
    GatewayCertificate.objects.update(issued_ms=now_ms() - 91 * DAY_MS, expires_ms=now_ms() - DAY_MS)
    revoke_gateway("b1", "stolen", actor="test", now_ms=now_ms())
    opened()
    assert card.enrol(code) == {"refusal": "revoked-key"}
    assert NewCard(tls=card.tls).enrol(code) == {"refusal": "revoked-key"}


def test_an_older_database_lets_nobody_in_whom_the_list_shuts_out(code: str, broker: Path) -> None:
    """Central is restored from a backup of before the revocation: the broker's list is not."""
    NewCard().enrol(code)
    revoke_gateway("b1", "stolen", actor="test", now_ms=now_ms())
    listed = serials(broker)
    assert len(listed) == 1
    GatewayCertificate.objects.update(revoked_ms=None)
    BrokerFiles.objects.update(crl_number=0)
    assert write_again(now_ms()).changed == ()
    NewCard().enrol(opened("2").code)
    revoke_gateway("b2", "stolen, too", actor="test", now_ms=now_ms())
    assert listed < serials(broker)
    assert len(serials(broker)) == 2
    # It goes from the list when it must have lapsed.
    write_again(now_ms() + 91 * DAY_MS)
    assert serials(broker) == set()


def test_a_new_authority_gives_every_gateway_a_certificate_of_its_own(code: str, broker: Path) -> None:
    """The former one's key was lost or copied; the gateways' keys were not."""
    card, home = NewCard(), authority_folder()
    card.enrol(code)
    for name in ("ca.key", "ca.pem"):
        (home / name).unlink()
    by = make_authority("test", now_ms()).authority
    assert {"server.pem", "revoked.crl"} <= set(write_again(now_ms()).changed)
    said = card.enrol(code)
    x509.load_pem_x509_certificate(said["certificate"].encode()).verify_directly_issued_by(by.certificate)
    assert post("renew", card.renewal("b1"))["raw"].count(b"BEGIN CERTIFICATE") == 2


def test_what_a_clock_that_ran_ahead_has_made_is_made_again(code: str, broker: Path) -> None:
    """Else the broker lets nobody in until that day comes: not its certificate, nor its list, nor a gateway's is valid yet."""
    later_ms = now_ms() + 40 * DAY_MS
    card = NewCard()
    first = card.enrol(code)["certificate"]
    (broker / "server.pem").unlink()
    (broker / "revoked.crl").unlink()
    write_again(later_ms)
    GatewayCertificate.objects.update(issued_ms=later_ms, expires_ms=later_ms + 90 * DAY_MS)
    assert write_again(now_ms()).changed == ("server.pem", "revoked.crl")
    server = x509.load_pem_x509_certificate((broker / "server.pem").read_bytes())
    listed = x509.load_pem_x509_crl((broker / "revoked.crl").read_bytes())
    assert max(server.not_valid_before_utc, listed.last_update_utc).timestamp() * 1000 < now_ms()
    assert card.enrol(code)["certificate"] != first


def test_an_opening_serves_one_card_and_answers_it_again(code: str) -> None:
    """The answer may get lost on its way: the same keys get the same certificate. A replay of the request is no more than that."""
    card = NewCard()
    request = card.request(code)
    first, again = post("enrol", request), post("enrol", request)
    given = [json.loads(one["body"])["certificate"] for one in (first, again)]
    assert given == [card.enrol(code)["certificate"]] * 2
    assert GatewayCertificate.objects.count() == 1
    assert [json.loads(one["body"])["is_same"] for one in (first, again)] == [False, True]
    assert NewCard().enrol(code) == {"refusal": "code-not-open"}
    assert enrolment_codes.show_code("1", actor="test", now_ms=now_ms()) == code
    assert opened().code == code  # the same code for a dead card, once it is opened again
    another = NewCard()
    replaced = another.enrol(code)
    assert (replaced["had_gateway"], replaced["is_same"]) == (True, False)
    assert post("enrol", request) == {"refusal": "code-not-open"}
    assert Gateway.objects.get(pk="b1").public_key == another.public_key


def test_a_living_gateway_is_replaced_by_a_persons_word_only(code: str, broker: Path) -> None:
    first, second, third = NewCard(), NewCard(), NewCard()
    first.enrol(code)
    heard_now("b1")
    opened()
    assert second.enrol(code) == {"refusal": "gateway-is-alive"}
    waiting = EnrolmentCode.objects.get().waiting_key
    assert waiting == second.public_key
    approve = enrolment_codes.approve_replacement
    assert approve("1", third.public_key, actor="test", now_ms=now_ms()) is CodeRefusal.NOTHING_WAITS
    assert approve("1", waiting, actor="test", now_ms=now_ms()) is None
    assert third.enrol(code) == {"refusal": "gateway-is-alive"}
    assert second.enrol(code)["had_gateway"] is True
    assert Gateway.objects.get(pk="b1").public_key == second.public_key
    # The certificate of before is on the broker's list, the new one is not.
    assert serials(broker) == {
        int(one.serial, 16) for one in GatewayCertificate.objects.exclude(revoked_ms=None)
    }
    assert len(serials(broker)) == 1
    # Its keys may be on a copy of the card: they never come back.
    Gateway.objects.update(last_seen_ms=0)
    opened()
    assert first.enrol(code) == {"refusal": "revoked-key"}
    assert NewCard(tls=first.tls).enrol(code) == {"refusal": "revoked-key"}


def serials(broker: Path) -> set[int]:
    return {one.serial_number for one in x509.load_pem_x509_crl((broker / "revoked.crl").read_bytes())}


def test_revoking_is_one_act_and_enrolling_again_brings_the_building_back(code: str, broker: Path) -> None:
    card = NewCard()
    card.enrol(code)
    assert revoke_gateway("b1", " ", actor="test", now_ms=now_ms()) is RevokeRefusal.NO_REASON
    assert revoke_gateway("b9", "stolen", actor="test", now_ms=now_ms()) is RevokeRefusal.UNKNOWN_GATEWAY
    done = revoke_gateway("b1", "card stolen", actor="test", now_ms=now_ms())
    assert isinstance(done, Revoked)
    assert (done.building, done.written.changed) == ("1", ("revoked.crl",))
    assert Gateway.objects.get(pk="b1").public_key == ""
    assert len(serials(broker)) == 1
    assert card.enrol(code) == {"refusal": "code-not-open"}
    assert post("renew", card.renewal("b1")) == {"refusal": "unknown-gateway"}
    heard_now("b1")  # a revoked one is not alive, whatever was heard of it
    assert NewCard().enrol(opened().code)["gateway"] == "b1"
    assert Gateway.objects.get(pk="b1").revoked_ms is None


def test_a_certificate_is_renewed_by_the_gateways_own_key_also_after_its_end(code: str) -> None:
    card = NewCard()
    said = card.enrol(code)
    ring = keyring_from_hex([public_key_hex()])

    def renewed(sent: bytes) -> str:
        sealed = unseal(
            post("renew", sent)["raw"], ring, kind="certificate", sender="central", recipient="b1"
        )
        return str(json.loads(bytes(sealed.body))["certificate"])

    assert renewed(card.renewal("b1")) == said["certificate"]  # far from its end it stays
    GatewayCertificate.objects.update(issued_ms=now_ms() - 91 * DAY_MS, expires_ms=now_ms() - DAY_MS)
    second = renewed(card.renewal("b1"))
    assert second != said["certificate"]
    card.tls = NewCard().tls
    third = renewed(card.renewal("b1"))
    assert x509.load_pem_x509_certificate(third.encode()).public_key() == card.tls.public_key()
    # In another's name, by another's key, altered, for another request.
    assert post("renew", NewCard().renewal("b1")) == {"refusal": "unknown-gateway"}
    assert post("renew", card.renewal("b2")) == {"refusal": "unknown-gateway"}
    assert post("renew", card.renewal("b1").replace(b'"issued_ms":1', b'"issued_ms":2')) == {
        "refusal": "bad-request"
    }
    assert post("renew", card.renewal("b1", csr="x")) == {"refusal": "bad-request"}


def test_what_a_code_is_opened_for(broker: Path) -> None:
    def asked(building: str, hours: int = 1, **more: object) -> object:
        return enrolment_codes.open_code(building, hours, actor="test", now_ms=now_ms(), **more)

    assert asked("9") is CodeRefusal.UNKNOWN_BUILDING
    assert [asked("1", hours) for hours in (0, -1, 721)] == [CodeRefusal.BAD_HOURS] * 3
    assert [asked("1", gateway_id=one) for one in ("central", "_central", "a/b", "#")] == [
        CodeRefusal.BAD_ID
    ] * 4
    first = opened("1", gateway_id="north")
    assert first.gateway == "north"
    assert asked("2", gateway_id="north") is CodeRefusal.ID_TAKEN
    assert not opened("1").is_new
    renewed = opened("1", new_code=True)
    assert renewed.code != first.code
    assert NewCard().enrol(first.code)["refusal"] in ("unknown-code", "bad-mac")
    NewCard().enrol(renewed.code)
    assert asked("1", gateway_id="south") is CodeRefusal.OTHER_ID


def test_without_an_authority_nobody_is_enrolled(campus: None, tmp_path: Path) -> None:
    code = opened().code
    assert NewCard().enrol(code) == {"refusal": "no-ca"}
    made = make_authority("test", now_ms())
    assert NewCard().enrol(code) == {"refusal": "no-ca"}  # and no broker to send it to
    assert made.is_new
    assert not make_authority("other", now_ms()).is_new
    assert load_authority().certificate == made.authority.certificate
