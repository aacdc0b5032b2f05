"""Forms of an outage: which pages, of which book, written by whom, in whose drawer; the pages themselves; stocks and counts."""

from datetime import date

from django import forms
from django.db.models import Count, F, Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from central.campus.models import Building
from central.clock import campus_day
from central.desk.book_models import ReceiptBook
from central.desk.book_queries import current_book, states_of
from central.desk.forms import AmountField
from central.desk.outage.plan import MOST_PAGES, TypedPage, pages_to_enter
from central.desk.shift_models import Shift
from central.domain.receipt_book import VOIDS, next_page
from central.office.models import User

FIELDS = {"time": 8, "room": 40, "yuan": 12, "voucher": 24, "reason": 120}
"""What is typed for a page, and how long it may be."""
DATE = {"type": "date"}


class SheetHeadForm(forms.Form):
    """What stands above the pages."""

    book = forms.ChoiceField(
        label=lazy("Receipt book"), error_messages={"required": lazy("Choose the book.")}
    )
    last = forms.IntegerField(
        label=lazy("Last page that was written"),
        min_value=1,
        max_value=999_999_999,
        error_messages={"required": lazy("Type the number of the last page that was written.")},
    )
    day = forms.DateField(
        label=lazy("Day on the first page"),
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
        error_messages={"required": lazy("Choose the day."), "invalid": lazy("Write the day as 2026-11-30.")},
    )
    written_by = forms.ChoiceField(label=lazy("Written by"))
    shift = forms.ChoiceField(
        label=lazy("The cash lies in the drawer of"),
        error_messages={
            "required": lazy("Nobody has a shift open. Open one and count the cash into it first.")
        },
    )

    def __init__(self, *args: object, now_ms: int, reader: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._now_ms = now_ms
        self.books = {str(book.pk): book for book in _open_books()}
        self.people = {str(user.pk): user for user in _writers()}
        self.shifts = {str(shift.pk): shift for shift in _open_shifts()}
        self.fields["book"].choices = [(pk, _book_text(book)) for pk, book in self.books.items()]
        self.fields["written_by"].choices = [(pk, user.spoken_name) for pk, user in self.people.items()]
        self.fields["shift"].choices = [(pk, _shift_text(shift)) for pk, shift in self.shifts.items()]
        mine, own = (
            current_book(reader),
            next((s for s in self.shifts.values() if s.cashier_id == reader.pk), None),
        )
        self.initial = {
            "book": mine.pk if mine else None,
            "written_by": reader.pk,
            "shift": own.pk if own else None,
            "day": campus_day(now_ms),
            **self.initial,
        }

    def clean_day(self) -> date:
        """Refuse a day that is to come."""
        day: date = self.cleaned_data["day"]
        if day > campus_day(self._now_ms):
            raise forms.ValidationError(_("This day is still to come. Look at the page again."))
        return day

    def clean(self) -> dict[str, object]:
        """Give the pages that are to be entered, from the book's next one up to the last written."""
        said = super().clean() or {}
        book, last = self.books.get(str(said.get("book"))), said.get("last")
        if book is not None and isinstance(last, int):
            pages = pages_to_enter(book, last)
            if not pages:
                self.add_error("last", _("No page up to this one waits to be entered."))
            elif last > max(pages) and last in book.pages:
                words = _("At most %(most)s pages at once: begin with page %(first)s to %(last)s.")
                self.add_error("last", words % {"most": MOST_PAGES, "first": pages[0], "last": pages[-1]})
            said["pages"] = pages
        return said

    @property
    def chosen_book(self) -> ReceiptBook:
        return self.books[self.cleaned_data["book"]]


class SheetFootForm(forms.Form):
    """What stands below the pages: the cash that was counted for them, a reason, the page's key, what was shown."""

    counted = AmountField(
        label=lazy("Cash counted for these pages, yuan"),
        max_length=12,
        error_messages={"required": lazy("Count the cash of these pages, and type the sum.")},
    )
    reason = forms.CharField(
        label=lazy("Reason, where it differs or lies in another's drawer"), max_length=200, required=False
    )
    key = forms.RegexField(r"[0-9a-f]{32}", widget=forms.HiddenInput)
    shown = forms.RegexField(r"[0-9a-f]{64}", required=False, widget=forms.HiddenInput)


def typed_pages(pages: list[int], sent: QueryDict) -> list[TypedPage]:
    """Read what was typed for each page: `time-12`, `room-12`, ..."""
    return [
        TypedPage(page, **{name: sent.get(f"{name}-{page}", "")[:most] for name, most in FIELDS.items()})
        for page in pages
    ]


class StockForm(forms.Form):
    """A stock of vouchers that is asked for."""

    building = forms.ChoiceField(label=lazy("Building"))
    value = AmountField(
        label=lazy("Value of each, yuan"),
        max_length=12,
        error_messages={"required": lazy("Type the value of each voucher.")},
    )
    per_room = forms.IntegerField(label=lazy("Vouchers for each room"), min_value=1, max_value=5, initial=1)
    why = forms.CharField(
        label=lazy("Reason"),
        max_length=300,
        error_messages={"required": lazy("Say why: those who sign read it.")},
    )
    key = forms.RegexField(r"[0-9a-f]{32}", widget=forms.HiddenInput)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        buildings = Building.objects.filter(gateway__isnull=False).order_by("code")
        self.fields["building"].choices = [(b.code, b.name) for b in buildings]


class CountForm(forms.Form):
    """A count of the envelopes in the safe."""

    counted = forms.IntegerField(
        label=lazy("Envelopes counted"),
        min_value=0,
        max_value=9_999,
        error_messages={"required": lazy("Count the envelopes, and type how many.")},
    )
    reason = forms.CharField(
        label=lazy("Which are missing or too many, and why"), max_length=200, required=False
    )


class DestroyForm(forms.Form):
    """Vouchers that two people destroy: by their numbers, or all that are unsold."""

    vouchers = forms.CharField(
        label=lazy("Voucher numbers"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    everything = forms.BooleanField(label=lazy("All that are in the safe"), required=False)
    why = forms.CharField(
        label=lazy("Reason"),
        max_length=300,
        error_messages={"required": lazy("Say why: those who sign read it.")},
    )
    key = forms.RegexField(r"[0-9a-f]{32}", widget=forms.HiddenInput)


def _open_books() -> list[ReceiptBook]:
    """Give the books with a page left; each bears its next one. Finished ones are told apart by counting, not page by page."""
    voids = [mark.value for mark in VOIDS]
    counted = ReceiptBook.objects.annotate(
        out=Count("issues", distinct=True),
        void=Count("marks__page", filter=Q(marks__mark__in=voids), distinct=True),
    )
    unfinished = counted.filter(out__lt=F("last_page") - F("first_page") + 1 - F("void")).order_by("number")
    found = []
    for book in unfinished:
        book.next_page = next_page(states_of(book))
        if book.next_page is not None:
            found.append(book)
    return found


def _writers() -> list[User]:
    return sorted(
        User.objects.filter(is_active=True, role__in=("cashier", "finance")),
        key=lambda user: user.spoken_name,
    )


def _open_shifts() -> list[Shift]:
    return list(Shift.objects.filter(open_at__isnull=False).select_related("cashier").order_by("number"))


def _book_text(book: ReceiptBook) -> str:
    return _("%(book)s, next page %(page)s") % {"book": book.number, "page": book.next_page}


def _shift_text(shift: Shift) -> str:
    return _("%(who)s, shift %(shift)s") % {"who": shift.cashier.spoken_name, "shift": shift.pk}
