"""A penalty's factors as tables, from what was frozen: what is signed, what the case's page and its evidence show."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from central.clock import local
from central.domain.known_settings import Place
from central.domain.paper import Column, Kind, Row, Table
from central.domain.theft_penalty import Since
from central.office.acts import Content
from central.office.dated_settings import known
from central.office.models import Signature
from central.office.setting_words import setting_words, value_text, where_words
from central.office.templatetags.cardroom import fen, kwh, price, receipt_number


def since_words(since: str) -> str:
    """Say what the first day is taken from."""
    words = {
        Since.PAYMENT: _("last own payment"),
        Since.OCCUPANCY: _("never paid: day of moving in"),
        Since.RECORDS: _("never paid here: first day of our records, what was paid before is not known"),
        Since.ACCOUNT: _("nobody named: day the account was opened"),
    }
    return words[Since(since)]


def factor_tables(content: Content) -> list[Table]:
    """Give each factor with its evidence, then the sum, then the estimate beside it."""
    columns = [
        Column("factor", _("Factor"), width=22),
        Column("value", _("Value"), width=26),
        Column("proof", _("Evidence"), width=50),
    ]
    return [
        Table(_("What the penalty is made of"), columns, _factors(content)),
        *_beside(content),
    ]


def _factors(content: Content) -> list[Row]:
    room = _("room %(room)s, account %(account)s") % {"room": content["room"], "account": content["account"]}
    unit = pgettext("unit", "kWh")
    energy = f"{kwh(content['energy_wh'])} {unit}"
    sum_kwh = f"{content['days']} × {kwh(content['wh_per_day']['value'])} {unit}"
    money = f"{fen(content['fen'])} {_('yuan')}"
    sum_yuan = f"{energy} × {price(content['micro_yuan_per_kwh'])} {pgettext('unit', 'yuan/kWh')}"
    return [
        Row([_("Who lived there"), content["names"] or "–", room]),
        _first_day(content),
        Row([_("Day of the discovery"), content["last_day"], _case_words(content)], _case_link(content)),
        Row([_("Both end days count"), *_setting(content["both_days"])]),
        Row([_("Days counted"), str(content["days"]), f"{content['first_day']} – {content['last_day']}"]),
        Row([_("Energy for each day"), *_setting(content["wh_per_day"])]),
        Row([_("Penalty, energy"), energy, sum_kwh]),
        Row(
            [
                _("Price in force"),
                f"{price(content['micro_yuan_per_kwh'])} {pgettext('unit', 'yuan/kWh')}",
                _price(content),
            ]
        ),
        Row([_("Penalty, money"), money, sum_yuan]),
    ]


def _first_day(content: Content) -> Row:
    words, links = since_words(content["since"]), {}
    if content["receipt"]:
        words = f"{words} · {_('receipt')} {receipt_number(content['receipt'])}"
        links = {"proof": reverse("desk:receipt", args=[content["receipt"]])}
    elif content["imported"]:
        words = f"{words} · {_('card meter list')} {content['imported']}"
    return Row([_("Counted from"), content["first_day"], words], links)


def _case_words(content: Content) -> str:
    return _("report of case %(number)s") % {"number": content["case"]}


def _case_link(content: Content) -> dict[str, str]:
    return {"proof": reverse("losses:theft", args=[content["case"]])}


def _setting(used: Content) -> tuple[str, str]:
    """Give a setting's value, and who said it, where and since when."""
    setting = known(used["code"])
    value = value_text(setting, used["value"]) if setting else str(used["value"])
    label = str(setting_words(used["code"]).label)
    if not used["place"]:
        return value, f"{label} · {_('default')}"
    where = where_words(Place(used["place"]), used["where"])
    since = f"{local(used['from_ms']):%Y-%m-%d %H:%M}"
    said = _approved_by(used["approval"]) if used["approval"] else _("set at the server")
    return value, f"{label} · {where} · {_('since %(at)s') % {'at': since}} · {said}"


def _approved_by(number: int) -> str:
    """Name a setting's approval and who signed it."""
    signed = Signature.objects.filter(approval=number, approve=True).select_related("person").order_by("pk")
    names = "、".join(one.person.spoken_name for one in signed)
    said = _("approval %(number)s") % {"number": number}
    return f"{said} ({names})" if names else said


def _price(content: Content) -> str:
    since = f"{local(content['price_from_ms']):%Y-%m-%d %H:%M}"
    return f"{_('price version')} {content['price']} · {_('since %(at)s') % {'at': since}}"


def _beside(content: Content) -> list[Table]:
    """The estimates, worded as such."""
    rows = []
    if content["estimate"]:
        what = _("The load that was measured, in the hours it is believed to have run")
        rows.append(Row([*content["estimate"], what]))
    if missing := content.get("missing"):
        what = _(
            "Missing behind the master of %(group)s since the first day, whoever took it (%(known)s of %(hours)s hours measured)"
        )
        rows.append(Row([missing["least"], missing["most"], what % missing]))
    columns = [
        Column("least", _("At least, kWh"), Kind.KWH, 14),
        Column("most", _("At most, kWh"), Kind.KWH, 14),
        Column("what", _("What"), width=40),
    ]
    title = _("Estimate of what was taken: for comparison only, never charged by itself")
    return [Table(title, columns, rows)] if rows else []
