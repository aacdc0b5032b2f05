"""Forms of a subsidy: what is chosen, read exactly; and the rooms of a list, typed or from a file."""

import json
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from central.campus.list_file import ListSheet, read_list
from central.campus.models import Bucket, Building
from central.clock import campus_day, start_of_day_ms
from central.desk.forms import FULL_WIDTH_DIGITS, ListFileField, names_in
from central.desk.go_live.signers_view import bucket_words
from central.desk.subsidies.plan import Choice
from central.domain.campus_rows import Problem
from central.domain.opening_rows import PAID, column_of
from central.domain.periods import LATEST
from central.office import uploads
from central.office.templatetags.cardroom import unit_word
from gateway.contract.quantities import NotAnAmount, Unit, micro_yuan_from_yuan, wh_from_kwh

MOST_EACH = 10_000
"""Yuan or kWh for each head: beyond it a decimal point was lost."""
MOST_ROOMS = 20_000


def subsidy_buckets() -> list[Bucket]:
    """Give the buckets that a subsidy can go into: not the paid one, and nothing that is ever paid out."""
    buckets = Bucket.objects.filter(refundable=False).exclude(name=PAID)
    return list(buckets.select_related("customer_class").order_by("customer_class__code", "order"))


class SubsidyForm(forms.Form):
    """Which class and credit, how much a head, whose heads, until when, where."""

    bucket = forms.ChoiceField(
        label=lazy("Class and kind of credit"), error_messages={"required": lazy("Choose the class.")}
    )
    per_head = forms.CharField(
        label=lazy("For each head"),
        max_length=16,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "placeholder": "8"}),
        error_messages={"required": lazy("Type how much each head gets, in the unit of the kind of credit.")},
    )
    heads_on = forms.DateField(
        label=lazy("Count the occupants of this day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": lazy("Choose the day."), "invalid": lazy("Write the day as 2026-11-30.")},
    )
    last_day = forms.DateField(
        label=lazy("Lapses after this day (empty: never)"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": lazy("Write the day as 2026-11-30.")},
    )
    buildings = forms.MultipleChoiceField(
        label=lazy("Buildings (none: all)"), required=False, widget=forms.CheckboxSelectMultiple
    )
    rooms = forms.CharField(
        label=lazy("Only these rooms (empty: all)"),
        required=False,
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "1-301 1-302"}),
    )
    file = ListFileField(
        label=lazy("or the rooms of a list (XLSX or CSV, with a column “room”)"),
        required=False,
    )
    kept = forms.RegexField(r"[0-9a-f]{64}", required=False, widget=forms.HiddenInput)
    """The digest under which the rooms of the preview are kept."""

    def __init__(self, *args: object, now_ms: int, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._now_ms = now_ms
        self._buckets = {str(bucket.pk): bucket for bucket in subsidy_buckets()}
        self.fields["bucket"].choices = [(pk, _bucket_text(one)) for pk, one in self._buckets.items()]
        self.fields["buildings"].choices = [(b.code, b.name) for b in Building.objects.order_by("code")]

    def clean_bucket(self) -> Bucket:
        """Give the bucket itself."""
        return self._buckets[self.cleaned_data["bucket"]]

    def clean_last_day(self) -> date | None:
        """Refuse a last day that is over."""
        last: date | None = self.cleaned_data["last_day"]
        if last is not None and last < campus_day(self._now_ms):
            raise forms.ValidationError(_("The last day is over already. Choose a later one."))
        if last is not None and last > LATEST:
            raise forms.ValidationError(_("Write the day as 2026-11-30."))
        return last

    def clean(self) -> dict[str, object]:
        """Read the amount in the bucket's unit, and the rooms from wherever they come."""
        said = super().clean() or {}
        bucket, typed = said.get("bucket"), said.get("per_head")
        if bucket is not None and typed is not None:
            said["each"] = self._amount(str(typed), Unit(bucket.unit))
        said["chosen_rooms"] = self._rooms(said)
        return said

    def _amount(self, typed: str, unit: Unit) -> int:
        text = typed.translate(FULL_WIDTH_DIGITS).strip()
        try:
            amount = wh_from_kwh(text) if unit is Unit.KWH else micro_yuan_from_yuan(text)
        except NotAnAmount:
            amount = 0
        amount = 0 if set(text) - set("0123456789.") else amount
        most = MOST_EACH * (1_000 if unit is Unit.KWH else 1_000_000)
        step = 1 if unit is Unit.KWH else 10_000
        if not 0 < amount <= most or amount % step:
            words = _("Type a number above zero and at most %(most)s, such as 8 or 8.50, in %(unit)s.")
            self.add_error("per_head", words % {"most": MOST_EACH, "unit": unit_word(unit)})
        return int(amount)

    def _rooms(self, said: dict[str, Any]) -> tuple[str, ...]:
        if said.get("kept"):
            return self._kept(str(said["kept"]))
        rooms = names_in(str(said.get("rooms") or ""))
        if file := said.get("file"):
            listed = rooms_of_list(file.read())
            if listed is None:
                self.add_error("file", _("No column “room” was found. The first row must hold the headers."))
            rooms += listed or []
        if len(rooms) > MOST_ROOMS:
            self.add_error("rooms", _("These are more than %(most)s rooms.") % {"most": MOST_ROOMS})
        return tuple(dict.fromkeys(rooms))

    def _kept(self, digest: str) -> tuple[str, ...]:
        rooms = _rooms_kept(uploads.kept(digest))
        if rooms is None:
            self.add_error(
                "rooms", _("The list that was shown is no longer kept. Choose the rooms once more.")
            )
        return rooms or ()

    def choice(self) -> Choice:
        """Give what was chosen; call it on a valid form."""
        said = self.cleaned_data
        last = said["last_day"]
        return Choice(
            bucket=said["bucket"],
            per_head=said["each"],
            heads_on=said["heads_on"],
            expires_ms=start_of_day_ms(last + timedelta(days=1)) if last else 0,
            buildings=tuple(sorted(said["buildings"])),
            rooms=said["chosen_rooms"],
        )

    def keep_rooms(self) -> str:
        """Keep the chosen rooms for the confirmation; give their digest, "" for none."""
        rooms = self.cleaned_data["chosen_rooms"]
        return uploads.keep(json.dumps(rooms, ensure_ascii=False).encode()) if rooms else ""


def _rooms_kept(content: bytes | None) -> tuple[str, ...] | None:
    """Read what `keep_rooms` kept; None when it is gone, or is another page's upload."""
    try:
        rooms = json.loads(content or b"")
    except (ValueError, RecursionError):
        return None
    is_ours = (
        isinstance(rooms, list) and len(rooms) <= MOST_ROOMS and all(isinstance(room, str) for room in rooms)
    )
    return tuple(rooms) if is_ours else None


def rooms_of_list(content: bytes) -> list[str] | None:
    """Read the rooms of a list, each as `building<newline>room` or as one name; None when no sheet has a room's column."""
    sheets = read_list(content)
    if isinstance(sheets, Problem):
        return None
    found = [rooms for sheet in sheets if (rooms := _of_sheet(sheet)) is not None]
    return [room for rooms in found for room in rooms] if found else None


def _of_sheet(sheet: ListSheet) -> list[str] | None:
    columns = [column_of(header) for header in sheet.header]
    if "room" not in columns:
        return None
    room, building = columns.index("room"), columns.index("building") if "building" in columns else None
    named = []
    for _number, cells in sheet.rows:
        label = cells[room].strip() if room < len(cells) else ""
        where = cells[building].strip() if building is not None and building < len(cells) else ""
        if label:
            named.append(f"{where}\n{label}" if where else label)
    return named


def _bucket_text(bucket: Bucket) -> str:
    return f"{bucket.customer_class.name} · {bucket_words(bucket.name)} ({unit_word(bucket.unit)})"


class ReasonForm(forms.Form):
    """A reason, the page's key, and the digest of what was shown."""

    why = forms.CharField(
        label=lazy("Reason"),
        max_length=300,
        error_messages={
            "required": lazy("Say why: those who sign read it."),
            "max_length": lazy("At most 300 characters."),
        },
    )
    key = forms.RegexField(r"[0-9a-f]{32}", widget=forms.HiddenInput)
    shown = forms.RegexField(r"[0-9a-f]{64}", widget=forms.HiddenInput)
