"""Change a dated setting: asked for, signed, in force from an instant on. At the server's console without signatures, on record."""

from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.clock import local
from central.domain.approval import NotAChain, Step, chain_of
from central.domain.known_settings import Kind, Place, Value, ValueFault, fault_of
from central.domain.paper import Column, Row, Table
from central.ledger.operations import record_audit
from central.office.acts import Act, Approved, Content, register
from central.office.dated_settings import Where, known, place_exists, value_at
from central.office.models import DatedValue
from central.office.roles import APPROVES_MONEY, Role
from central.office.setting_words import fault_words, setting_words, value_text, where_words

ACT = "setting"
CONSOLE = "console"


class SettingRefusal(StrEnum):
    """Why a setting was not changed, beside the faults of its value."""

    UNKNOWN = "unknown"
    NOT_HERE = "not-here"
    """The setting can't differ for this kind of place, or the place is not there."""
    UNKNOWN_OFFICE = "unknown-office"


@dataclass(frozen=True, slots=True)
class Change:
    """A value for a place from an instant on; `value` None takes back what was said there."""

    code: str
    place: Place
    where: str
    value: Value | None
    from_ms: int

    def content(self) -> Content:
        """Give it as a request's content."""
        return {
            "code": self.code,
            "place": self.place.value,
            "where": self.where,
            "value": self.value,
            "from_ms": self.from_ms,
        }


def change_of(content: Content) -> Change:
    """Read a request's content."""
    return Change(
        content["code"], Place(content["place"]), content["where"], content["value"], content["from_ms"]
    )


def refusal_of(change: Change) -> SettingRefusal | ValueFault | None:
    """Say why a change can't be made; None when it can."""
    setting = known(change.code)
    if setting is None:
        return SettingRefusal.UNKNOWN
    if change.place not in (Place.CAMPUS, *setting.places) or not place_exists(change.place, change.where):
        return SettingRefusal.NOT_HERE
    if change.value is None:
        return None
    if setting.kind is Kind.CHAIN:
        return _chain_refusal(change.value)
    return fault_of(setting, change.value)


def _chain_refusal(value: object) -> SettingRefusal | ValueFault | None:
    try:
        chain = chain_of(value)
    except NotAChain:
        return ValueFault.NOT_THIS_KIND
    offices = {office for step in chain for office in step.offices}
    return None if offices <= set(Role.values) else SettingRefusal.UNKNOWN_OFFICE


def put(change: Change, *, made_by: str, approval: int | None, now_ms: int) -> DatedValue:
    """Add a value inside the caller's transaction. It never begins before now: nothing computed is computed anew."""
    return DatedValue.objects.create(
        code=change.code,
        place=change.place.value,
        where=change.where,
        value=change.value,
        from_ms=max(change.from_ms, now_ms),
        made_by=made_by,
        approval_id=approval,
        made_ms=now_ms,
    )


@transaction.atomic
def set_at_console(change: Change, *, why: str, now_ms: int) -> DatedValue | SettingRefusal | ValueFault:
    """Set a value as whoever has the server's console may, without signatures: a new house has nobody to sign yet."""
    refusal = refusal_of(change)
    if refusal is not None:
        return refusal
    row = put(change, made_by=CONSOLE, approval=None, now_ms=now_ms)
    detail = f"{change.place} {change.where}: {change.value} from {row.from_ms}: {why}"
    record_audit(actor=CONSOLE, action="set-setting", subject=change.code, detail=detail[:400], now_ms=now_ms)
    return row


def _carry_out(content: Content, approved: Approved) -> str:
    change = change_of(content)
    refusal = refusal_of(change)
    if refusal is not None:
        return str(fault_words(refusal))
    put(change, made_by=approved.asked_by.get_username(), approval=approved.number, now_ms=approved.now_ms)
    return ""


def _show(content: Content) -> list[Table]:
    change = change_of(content)
    setting = known(change.code)
    if setting is None:
        return []
    columns = [Column("what", "", width=20), Column("value", "", width=50)]
    before = value_at(change.code, change.from_ms, where_of(change))
    begins = _("%(instant)s, or with the last signature if that comes later") % {
        "instant": f"{local(change.from_ms):%Y-%m-%d %H:%M}"
    }
    rows = [
        Row([_("Setting"), str(setting_words(change.code).label)]),
        Row([_("For"), where_words(change.place, change.where)]),
        Row([_("Value before"), value_text(setting, before)]),
        Row([_("New value"), value_text(setting, change.value)]),
        Row([_("In force from"), begins]),
        Row([_("Requirement"), setting.source]),
    ]
    return [Table("", columns, rows)]


def where_of(change: Change) -> Where:
    """Give the place of a change as one that values are asked for."""
    match change.place:
        case Place.CLASS:
            return Where(customer_class=change.where)
        case Place.BUILDING:
            return Where(building=change.where)
        case Place.ROOM:
            return Where(building=change.where.partition("-")[0], room=change.where)
        case Place.CAMPUS:
            return Where()


SETTING = Act(
    code=ACT,
    title=gettext_lazy("Change of a setting"),
    roles=APPROVES_MONEY,
    chain=(Step((Role.DIRECTOR,)), Step((Role.VP_NETWORK, Role.VP_LOGISTICS))),
    show=_show,
    carry_out=_carry_out,
    about=lambda content: str(setting_words(content["code"]).label),
    copies=(Role.CASHIER,),
)


def register_act() -> None:
    """Make the act known when the app starts."""
    register(SETTING)
