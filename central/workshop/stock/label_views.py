"""The page of labels: which devices, on what sheet; and the sheets as a PDF."""

import re

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from central.office.access import roles
from central.office.roles import KEEP_STORE
from central.papers.font import NoFont
from central.papers.forms_of_paper import file_answer, no_font
from central.workshop.devices.models import Device
from central.workshop.stock import queries
from central.workshop.stock.label_sheets import PER_SHEET, Sheet, labels_pdf
from central.workshop.stock.queries import Choice

MOST_LABELS = 960
"""Forty sheets: more at once is a slip of the finger."""
RANGE = re.compile(
    r"([MC])-?0*([0-9]{1,9})(?:\s*(?:\.\.|–|—|~|至|-)\s*(?:([MC])-?)?0*([0-9]{1,9}))?", re.IGNORECASE
)
SHEETS = ((Sheet.A4.value, _("A4, 3 × 8 labels of 70 × 37 mm")), (Sheet.ROLL.value, _("roll, 62 mm wide")))


class LabelsForm(forms.Form):
    """Stock numbers and ranges of them, or what the list is narrowed to; the sheet; how many labels of it are used."""

    numbers = forms.CharField(label=_("Stock numbers"), max_length=2000, required=False)
    sheet = forms.ChoiceField(label=_("Printed on"), choices=SHEETS)
    skip = forms.IntegerField(
        label=_("Labels of the first sheet that are used already"),
        min_value=0,
        max_value=PER_SHEET - 1,
        required=False,
    )
    state = forms.CharField(widget=forms.HiddenInput, required=False, max_length=12)
    type = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
    place = forms.CharField(widget=forms.HiddenInput, required=False, max_length=32)
    building = forms.CharField(widget=forms.HiddenInput, required=False, max_length=16)
    q = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def clean(self) -> dict[str, object]:
        """Find the devices; name what can't be understood, and what there is none of."""
        said = super().clean()
        if "numbers" in said:
            said["devices"] = self._devices(said)
        return said

    def _devices(self, said: dict[str, str]) -> list[Device]:
        if said["numbers"].strip():
            return self._typed(said["numbers"])
        choice = Choice(**{name: said.get(name, "") for name in Choice.__slots__})
        if choice == Choice():
            self.add_error("numbers", _now("Type stock numbers, or come here from the narrowed list."))
            return []
        found = list(queries.devices(choice)[: MOST_LABELS + 1])
        return self._counted(found)

    def _typed(self, text: str) -> list[Device]:
        wanted: dict[str, None] = {}
        for part in filter(None, re.split(r"[,;，；、\n]+|\s(?=[MCmc]-?[0-9])", text)):
            read = RANGE.fullmatch(part.strip())
            if read is None or (read[3] and read[3].upper() != read[1].upper()):
                self.add_error(
                    "numbers",
                    _now("“%(part)s” is no stock number: M-000001 or M-000001..M-000024.")
                    % {"part": part.strip()[:40]},
                )
                return []
            first, last = int(read[2]), int(read[4] or read[2])
            if not first <= last < first + MOST_LABELS:
                self.add_error("numbers", _now("At most %(most)s labels at once.") % {"most": MOST_LABELS})
                return []
            wanted |= dict.fromkeys(f"{read[1].upper()}-{number:06d}" for number in range(first, last + 1))
        names = list(wanted)[: MOST_LABELS + 1]
        found = Device.objects.filter(pk__in=names).select_related("type__maker").order_by("number")
        return self._counted(list(found))

    def _counted(self, found: list[Device]) -> list[Device]:
        if not found:
            self.add_error("numbers", _now("No device has such a number."))
        elif len(found) > MOST_LABELS:
            self.add_error("numbers", _now("At most %(most)s labels at once.") % {"most": MOST_LABELS})
        return found


@roles(*KEEP_STORE)
@require_safe
def labels(request: HttpRequest) -> HttpResponse:
    """Ask which labels; with `?sheet=` give them as a PDF."""
    kept = {name: request.GET.get(name, "") for name in (*Choice.__slots__, "numbers")}
    if "sheet" not in request.GET:
        form = LabelsForm(initial=kept | {"sheet": Sheet.A4.value})
        return _page(request, form, kept)
    form = LabelsForm(request.GET)
    if not form.is_valid():
        return _page(request, form, kept)
    said = form.cleaned_data
    try:
        content = labels_pdf(said["devices"], Sheet(said["sheet"]), _now("Labels"), said["skip"] or 0)
    except NoFont as error:
        return no_font(request, error)
    return file_answer(content, "pdf", "labels")


def _page(request: HttpRequest, form: LabelsForm, kept: dict[str, str]) -> HttpResponse:
    choice = Choice(**{name: kept[name][:80] for name in Choice.__slots__})
    narrowed = queries.devices(choice).count() if choice != Choice() else 0
    context = {"form": form, "narrowed": narrowed, "most": MOST_LABELS}
    return render(request, "workshop/labels.html", context, status=400 if form.errors else 200)
