"""Claims to makers: begun from what was found, mailed with the photographs, telephoned about, followed to their end (R-4.3.1)."""

from io import BytesIO

import pytest
from django.utils import translation
from PIL import Image

from central.clock import campus_day
from central.domain.device_states import DeviceAct, Holds
from central.office.channels import AskedServer, set_mail_server
from central.office.models import Notice, User
from central.office.notice_sending import send_next
from central.office.photos import keep_photos
from central.workshop.claims.following import close, end_device, log_call, log_reply
from central.workshop.claims.letter import text_of
from central.workshop.claims.models import Claim, ClaimDevice, ClaimStep
from central.workshop.claims.notices import tell_of_overdue_claims
from central.workshop.claims.operations import ClaimRefusal, Refused, Said, open_claim, write_text
from central.workshop.claims.queries import is_overdue, lacks_call
from central.workshop.claims.sending import mails_of, send_by_mail, sent_otherwise, ship
from central.workshop.devices.models import Device, DeviceType, Maker, Place
from central.workshop.devices.operations import DeviceMove, NewDevice, step, take_in
from central.workshop.files import printed
from tests.central.notice_endpoints import smtp_end

DAY_MS = 86_400_000
NOW_MS = 1_795_000_000_000


@pytest.fixture
def keeper(db, settings, tmp_path):
    settings.PHOTOS_FOLDER = tmp_path / "photos"
    return User.objects.create_user("keeper", last_name="孙", role="store")


@pytest.fixture
def module(db):
    maker = Maker.objects.create(code="hx", name="华星", mail="claims@example.org", phone="0571-1")
    return DeviceType.objects.create(code="dds-1", kind=DeviceType.Kind.MODULE, maker=maker, name="DDS-1")


@pytest.fixture
def places(db):
    return {one: Place.objects.create(code=one.value, name=one.value, holds=one.value) for one in Holds}


@pytest.fixture
def faulty(module, places):
    """Make faulty devices, by serial number."""

    def made(serial: str, type_: DeviceType = module) -> Device:
        came = DeviceMove(f"in-{serial}", DeviceAct.RECEIVED, NOW_MS, places[Holds.ARRIVALS])
        device = take_in(NewDevice(type_, serial, "PO-1"), came, actor=None, now_ms=NOW_MS)
        bad = DeviceMove(f"bad-{serial}", DeviceAct.FAILED, NOW_MS, places[Holds.FAULTY])
        return step(device.number, bad, actor=None, now_ms=NOW_MS)

    return made


def photo(keeper, colour="red"):
    file = BytesIO()
    Image.new("RGB", (3000, 2000), colour).save(file, "JPEG")
    return keep_photos([file.getvalue()], by=keeper, now_ms=NOW_MS)[0]


def opened(devices, keeper, text="case cracked", photos=(), source="goods:1"):
    return open_claim(devices, text, photos, source=source, actor=keeper, now_ms=NOW_MS)


def test_claims_of_one_source_gather_and_the_same_again_changes_nothing(faulty, keeper):
    first = faulty("A1")
    claim = opened([first], keeper, photos=[photo(keeper)])
    assert opened([first], keeper) == claim
    assert opened([first, faulty("A2")], keeper, "no display", [photo(keeper, "blue")]) == claim
    assert [(one.device.serial, one.finding) for one in claim.devices.all()] == [
        ("A1", "case cracked"),
        ("A2", "no display"),
    ]
    assert [(one.kind, len(one.photos)) for one in claim.steps.all()] == [("opened", 1), ("added", 1)]
    assert opened([faulty("A3")], keeper, source="fault:7") != claim


def test_what_cannot_be_claimed_is_refused_by_name(faulty, keeper, places):
    other = DeviceType.objects.create(
        code="x-1", kind="module", name="X", maker=Maker.objects.create(code="x", name="X")
    )
    first = faulty("A1")
    claim = opened([first], keeper)
    gone = faulty("A2")
    step(gone.number, DeviceMove("gone", DeviceAct.SCRAPPED, 1, why="burnt"), actor=None, now_ms=1)
    gone.refresh_from_db()
    tried = {
        ClaimRefusal.NO_DEVICES: [],
        ClaimRefusal.SEVERAL_MAKERS: [first, faulty("B1", other)],
        ClaimRefusal.IN_ANOTHER_CLAIM: [first],
        ClaimRefusal.NOT_CLAIMABLE: [gone],
    }
    for why, devices in tried.items():
        refused = opened(devices, keeper, source="fault:1")
        assert isinstance(refused, Refused)
        assert refused.why is why
    assert opened([faulty("A3")], keeper, photos=["0" * 64]) == Refused(ClaimRefusal.UNKNOWN_PHOTO)
    assert (Claim.objects.get(), ClaimStep.objects.count()) == (claim, 1)


@pytest.fixture
def mailed(settings):
    """A mail server, told to central."""
    settings.SITE_ADDRESS = "https://card.college.example"
    with smtp_end() as end:
        asked = AskedServer("127.0.0.1", end.port, "insecure", "", None, "cardroom@college.example")
        assert set_mail_server(asked, actor="test", now_ms=NOW_MS)
        yield end


def send(claim, keeper, step="m1"):
    return send_by_mail(claim.pk, step, actor=keeper, now_ms=NOW_MS)


def test_the_mail_reaches_the_maker_with_its_photographs_and_again_when_asked(faulty, keeper, mailed):
    device = faulty("A1")
    digest = photo(keeper)
    claim = open_claim(
        [device], "left corner", [digest], source="goods:1", actor=keeper, now_ms=NOW_MS, found=["case"]
    )
    for _again in range(2):
        assert send(claim, keeper).state == "sent"
    assert send_next(lambda: NOW_MS)
    assert not send_next(lambda: NOW_MS)
    [(to, message)] = mailed.mails
    assert to == ["claims@example.org"]
    assert str(claim.pk) in message["subject"]
    assert "DDS-1 A1" in message["subject"]
    text = message.get_body(("plain",)).get_content()
    assert text.split() == Claim.objects.get().text.split()
    assert "外壳损坏; left corner" in text
    [attached] = message.iter_attachments()
    assert attached.get_content_type() == "image/jpeg"
    assert Image.open(BytesIO(attached.get_content())).size == (1600, 1067)
    device.refresh_from_db()
    assert (device.state, device.place) == ("claimed", None)
    claim.refresh_from_db()
    assert [(one.delivery.state, one.step.facts["to"]) for one in mails_of(claim)] == [
        ("sent", "claims@example.org")
    ]
    Maker.objects.update(mail="other@example.org")
    assert send(Claim.objects.get(), keeper, "m2").state == "sent"
    assert send_next(lambda: NOW_MS)
    assert mailed.mails[1][0] == ["other@example.org"]


def test_a_photograph_that_is_lost_stops_the_mail_and_says_so(faulty, keeper, mailed, settings):
    claim = opened([faulty("A1")], keeper, photos=[photo(keeper)])
    send(claim, keeper)
    for file in settings.PHOTOS_FOLDER.rglob("*"):
        if file.is_file():
            file.unlink()
    assert send_next(lambda: NOW_MS)
    assert mailed.mails == []
    delivery = mails_of(claim)[0].delivery
    assert (delivery.state, "is missing" in delivery.detail) == ("queued", True)


def test_what_is_in_use_follows_its_claim_when_it_is_off_the_wall(faulty, module, places, keeper, mailed):
    used = faulty("A1")
    for act, place in [(DeviceAct.REPAIRED, Holds.GOOD), (DeviceAct.INSTALLED, None)]:
        move = DeviceMove(f"u-{act}", act, NOW_MS, places.get(place), where="101")
        step(used.number, move, actor=None, now_ms=NOW_MS)
    claim = opened([Device.objects.get(pk=used.number)], keeper, source="fault:1")
    send(claim, keeper)
    assert Device.objects.get().state == "in-use"
    said = Said("s1", ClaimStep.Kind.SHIPPED, NOW_MS)
    refused = ship(claim.pk, used.number, said, actor=keeper, now_ms=NOW_MS)
    assert refused == Refused(ClaimRefusal.DEVICE_REFUSED, used.number)
    step(
        used.number, DeviceMove("off", DeviceAct.REMOVED, NOW_MS, places[Holds.FAULTY]), actor=None, now_ms=1
    )
    assert ship(claim.pk, used.number, said, actor=keeper, now_ms=NOW_MS) == claim
    assert Device.objects.get().state == "claimed"


def test_calls_answers_and_ends_are_kept_once_and_refuse_by_name(faulty, places, keeper):
    device = faulty("A1")
    claim = opened([device], keeper)

    def done(act, kind, step_id, text="", **facts):
        said = Said(step_id, kind, NOW_MS, text, facts)
        return act(claim.pk, said, actor=keeper, now_ms=NOW_MS)

    def ended(step_id, end, place=None, text="x"):
        said = Said(step_id, ClaimStep.Kind.DEVICE_ENDED, NOW_MS, text)
        return end_device(claim.pk, device.number, end, place, said, actor=keeper, now_ms=NOW_MS)

    kinds, promises = ClaimStep.Kind, Claim.Promise
    assert lacks_call(claim, NOW_MS + DAY_MS + 1)
    assert done(log_call, kinds.CALLED, "c1", "will look").why is ClaimRefusal.NO_WORDS
    for _again in range(2):
        called = done(log_call, kinds.CALLED, "c1", "will look", **{"with": "Ms Li"})
    assert not lacks_call(called, NOW_MS + 9 * DAY_MS)
    assert (
        done(log_reply, kinds.REPLIED, "r1", "yes", promise="repair", due="2026-12-01").why
        is ClaimRefusal.NOT_SENT
    )
    assert ended("e1", ClaimDevice.End.RETURNED, places[Holds.ARRIVALS]).why is ClaimRefusal.DEVICE_REFUSED
    assert done(sent_otherwise, kinds.HANDED, "h1").why is ClaimRefusal.NO_WORDS
    assert done(sent_otherwise, kinds.HANDED, "h1", "by post") == claim
    assert done(log_reply, kinds.REPLIED, "r1", "yes", promise="gift").why is ClaimRefusal.NO_PROMISE
    assert done(log_reply, kinds.REPLIED, "r1", "yes", promise=promises.REPAIR).why is ClaimRefusal.NO_DUE_DAY
    answered = done(log_reply, kinds.REPLIED, "r1", "yes", promise=promises.REPAIR, due="2026-12-01")
    assert (answered.state, str(answered.due_day)) == ("answered", "2026-12-01")
    assert done(close, kinds.CLOSED, "x1", "done") == Refused(ClaimRefusal.DEVICES_OPEN, device.number)
    assert ended("e1", ClaimDevice.End.RETURNED, places[Holds.GOOD]).why is ClaimRefusal.DEVICE_REFUSED
    for _again in range(2):
        assert ended("e1", ClaimDevice.End.RETURNED, places[Holds.ARRIVALS]) == claim
    assert Device.objects.get().state == "arrived"
    for _again in range(2):
        assert done(close, kinds.CLOSED, "x1", "done").state == "closed"
    assert done(log_call, kinds.CALLED, "c2", "thanks", **{"with": "Ms Li"}) == Refused(ClaimRefusal.CLOSED)
    assert [one.kind for one in claim.steps.all()] == [
        *("opened", "called", "handed", "replied", "device-ended", "closed")
    ]
    assert opened([Device.objects.get()], keeper, source="goods:2").pk != claim.pk


def test_store_keeper_and_director_are_told_once_of_each_day_that_is_over(faulty, keeper):
    claim = opened([faulty("A1")], keeper)
    said = Said("h1", ClaimStep.Kind.HANDED, NOW_MS, "by post")
    sent_otherwise(claim.pk, said, actor=keeper, now_ms=NOW_MS)
    assert tell_of_overdue_claims(NOW_MS + 7 * DAY_MS) == 0
    late_ms = NOW_MS + 8 * DAY_MS
    assert [tell_of_overdue_claims(late_ms) for _again in range(2)] == [1, 0]
    due = campus_day(late_ms + 2 * DAY_MS).isoformat()
    later = Said("r1", ClaimStep.Kind.REPLIED, late_ms, "next week", {"promise": "later", "due": due})
    log_reply(claim.pk, later, actor=keeper, now_ms=late_ms)
    assert is_overdue(Claim.objects.get(), late_ms + 2 * DAY_MS) is None
    assert tell_of_overdue_claims(late_ms + 3 * DAY_MS) == 1
    told = Notice.objects.filter(template="claim-overdue")
    assert [one.audience for one in told] == [["store", "director"]] * 2


def test_a_residents_photograph_is_printed_with_its_claim(keeper):
    digest = photo(None)
    with translation.override("en"):
        (picture,) = printed([digest])
    assert "a resident" in picture.lines[0]
    assert picture.content


def test_the_letter_is_the_makers_language_until_a_person_writes_it(faulty, keeper):
    claim = open_claim(
        [faulty("A1")], "", [], source="goods:1", actor=keeper, now_ms=NOW_MS, found=["seal", "bench-failed"]
    )
    assert "封签破损或缺失; 检测台测试不通过" in text_of(claim)
    english = write_text(claim.pk, "", "en", "w1", actor=keeper, now_ms=NOW_MS)
    assert "seal broken or missing; the test on the bench failed" in text_of(english)
    own = write_text(claim.pk, "Dear Sirs", "en", "w2", actor=keeper, now_ms=NOW_MS)
    assert text_of(own) == "Dear Sirs"
    assert opened([faulty("A2")], keeper, source="goods:2").language == "en", "as he was written to last"
    sent_otherwise(claim.pk, Said("h1", ClaimStep.Kind.HANDED, NOW_MS, "post"), actor=keeper, now_ms=NOW_MS)
    late = write_text(claim.pk, "more", "en", "w3", actor=keeper, now_ms=NOW_MS)
    assert late == Refused(ClaimRefusal.ALREADY_SENT)
