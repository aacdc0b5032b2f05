"""The form of a workstation's printer: layout, offsets in millimetres, or what was measured on the calibration sheet."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.domain.receipt_prints import CROSS_AT, MOST_OFFSET, PrintLayout, Workstation

LAYOUT_WORDS = {
    PrintLayout.A4: gettext_lazy("A4: three parts on one sheet, with cut lines"),
    PrintLayout.PLIES: gettext_lazy("241 × 140 mm, carbon plies with printed part names: one page"),
    PrintLayout.PARTS: gettext_lazy("241 × 140 mm, one page for each part"),
}


class _Millimetres(forms.DecimalField):
    """A length in millimetres with one decimal; cleaned to tenths of a millimetre, None when left empty."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(max_digits=5, decimal_places=1, localize=False, **kwargs)
        self.widget.attrs["step"] = "0.1"
        self.error_messages["invalid"] = gettext_lazy("Write millimetres with one decimal: 2.5 or -0.8.")
        self.error_messages["max_decimal_places"] = self.error_messages["invalid"]

    def clean(self, value: object) -> int | None:
        typed: Decimal | None = super().clean(value)
        return None if typed is None else int(typed * 10)


class PrinterForm(forms.Form):
    """What is measured wins over what is typed; both distances are needed for it."""

    layout = forms.ChoiceField(
        label=gettext_lazy("Paper"), choices=list(LAYOUT_WORDS.items()), widget=forms.RadioSelect
    )
    right = _Millimetres(label=gettext_lazy("Moved to the right (mm)"))
    down = _Millimetres(label=gettext_lazy("Moved down (mm)"))
    from_left = _Millimetres(label=gettext_lazy("Cross from the left edge (mm)"), required=False)
    from_top = _Millimetres(label=gettext_lazy("Cross from the upper edge (mm)"), required=False)

    def __init__(self, now: Workstation, *args: object) -> None:
        initial = {"layout": now.layout, "right": f"{now.right / 10:.1f}", "down": f"{now.down / 10:.1f}"}
        super().__init__(*args, initial=initial)
        for field in self.fields.values():
            field.error_messages["required"] = _("Fill this in.")

    def clean(self) -> dict[str, object]:
        """Refuse one distance alone, and offsets no printer has."""
        typed = super().clean() or {}
        if (typed.get("from_left") is None) != (typed.get("from_top") is None):
            self.add_error(
                "from_left", _("Measure both distances, or leave both empty. The cross should be at 50 mm.")
            )
        if not self.errors and not self.workstation().is_possible:
            words = _("That moves the print by more than %(most)d mm: feed the paper anew and measure again.")
            self.add_error(None, words % {"most": MOST_OFFSET // 10})
        return typed

    def workstation(self) -> Workstation:
        """Give the printer as it was typed, corrected by what was measured."""
        typed = self.cleaned_data
        as_typed = Workstation(PrintLayout(typed["layout"]), typed["right"], typed["down"])
        if typed.get("from_left") is None:
            return as_typed
        return as_typed.measured(typed["from_left"], typed.get("from_top") or CROSS_AT)
