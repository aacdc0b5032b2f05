"""Who is told: the room of its true-up where its residents consented; technician and head of rooms under software control."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_noop as _

from central.clock import minute_text
from central.desk.room_notices.models import RoomNotice
from central.office.notice_templates import Template, register
from central.office.notices import notify, was_told
from central.office.roles import Role
from central.office.templatetags.cardroom import amount_text, kwh, unit_word
from central.workshop.replacements.models import TrueUp

TOLD, STANDS, STANDS_LONG = "true-up-told", "control-stands", "control-stands-long"
OWED_MSGID, GIVEN_MSGID = _("to be paid"), _("returned to the credit")


def register_notices() -> None:
    """Add this room's templates."""
    register(
        TOLD,
        Template(
            _("True-up"),
            _("Room %(room)s: electricity that was not metered, %(amount)s %(way_word)s"),
            (
                _("From %(from_at)s to %(to_at)s: %(kwh)s kWh (%(method_word)s)"),
                _("Nothing is taken from the credit before %(until)s. Pay or ask at the desk."),
            ),
        ),
    )
    register(
        STANDS,
        Template(
            _("Room under software control"),
            _("Room %(room)s is under software control since %(since)s: it is supplied and not metered"),
            (_("Days: %(days)s"), _("Estimated so far: %(kwh)s kWh"), _("Look: %(link)s")),
        ),
    )
    register(
        STANDS_LONG,
        Template(
            _("Room long under software control"),
            _("Room %(room)s is not metered for %(days)s days"),
            (_("Estimated so far: %(kwh)s kWh"), _("Reason: %(why)s"), _("Look: %(link)s")),
        ),
    )


def tell_room(row: TrueUp, now_ms: int) -> int:
    """Tell a room of its true-up, where its residents wished to be told there; inside the caller's transaction."""
    wish = (
        RoomNotice.objects.filter(account=row.account, state=RoomNotice.State.ON)
        .select_related("channel")
        .first()
    )
    if wish is None or not row.amount:
        return 0
    amount = f"{amount_text(abs(row.amount), row.unit)} {unit_word(row.unit)}"
    params: dict[str, str | int] = {
        "room": row.account.point.room.full_label,
        "amount": amount,
        "way_word": OWED_MSGID if row.amount > 0 else GIVEN_MSGID,
        "from_at": minute_text(row.from_ms),
        "to_at": minute_text(row.to_ms),
        "kwh": kwh(abs(row.energy_wh)),
        "method_word": METHOD_MSGIDS[TrueUp.Method(row.method)],
        "until": minute_text(row.collect_from_ms or now_ms) if row.amount > 0 else "",
    }
    return notify(TOLD, params, to=[wish.channel.group], key=row.name, now_ms=now_ms)


METHOD_MSGIDS = {
    TrueUp.Method.ESTIMATE: _("estimated from its past and its peers"),
    TrueUp.Method.REGISTER: _("the old module's register"),
    TrueUp.Method.BENCH: _("the module's error on the bench"),
    TrueUp.Method.PERSON: _("a person's figure"),
    TrueUp.Method.NONE: _("no figure yet"),
}


@dataclass(frozen=True, slots=True)
class StandingRoom:
    """A room that is still under software control, as it is told of."""

    room: str
    control: str
    days: int
    since_ms: int
    estimate_wh: int | None
    why: str


def _key(control: str, days: int, *, is_long: bool) -> str:
    return f"{STANDS_LONG if is_long else STANDS}-{days}-{control}"[:120]


def is_told(control: str, days: int, now_ms: int, *, is_long: bool) -> bool:
    """Say whether this day's reminder is out already."""
    return was_told(_key(control, days, is_long=is_long), STANDS_LONG if is_long else STANDS, now_ms)


def tell_standing(one: StandingRoom, now_ms: int, *, is_long: bool) -> int:
    """Tell technician and store, or the heads, of a room that is still under software control."""
    params: dict[str, str | int] = {
        "room": one.room,
        "since": minute_text(one.since_ms),
        "days": one.days,
        "kwh": "" if one.estimate_wh is None else kwh(one.estimate_wh),
        "why": one.why,
        "link": reverse("workshop:controls"),
    }
    to = (Role.DIRECTOR, Role.LOGISTICS) if is_long else (Role.TECHNICIAN, Role.STORE)
    key = _key(one.control, one.days, is_long=is_long)
    return notify(STANDS_LONG if is_long else STANDS, params, to=to, key=key, now_ms=now_ms)
