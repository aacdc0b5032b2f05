"""Take down an appeal, decide it by signatures: upheld, reduced to so many kWh, annulled. Money moves by entries alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from msgspec import json

from central.clock import campus_day, minute_text
from central.desk.debts.penalties import change_penalty
from central.desk.debts.refusals import Refused as DebtRefused
from central.desk.debts.words import refusal_words as debt_words
from central.domain.approval import Step
from central.domain.paper import Column, Row, Table
from central.domain.theft_penalty import money_of
from central.ledger.operations import record_audit
from central.losses.cases import OF_PHOTOS
from central.losses.cases import Refused as CaseRefused
from central.losses.theft.charging import locked_theft
from central.losses.theft.ending import APPEAL_ACT, last_day_of_appeal, penalty_laid, requests_of, subject_of
from central.losses.theft.factor_tables import factor_tables
from central.losses.theft.models import TheftAppeal, TheftAppealEnd
from central.losses.theft.refusals import Refused, refusal_words
from central.losses.theft.refusals import TheftRefusal as Why
from central.office.acts import Act, Approved, Content, register
from central.office.approvals import ApprovalRefusal, ask
from central.office.models import Approval, User
from central.office.photos import PhotoRefusal, keep_photos
from central.office.roles import RECEIVE_APPEALS, Role
from central.office.templatetags.cardroom import fen, kwh

Outcome = TheftAppealEnd.Outcome


@dataclass(frozen=True, slots=True)
class Appeal:
    """Who appeals, with what words and pictures."""

    who: str
    text: str
    photos: Sequence[bytes] = ()


@transaction.atomic
def appeal(
    number: int, appeal_id: str, said: Appeal, *, actor: User, now_ms: int
) -> TheftAppeal | Refused | CaseRefused:
    """Take down an appeal within its days; one for each penalty. The same `appeal_id` is the same appeal."""
    case = locked_theft(number)
    if (known := TheftAppeal.objects.filter(pk=appeal_id).first()) is not None:
        same = (known.case_id, known.who, known.text) == (number, _who(said), _text(said))
        return known if same else Refused(Why.APPEALED_BEFORE, str(number))
    penalty = penalty_laid(number)
    if case is None or penalty is None:
        return Refused(Why.NO_PENALTY, str(number))
    if TheftAppeal.objects.filter(case=case).exists():
        return Refused(Why.APPEALED_BEFORE, str(number))
    if campus_day(now_ms) > last_day_of_appeal(penalty):
        return Refused(Why.TOO_LATE, str(number))
    kept = keep_photos(said.photos, by=actor, now_ms=now_ms) if said.photos else []
    if isinstance(kept, PhotoRefusal):
        return CaseRefused(OF_PHOTOS[kept])
    done = TheftAppeal.objects.create(
        appeal_id=appeal_id,
        case=case,
        who=_who(said),
        text=_text(said),
        photos=kept,
        by=actor,
        at_ms=now_ms,
    )
    record_audit(
        actor=actor.get_username(),
        action="appeal-penalty",
        subject=str(number),
        detail=f"appeal {digest_of(done)}",
        now_ms=now_ms,
    )
    return done


def digest_of(appeal: TheftAppeal) -> str:
    """Give what the chain keeps of an appeal: a digest, salted by its random id. Name and words would be there for ever."""
    said = [appeal.appeal_id, appeal.who, appeal.text, *appeal.photos]
    return sha256(json.encode(said)).hexdigest()


def _who(said: Appeal) -> str:
    return said.who.strip()[:80]


def _text(said: Appeal) -> str:
    return said.text.strip()[:1000]


@transaction.atomic
def ask_appeal_end(
    number: int, outcome: str, energy_wh: int, key: str, *, why: str, actor: User, now_ms: int
) -> Approval | ApprovalRefusal | Refused:
    """Ask that an appeal is decided so; `energy_wh` is what is left of a reduced penalty. The same `key` is the same request."""
    case = locked_theft(number)
    named = f"{APPEAL_ACT}:{key}"
    if (known := Approval.objects.filter(key=named).first()) is not None:
        is_same = known.subject == subject_of(number) and _is_asked(known.content, outcome, energy_wh)
        return known if is_same else ApprovalRefusal.EXISTS_WITH_DIFFERENT
    penalty, found = penalty_laid(number), _open_appeal(number)
    if case is None or penalty is None or found is None:
        return Refused(Why.NO_APPEAL, str(number))
    if any(one.act == APPEAL_ACT and one.state == Approval.State.WAITING for one in requests_of(number)):
        return Refused(Why.WAITS, str(number))
    left_wh = {Outcome.UPHELD: penalty.energy_wh, Outcome.ANNULLED: 0}.get(Outcome(outcome), energy_wh)
    fen_left = money_of(left_wh, penalty.micro_yuan_per_kwh)
    if outcome == Outcome.REDUCED and not (0 < fen_left < penalty.amount_fen):
        return Refused(Why.NOT_LESS, str(number))
    content = {
        "case": number,
        "appeal": found.pk,
        "who": found.who,
        "text": found.text,
        "outcome": outcome,
        "energy_wh": left_wh,
        "fen": penalty.amount_fen if outcome == Outcome.UPHELD else fen_left,
        "of_wh": penalty.energy_wh,
        "of_fen": penalty.amount_fen,
        "penalty": penalty.approval,
    }
    return ask(
        APPEAL_ACT, content, subject=subject_of(number), why=why, actor=actor, now_ms=now_ms, key=named
    )


def _is_asked(content: Content, outcome: str, energy_wh: int) -> bool:
    left = energy_wh if outcome == Outcome.REDUCED else content["energy_wh"]
    return (content["outcome"], content["energy_wh"]) == (outcome, left)


def _open_appeal(number: int) -> TheftAppeal | None:
    return TheftAppeal.objects.filter(case=number, end=None).first()


def _carry_out(content: Content, approved: Approved) -> str:
    locked_theft(content["case"])
    penalty, found = penalty_laid(content["case"]), _open_appeal(content["case"])
    if penalty is None or found is None:
        return str(refusal_words(Refused(Why.NO_APPEAL)))
    if content["outcome"] != Outcome.UPHELD:
        done = change_penalty(penalty, content["energy_wh"], content["fen"], approved)
        if isinstance(done, DebtRefused):
            return debt_words(done)
    TheftAppealEnd.objects.create(
        appeal=found,
        approval=approved.number,
        outcome=content["outcome"],
        energy_wh=content["energy_wh"],
        amount_fen=content["fen"],
        at_ms=approved.now_ms,
    )
    record_audit(
        actor=approved.asked_by.get_username(),
        action="decide-appeal",
        subject=str(content["case"]),
        detail=f"{content['outcome']}: {content['fen']} of {content['of_fen']} fen, approval {approved.number}",
        now_ms=approved.now_ms,
    )
    return ""


def _show(content: Content) -> list[Table]:
    columns = [Column("what", _("Item"), width=24), Column("said", _("Said"), width=60)]
    found = TheftAppeal.objects.filter(pk=content["appeal"]).first()
    at = minute_text(found.at_ms) if found else ""
    unit, of_energy = _("yuan"), pgettext("unit", "kWh")
    rows = [
        Row([_("Appeal by"), f"{content['who']} · {at}"]),
        Row([_("What the appeal says"), content["text"]]),
        Row([_("Penalty charged"), f"{kwh(content['of_wh'])} {of_energy} · {fen(content['of_fen'])} {unit}"]),
        Row([_("Decision"), str(Outcome(content["outcome"]).label)]),
        Row(
            [
                _("What is left of it"),
                f"{kwh(content['energy_wh'])} {of_energy} · {fen(content['fen'])} {unit}",
            ]
        ),
    ]
    asked = Approval.objects.filter(pk=content["penalty"]).first()
    return [Table(_("Appeal"), columns, rows), *(factor_tables(asked.content) if asked else [])]


def _room_of(content: Content) -> str:
    asked = Approval.objects.filter(pk=content["penalty"]).first()
    return asked.content["room"] if asked else ""


def register_act() -> None:
    """Make the act known when the app starts."""
    register(
        Act(
            code=APPEAL_ACT,
            title=gettext_lazy("Decision of an appeal against a penalty"),
            roles=RECEIVE_APPEALS,
            chain=(Step((Role.VP_NETWORK, Role.VP_LOGISTICS)), Step((Role.PRESIDENT,))),
            show=_show,
            carry_out=_carry_out,
            address=lambda content: reverse("losses:theft", args=[content["case"]]),
            about=_room_of,
            copies=(Role.CASHIER, Role.STUDENTS),
        )
    )
