"""A theft from its report to its end: who is told, ten minutes, finding, penalty, appeal, money (R-4.2.4, R-4.2.5)."""

from io import BytesIO

import pytest
from django.db import connection, transaction
from django.utils import translation
from pypdf import PdfReader

from central.campus.models import Price
from central.desk.debts.paying import pay_debt
from central.desk.debts.penalties import due_fen, pay_penalty_back
from central.desk.debts.penalty_models import DebtPenalty
from central.desk.operations import Paid, pay
from central.desk.print_models import ReceiptVoid
from central.domain.known_settings import Place
from central.domain.theft_clock import clock_of
from central.ledger import chart_of_accounts as chart
from central.ledger.immutability import allow_changes
from central.ledger.models import AuditEntry, Transfer
from central.ledger.operations import Draft, book
from central.ledger.queries import balance
from central.link.models import Grant
from central.losses.case_models import Case, CaseStep
from central.losses.cases import CaseRefusal, Matter, Step, open_case, take_step
from central.losses.rounds.round_models import Round, RoundEntry
from central.losses.theft import facts as f
from central.losses.theft.appealing import Appeal, appeal, ask_appeal_end, digest_of
from central.losses.theft.charging import ask_penalty
from central.losses.theft.evidence import evidence_paper
from central.losses.theft.evidence_pictures import pictures_of
from central.losses.theft.factor_tables import factor_tables
from central.losses.theft.factors import Start, factors_of, start_of
from central.losses.theft.models import TheftAppeal, TheftAppealEnd
from central.losses.theft.notices import TOLD_OF_FINDING, TOLD_OF_REPORT, tell_unheard, told_of
from central.losses.theft.operations import Report, close, report
from central.losses.theft.reading import read_theft
from central.losses.theft.refusals import TheftRefusal as Why
from central.losses.verification import verify_losses
from central.office.models import Approval, Notice
from central.office.photo_models import Photo
from central.office.roles import Role
from central.office.setting_changes import Change, set_at_console
from central.papers.pdf import pdf
from central.papers.words import sheet_words
from tests.central import theft_steps as steps
from tests.central.conftest import NOW_MS
from tests.central.departure_steps import faults as faults_of_books
from tests.central.steps import ROOM
from tests.central.theft_steps import DAY_MS, MINUTE_MS

PAID = "0a" * 16


@pytest.fixture
def people(twin, settings, tmp_path):
    settings.PHOTOS_FOLDER = tmp_path / "photos"
    Price.objects.update(from_ms=NOW_MS - 500 * DAY_MS)
    return steps.people()


def faults():
    return faults_of_books() + [check.fault for check in verify_losses() if not check.holds]


def told(template):
    return list(Notice.objects.filter(template=template).order_by("pk"))


def test_r_4_2_4_a_report_tells_every_office_and_the_buildings_electrician_each_once(people):
    case = steps.reported(people["warden"], text="cable under the door")
    assert (case.kind, case.about, case.state) == ("theft", "1-301", "open")
    notice = told("theft-reported")[0]
    assert notice.audience == [*TOLD_OF_REPORT, "wu"]
    assert notice.params["link"] == f"/losses/theft/{case.pk}/"
    assert steps.reported(people["warden"], text="cable under the door").pk == case.pk
    with pytest.raises(AssertionError, match="exists-with-different"):
        steps.reported(people["warden"], text="other words")
    again = steps.reported(people["sec"], "r-2")
    assert again.pk == case.pk
    assert case.steps.count() == 2
    assert len(told("theft-reported")) == 1
    assert {one.who for one in told_of(case) if one.deliveries} == set(notice.audience)
    assert Notice.objects.filter(template="case-opened").count() == 0


def test_an_office_that_nothing_reaches_is_seen_on_the_log(people):
    people["stu"].email = ""
    people["stu"].save()
    case = steps.reported(people["warden"])
    assert [one.who for one in told_of(case) if not one.deliveries] == [Role.STUDENTS]


def test_a_report_of_a_place_and_what_is_refused(people):
    building = steps.room().building
    nowhere = Report(building, None, " ", f.Seen.OTHER, NOW_MS)
    assert report(nowhere, "x", actor=people["sec"], now_ms=NOW_MS).why is Why.NO_PLACE
    other = Report(building, steps.Room.objects.get(building__code="2"), "", f.Seen.OTHER, NOW_MS)
    assert report(other, "x", actor=people["sec"], now_ms=NOW_MS).why is Why.OTHER_BUILDING
    people["warden"].buildings.set(steps.Building.objects.filter(code="2"))
    said = Report(building, None, "3rd floor", f.Seen.OTHER, NOW_MS)
    assert report(said, "x", actor=people["warden"], now_ms=NOW_MS).why is CaseRefusal.NOT_HIS_BUILDING
    case = steps.reported(people["sec"], room=None, place="3rd floor")
    assert (case.room, case.about) == (None, "3rd floor")
    wrong = steps.judged(case, people["wu"], room=None)
    assert wrong.why is Why.NO_ROOM
    assert steps.judged(case, people["wu"], step="j2").room == steps.room()


def test_the_ten_minutes_run_from_the_notice_and_silence_is_told_of_once(people):
    case = steps.reported(people["warden"])
    assert tell_unheard(NOW_MS + 5 * MINUTE_MS - 1) == 0
    assert [tell_unheard(NOW_MS + 5 * MINUTE_MS), tell_unheard(NOW_MS + 9 * MINUTE_MS)] == [1, 0]
    assert told("theft-unheard")[0].audience == [Role.DIRECTOR, Role.LOGISTICS, "wu"]
    case = steps.answered(case, "arrived", people["wu"], 12 * MINUTE_MS)
    arrived = case.steps.get(kind=CaseStep.Kind.ARRIVED)
    late = clock_of(case.opened_ms, 10, arrived.at_ms, NOW_MS + 99 * MINUTE_MS)
    assert (late.is_late, late.minutes_late, late.is_running) == (True, 2, False)


def test_who_acknowledges_is_not_escalated(people):
    case = steps.reported(people["warden"])
    steps.answered(case, "acknowledged", people["wu"], MINUTE_MS)
    assert tell_unheard(NOW_MS + 30 * MINUTE_MS) == 0


def test_r_4_2_5_theft_and_leakage_go_upwards_at_once_and_what_is_not_confirmed_is_closed(people):
    case = steps.confirmed(people)
    assert (case.state, case.finding, told("theft-found")[0].audience) == (
        "found",
        "theft",
        list(TOLD_OF_FINDING),
    )
    assert case.steps.last().facts == {
        "verdict": "confirmed",
        "seal": "whole",
        "room": "1-301",
        "device": "heater",
        "cable": "2.5 mm2",
        **steps.LOAD,
    }
    other = steps.reported(people["warden"], "r-9", room=steps.room("302"))
    done = steps.judged(
        other, people["wu"], f.Verdict.NOT_CONFIRMED, room=None, text="a lamp of the corridor"
    )
    assert (done.state, done.finding, len(told("theft-found"))) == ("closed", "nothing", 1)
    assert ask_penalty(other.pk, "k", why="w", actor=people["card"], now_ms=NOW_MS).why is Why.NOT_OPEN


def test_what_could_not_be_judged_is_judged_again_and_leakage_charges_nobody(people):
    case = steps.reported(people["warden"])
    steps.answered(case, "arrived", people["wu"], MINUTE_MS)
    unclear = steps.judged(case, people["wu"], f.Verdict.UNCLEAR, room=None, text="locked")
    assert (unclear.state, unclear.finding) == ("arrived", "")
    assert close(case.pk, "x", "c", actor=people["dir"], now_ms=NOW_MS).why is Why.NO_FINDING
    leak = steps.judged(case, people["wu"], f.Verdict.LEAKAGE, "j-2", room=None)
    assert leak.finding == "leakage"
    assert len(told("theft-found")) == 1
    assert ask_penalty(case.pk, "k", why="w", actor=people["card"], now_ms=NOW_MS).why is Why.NOT_CONFIRMED
    done = close(case.pk, "joint renewed", "c2", actor=people["dir"], now_ms=NOW_MS)
    assert done.state == "closed"


def test_a_confirmed_theft_is_let_go_without_a_penalty_by_the_director_alone(people):
    case = steps.confirmed(people)
    for name in ("card", "sec"):
        assert close(case.pk, "sorry", f"c-{name}", actor=people[name], now_ms=NOW_MS).why is Why.CHARGE_FIRST
    assert close(case.pk, "warned, first time", "c", actor=people["dir"], now_ms=NOW_MS).state == "closed"


def test_r_4_2_5_leakage_found_in_a_loss_case_goes_upwards_too(people):
    matter = Matter(Case.Kind.LOSS, "loss:1:g-1", steps.room().building, "g-1")
    case = open_case(matter, "s-1", actor=None, now_ms=NOW_MS)
    said = Step(CaseStep.Kind.FOUND, "s-2", NOW_MS, "bare joint", "leakage")
    assert take_step(case.pk, said, actor=people["wu"], now_ms=NOW_MS).finding == "leakage"
    notice = told("theft-found")[0]
    assert (notice.audience, notice.params["link"]) == (list(TOLD_OF_FINDING), f"/losses/cases/{case.pk}/")
    other = open_case(
        Matter(Case.Kind.LOSS, "loss:1:g-2", steps.room().building, "g-2"), "s-3", actor=None, now_ms=NOW_MS
    )
    ended = Step(CaseStep.Kind.CLOSED, "s-4", NOW_MS, "a cable behind the board", "theft")
    assert take_step(other.pk, ended, actor=people["wu"], now_ms=NOW_MS).state == "closed"
    assert [one.params["number"] for one in told("theft-found")] == [case.pk, other.pk]


def test_a_settings_evidence_names_who_signed_it(people):
    steps.nobody_lives_there()
    steps.lives_there("Wang", NOW_MS - 9 * DAY_MS)
    change = Change("theft.penalty-per-day", Place.CAMPUS, "", 10_000, 0)
    set_at_console(change, why="t", now_ms=NOW_MS - DAY_MS)
    case = steps.confirmed(people)
    content = factors_of(case).content(case)
    assert "set at the server" in proofs_of(content)
    asked = steps.charged(case, people["card"], people)
    content["wh_per_day"]["approval"] = asked.number
    assert f"approval {asked.number} (dir、vp)" in proofs_of(content)


def proofs_of(content):
    with translation.override("en"):
        return " ".join(str(row.cells[2]) for row in factor_tables(content)[0].rows)


def account():
    return steps.room().point.accounts.get()


def test_r_4_2_4_the_last_own_payment_counts_and_nothing_else(people, cashier):
    steps.nobody_lives_there()
    steps.lives_there("old", NOW_MS - 400 * DAY_MS, NOW_MS - 100 * DAY_MS)
    steps.lives_there("new", NOW_MS - 60 * DAY_MS)
    moved_in = steps.campus_day(NOW_MS - 60 * DAY_MS)
    assert start_of(account(), NOW_MS) == Start(moved_in, "occupancy")
    given = Draft("s", chart.subsidy("yuan"), chart.customer(ROOM, "paid", "yuan"), 9, "subsidy", NOW_MS)
    with transaction.atomic():
        book([given], NOW_MS - DAY_MS)
    assert start_of(account(), NOW_MS) == Start(moved_in, "occupancy"), "a subsidy is no own payment"
    paid = pay(PAID, ROOM, 5_000, cashier, now_ms=NOW_MS - 3 * DAY_MS)
    assert isinstance(paid, Paid), paid
    last = Start(steps.campus_day(NOW_MS - 3 * DAY_MS), "payment", paid.receipt.number)
    assert start_of(account(), NOW_MS) == last
    assert start_of(account(), NOW_MS - 4 * DAY_MS).since == "occupancy", "paid after the discovery"


def test_payments_of_former_occupants_and_void_receipts_do_not_count(people, cashier):
    steps.nobody_lives_there()
    steps.lives_there("old", NOW_MS - 400 * DAY_MS)
    assert isinstance(pay(PAID, ROOM, 5_000, cashier, now_ms=NOW_MS - 80 * DAY_MS), Paid)
    assert start_of(account(), NOW_MS).since == "payment"
    steps.nobody_lives_there()
    steps.lives_there("new", NOW_MS - 60 * DAY_MS)
    assert start_of(account(), NOW_MS).since == "occupancy"
    paid = pay("0b" * 16, ROOM, 5_000, cashier, now_ms=NOW_MS - DAY_MS)
    assert start_of(account(), NOW_MS).receipt == paid.receipt.number
    ReceiptVoid.objects.create(receipt=paid.receipt, reason="wrong room", by=cashier, at_ms=NOW_MS - DAY_MS)
    assert start_of(account(), NOW_MS).since == "occupancy"


def test_a_corrected_receipts_money_was_paid_when_it_was_taken(people, cashier):
    """A correction after the discovery takes no payment from who paid, and one before it is no later payment."""
    steps.nobody_lives_there()
    steps.lives_there("Wang", NOW_MS - 60 * DAY_MS)
    wrong = pay(PAID, ROOM, 5_000, cashier, now_ms=NOW_MS - 9 * DAY_MS).receipt
    right = pay("0b" * 16, ROOM, 4_000, cashier, now_ms=NOW_MS + DAY_MS).receipt
    ReceiptVoid.objects.create(
        receipt=wrong, replaced_by=right, reason="sum", by=cashier, at_ms=NOW_MS + DAY_MS
    )
    last = Start(steps.campus_day(NOW_MS - 9 * DAY_MS), "payment", right.number)
    assert start_of(account(), NOW_MS) == last
    assert start_of(account(), NOW_MS + 2 * DAY_MS) == last
    assert start_of(account(), NOW_MS - 10 * DAY_MS).since == "occupancy"
    third = pay("0c" * 16, ROOM, 4_500, cashier, now_ms=NOW_MS + 3 * DAY_MS).receipt
    ReceiptVoid.objects.create(
        receipt=right, replaced_by=third, reason="again", by=cashier, at_ms=NOW_MS + 3 * DAY_MS
    )
    assert start_of(account(), NOW_MS) == Start(last.day, "payment", third.number)


def test_the_factors_stand_with_their_evidence_and_the_estimate_beside(people, cashier):
    steps.nobody_lives_there()
    steps.lives_there("Wang", NOW_MS - 9 * DAY_MS)
    case = steps.confirmed(people)
    found = factors_of(case)
    assert (found.penalty.days, found.penalty.energy_wh, found.penalty.amount_fen) == (10, 200_000, 11_160)
    content = found.content(case)
    assert (content["names"], content["since"], content["price"]) == (
        "Wang",
        "occupancy",
        found.price.version,
    )
    assert content["wh_per_day"]["value"] == 20_000
    assert content["wh_per_day"]["approval"] == 0
    least, most = content["estimate"]
    assert 15_000 < least < 16_000 < 90_000 < most < 98_000, "5 A for 20 to 80 hours"
    assert len(content["photos"]) == 1


def test_both_end_days_and_the_energy_of_a_day_are_dated_settings(people):
    steps.nobody_lives_there()
    steps.lives_there("Wang", NOW_MS - 9 * DAY_MS)
    for code, value in (("theft.both-days-count", False), ("theft.penalty-per-day", 10_000)):
        change = Change(code, Place.CAMPUS, "", value, 0)
        set_at_console(change, why="t", now_ms=NOW_MS - DAY_MS)
    found = factors_of(steps.confirmed(people))
    assert (found.penalty.days, found.penalty.energy_wh) == (9, 90_000)


@pytest.fixture
def laid(people, cashier):
    steps.nobody_lives_there()
    steps.lives_there("Wang", NOW_MS - 9 * DAY_MS)
    case = steps.confirmed(people)
    done = steps.charged(case, people["card"], people)
    assert done.state == Approval.State.APPROVED, done.outcome
    return DebtPenalty.objects.get(case=case.pk)


def test_the_walk_from_the_report_to_the_closing_and_its_money(laid, people, cashier):
    case, grants = Case.objects.get(pk=laid.case), Grant.objects.count()
    assert (laid.names, laid.energy_wh, laid.amount_fen) == ("Wang", 200_000, 11_160)
    again = ask_penalty(case.pk, "k-2", why="w", actor=people["card"], now_ms=NOW_MS)
    assert again.why is Why.CHARGED_BEFORE
    later = NOW_MS + 2 * DAY_MS
    assert close(case.pk, "paid", "c1", actor=people["dir"], now_ms=later).why is Why.STILL_OWED
    paid = pay_debt(PAID, ROOM, 11_160, cashier, now_ms=later, penalty_id=laid.pk)
    assert isinstance(paid, Paid)
    assert paid.receipt.occupants == "Wang"
    assert close(case.pk, "paid", "c2", actor=people["dir"], now_ms=later).why is Why.MAY_BE_APPEALED
    late = NOW_MS + 20 * DAY_MS
    assert (
        appeal(case.pk, "a" * 32, Appeal("Wang", "x"), actor=people["stu"], now_ms=late).why is Why.TOO_LATE
    )
    done = close(case.pk, "paid", "c3", actor=people["dir"], now_ms=late)
    assert (done.state, due_fen(laid), Grant.objects.count()) == ("closed", 0, grants)
    assert balance(chart.penalties()) == 11_160 * 10_000
    assert balance(chart.customer(ROOM, "paid", "yuan")) == 0
    assert faults() == []
    new = steps.reported(people["warden"], "r-2", later, again=case.pk)
    assert new.pk != case.pk
    assert new.steps.get().facts["again"] == case.pk


def test_who_found_it_may_not_sign_and_a_changed_factor_fails_the_request(people, cashier):
    steps.nobody_lives_there()
    steps.lives_there("Wang", NOW_MS - 9 * DAY_MS)
    case = steps.confirmed(people)
    asked = ask_penalty(case.pk, "k", why="w", actor=people["card"], now_ms=NOW_MS)
    assert ask_penalty(case.pk, "k", why="w", actor=people["card"], now_ms=NOW_MS).pk == asked.pk
    assert ask_penalty(case.pk, "k2", why="w", actor=people["card"], now_ms=NOW_MS).why is Why.ASKED_BEFORE
    other = steps.reported(people["warden"], "r-9", room=None, place="3rd floor")
    twice = ask_penalty(other.pk, "k", why="w", actor=people["card"], now_ms=NOW_MS)
    assert twice == "exists-with-different", "the same form for another case asks for nothing"
    steps.lives_there("Li", NOW_MS - 30 * DAY_MS)
    done = steps.signed(asked.number, people["dir"], people["vp"])
    assert done.state == Approval.State.FAILED
    assert not DebtPenalty.objects.exists()
    assert ask_penalty(case.pk, "k3", why="w", actor=people["card"], now_ms=NOW_MS).state == "waiting"


def appealed(laid, people, **said):
    done = appeal(
        laid.case,
        "a" * 32,
        Appeal("Wang", "we were away", [steps.picture("blue")]),
        actor=people["stu"],
        now_ms=NOW_MS + 2 * DAY_MS,
    )
    assert isinstance(done, TheftAppeal), done
    kept = AuditEntry.objects.filter(action="appeal-penalty").latest("position")
    assert kept.detail == f"appeal {digest_of(done)}", (
        "neither his name nor his words: a chain forgets nobody"
    )
    return done


def decided(laid, people, outcome, wh=0):
    asked = ask_appeal_end(
        laid.case, outcome, wh, "e-1", why="heard", actor=people["stu"], now_ms=NOW_MS + 3 * DAY_MS
    )
    assert isinstance(asked, Approval), asked
    return steps.signed(asked.number, people["vpl"], people["pre"])


@pytest.mark.parametrize(
    ("outcome", "wh", "stands_fen", "back_fen"),
    [("upheld", 0, 11_160, 0), ("reduced", 100_000, 5_580, 420), ("annulled", 0, 0, 6_000)],
)
def test_an_appeal_is_decided_and_booked_by_entries(laid, people, cashier, outcome, wh, stands_fen, back_fen):
    pay_debt(PAID, ROOM, 6_000, cashier, now_ms=NOW_MS + DAY_MS, penalty_id=laid.pk)
    assert (
        ask_appeal_end(laid.case, outcome, wh, "e", why="w", actor=people["stu"], now_ms=NOW_MS).why
        is Why.NO_APPEAL
    )
    appealed(laid, people)
    assert decided(laid, people, outcome, wh).state == "approved"
    end = TheftAppealEnd.objects.get()
    assert (end.outcome, end.amount_fen) == (outcome, stands_fen)
    assert balance(chart.penalties()) == stands_fen * 10_000
    assert balance(chart.penalty_back(laid.case)) == back_fen * 10_000
    assert due_fen(laid) == max(0, stands_fen - 6_000)
    if back_fen:
        late = NOW_MS + 4 * DAY_MS
        assert close(laid.case, "x", "c", actor=people["dir"], now_ms=late).why is Why.OWED_BACK
        assert pay_penalty_back(laid.case, cashier, now_ms=late).amount_fen == back_fen
        assert close(laid.case, "x", "c", actor=people["dir"], now_ms=late).state == "closed"
    assert faults() == []


def test_an_appeal_comes_once_and_reduces_or_nothing(laid, people):
    first = appealed(laid, people)
    assert appealed(laid, people) == first
    other = appeal(laid.case, "b" * 32, Appeal("Li", "x"), actor=people["stu"], now_ms=NOW_MS + 2 * DAY_MS)
    assert other.why is Why.APPEALED_BEFORE
    for wh in (0, 200_000):
        asked = ask_appeal_end(
            laid.case, "reduced", wh, f"e{wh}", why="w", actor=people["stu"], now_ms=NOW_MS
        )
        assert asked.why is Why.NOT_LESS


def test_verify_finds_a_photograph_that_is_not_what_was_received(laid, settings):
    assert faults() == []
    photo = Photo.objects.get()
    path = settings.PHOTOS_FOLDER / photo.digest[:2] / photo.digest
    path.write_bytes(path.read_bytes() + b"x")
    assert [fault.partition(":")[0] for fault in faults()] == [photo.digest]


def test_verify_finds_evidence_of_a_round_that_is_not_kept(people):
    walked = Round.objects.create(
        round_id="w", building=steps.room().building, by=people["warden"], started_ms=1, received_ms=1
    )
    RoundEntry.objects.create(
        round=walked,
        entry="e",
        room=steps.room(),
        outcome="found",
        photos=["0" * 64],
        at_ms=1,
        received_ms=1,
        by=people["warden"],
    )
    assert "0" * 64 in next(one.fault for one in verify_losses() if one.fault)


def test_verify_finds_a_penalty_that_is_not_what_was_signed(laid):
    allow_changes(connection, "desk_debtpenalty")
    DebtPenalty.objects.update(amount_fen=1)
    assert any("not what was signed" in fault for fault in faults())


def page_texts(pdf):
    reader = PdfReader(BytesIO(pdf))
    return [page.extract_text() for page in reader.pages], reader


def test_one_pdf_holds_the_whole_chain_of_evidence(laid, people, cashier):
    paid = pay_debt(PAID, ROOM, 11_160, cashier, now_ms=NOW_MS + DAY_MS, penalty_id=laid.pk)
    appealed(laid, people)
    decided(laid, people, "reduced", 100_000)
    pay_penalty_back(laid.case, cashier, now_ms=NOW_MS + 4 * DAY_MS)
    close(laid.case, "paid and reduced", "c", actor=people["dir"], now_ms=NOW_MS + 5 * DAY_MS)
    theft = read_theft(Case.objects.get(pk=laid.case), NOW_MS + 5 * DAY_MS)
    paper = evidence_paper(theft, NOW_MS)
    words = " ".join(str(cell) for row in paper.tables[0].rows for cell in row.cells)
    asked = Approval.objects.get(act="theft-penalty")
    penalty = Transfer.objects.get(pk=f"penalty:{asked.number}")
    for part in (
        asked.content_hash,
        f"{penalty.position} · {bytes(penalty.chain_hash).hex()[:16]}",
        f"{paid.receipt.number:08d}",
        "we were away",
        "paid and reduced",
        "heater",
        "200.00",
        *(name for name in ("vp", "dir", "wu", "warden")),
    ):
        assert part in words
    pictures = pictures_of(theft)
    assert len(pictures) == 2
    with translation.override("zh-hans"):
        texts, reader = page_texts(
            pdf(evidence_paper(theft, NOW_MS), sheet_words("x", NOW_MS), pictures=pictures)
        )
    digests = Photo.objects.values_list("digest", flat=True)
    assert all(digest in texts[-1] for digest in digests)
    assert len(reader.pages[-1].images) == 2
    assert "偷电案件" in texts[0]
