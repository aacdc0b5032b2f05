"""How quantities, instants and states are written on every page: one place, so that no amount stands without its unit."""

from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext

from central.clock import local, real_now_ms
from central.domain.typed_sale import quantity_text
from central.office.photo_addresses import photo_address
from central.office.words import Badge
from gateway.contract.quantities import MicroYuan, Unit, WattHours, kwh_text, yuan_text

register = template.Library()

NOTHING = "–"


@register.filter
def fen(amount_fen: int) -> str:
    """Write desk money as yuan: 5000 -> 50.00."""
    return yuan_text(MicroYuan(amount_fen * 10_000))


@register.filter
def kwh(energy_wh: int | None) -> str:
    """Write watt-hours as kWh with two decimals."""
    return NOTHING if energy_wh is None else kwh_text(WattHours(energy_wh))


@register.filter
def word_of(key: str, words: dict[str, object]) -> object:
    """Give the word for a name; the name itself where there is none."""
    return words.get(key, key)


@register.filter
def quantity(quantity_milli: int) -> str:
    """Write thousandths of a unit: 2500 -> 2.5."""
    return quantity_text(quantity_milli)


@register.filter
def price(micro_yuan_per_kwh: int) -> str:
    """Write a price in yuan per kWh with the four decimals of the price lists."""
    return f"{micro_yuan_per_kwh // 1_000_000}.{micro_yuan_per_kwh % 1_000_000 // 100:04d}"


@register.filter
def watts(power_w: int | None) -> str | SafeString:
    """Write power as W below 10 kW, as kW above."""
    if power_w is None:
        return NOTHING
    number, unit = (str(power_w), "W") if abs(power_w) < 10_000 else (f"{power_w / 1000:.1f}", "kW")
    return format_html('{}<span class="unit">{}</span>', number, unit)


@register.filter
def amperes(current_ma: int) -> SafeString:
    """Write a current in amperes."""
    return format_html('{}<span class="unit">A</span>', f"{current_ma / 1000:.2f}")


def unit_word(unit: str) -> str:
    """Give the reader's word for a balance's unit (C-4: a balance is kept in yuan or in kWh)."""
    return pgettext("unit", "kWh") if unit == Unit.KWH else pgettext("unit", "yuan")


def amount_text(amount: int, unit: str) -> str:
    """Write what is kept in a unit as a plain number: micro-yuan as yuan, watt-hours as kWh."""
    return kwh_text(WattHours(amount)) if unit == Unit.KWH else yuan_text(MicroYuan(amount))


def with_unit(amount: int, unit: str) -> str:
    """Write the same with its unit behind it, as a plain text."""
    return f"{amount_text(amount, unit)} {unit_word(unit)}"


@register.filter
def in_unit(amount: int | None, unit: str) -> str | SafeString:
    """Write a balance with its unit; below zero it is marked, and still carries its sign."""
    if amount is None:
        return NOTHING
    text = amount_text(amount, unit)
    kind = "minus" if amount < 0 else "plus"
    return format_html('<span class="{}">{}</span><span class="unit">{}</span>', kind, text, unit_word(unit))


@register.filter
def moment(instant_ms: int | None) -> str | SafeString:
    """Write an instant in campus time, to the second."""
    return _time(instant_ms, "%Y-%m-%d %H:%M:%S")


@register.filter
def minute(instant_ms: int | None) -> str | SafeString:
    """Write an instant in campus time, to the minute."""
    return _time(instant_ms, "%Y-%m-%d %H:%M")


@register.filter
def short(instant_ms: int | None) -> str | SafeString:
    """Write an instant without its year: for lists of the last days."""
    return _time(instant_ms, "%m-%d %H:%M")


@register.filter
def recent(instant_ms: int | None) -> str | SafeString:
    """Write an instant of the last days to the second."""
    return _time(instant_ms, "%m-%d %H:%M:%S")


@register.filter
def day(instant_ms: int | None) -> str | SafeString:
    """Write the campus's calendar day of an instant."""
    return _time(instant_ms, "%Y-%m-%d")


@register.filter
def day_name(instant_ms: int) -> str:
    """Write the campus's calendar day of an instant as addresses have it: 2026-11-25."""
    return f"{local(instant_ms):%Y-%m-%d}"


@register.filter
def time_of_day(instant_ms: int | None) -> str | SafeString:
    """Write the time of day of an instant, to the second."""
    return _time(instant_ms, "%H:%M:%S")


@register.filter
def hour_and_minute(instant_ms: int | None) -> str | SafeString:
    """Write the time of day of an instant, to the minute."""
    return _time(instant_ms, "%H:%M")


def _time(instant_ms: int | None, pattern: str) -> str | SafeString:
    if not instant_ms:
        return NOTHING
    at = local(instant_ms)
    return format_html(
        '<time class="nowrap" datetime="{}">{}</time>', at.isoformat(timespec="seconds"), at.strftime(pattern)
    )


@register.simple_tag(takes_context=True, name="photo_address")
def address_of_photo(context: template.RequestContext, digest: str) -> str:
    """Give the address under which the reader of this page sees a picture of it."""
    return photo_address(digest, context["request"].user, real_now_ms())


@register.simple_tag
@lru_cache(maxsize=64)
def icon(name: str) -> SafeString:
    """Draw one of the outlines of icons.svg; hidden from those who are read to, who get the word beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("icons.svg"), name
    )


@register.simple_tag
def state(badge: Badge | None) -> SafeString | str:
    """Show a state as outline, word and colour; the colour alone never says it."""
    if badge is None:
        return NOTHING
    return _drawn(badge.tone, badge.icon, str(badge.word))


@lru_cache(maxsize=512)
def _drawn(tone: str, outline: str, word: str) -> SafeString:
    """Draw a state once: a page of rooms shows the same few hundreds of times."""
    return format_html('<span class="state {}">{}{}</span>', tone, icon(outline), word)


@register.filter
def yes_no(value: bool) -> str:
    """Write a truth as a word."""
    return gettext("yes") if value else gettext("no")


@register.filter
def receipt_number(number: int) -> str:
    """Write a receipt's number as it is printed: eight digits."""
    return f"{number:08d}"
