"""Pages of receipt books: the list and taking one in, one book with its check by keyboard, void pages, who has it."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.desk import books
from central.desk.book_forms import CheckForm, ReceiveForm, VoidForm
from central.desk.book_models import BookPageMark, ReceiptBook
from central.desk.book_queries import books_with_holders, gaps_of, held_by, runs_of, states_of
from central.desk.book_words import BOOK_REFUSALS, STATES
from central.desk.books import BookRefusal
from central.domain.receipt_book import WORDS, Mark, PageState, next_page
from central.office.access import may, roles
from central.office.models import User
from central.office.roles import ISSUE_PAGES, KEEP_BOOKS, SEE_MONEY

BOOKS_PER_PAGE = 50
OPEN = (PageState.UNCHECKED, PageState.LACKS_SEAL)


@roles(*SEE_MONEY)
@require_GET
def book_list(request: HttpRequest) -> HttpResponse:
    """List the books, newest first; who keeps them can take one in."""
    return _list_page(request, ReceiveForm())


@roles(*KEEP_BOOKS)
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Take a book in."""
    form = ReceiveForm(request.POST)
    if not form.is_valid():
        return _list_page(request, form)
    typed = form.cleaned_data
    result = books.receive_book(
        typed["number"],
        typed["first"],
        typed["last"],
        typed["note"],
        actor=request.user,
        now_ms=clock.now_ms(),
    )
    if isinstance(result, BookRefusal):
        form.add_error("number" if result is BookRefusal.NUMBER_TAKEN else "last", str(BOOK_REFUSALS[result]))
        return _list_page(request, form)
    messages.success(request, _("Taken in. Check its pages before it is used."))
    return redirect("desk:book", result.pk)


def _list_page(request: HttpRequest, form: ReceiveForm) -> HttpResponse:
    found = books_with_holders().order_by("-received_ms", "-pk")
    page = Paginator(found, BOOKS_PER_PAGE).get_page(request.GET.get("page"))
    people = User.objects.in_bulk({book.holder_id for book in page if book.holder_id})
    context = {
        "page": page,
        "books": [(book, people.get(book.holder_id)) for book in page],
        "form": form,
        "can_keep": may(request, KEEP_BOOKS),
        "original_is_page": books.page_is_original(clock.now_ms()),
    }
    return render(request, "desk/books.html", context, status=400 if form.errors else 200)


@roles(*SEE_MONEY)
@require_GET
def book(request: HttpRequest, book_id: int) -> HttpResponse:
    """One book: its pages by state, the check, its gaps, who has it."""
    return _book_page(request, get_object_or_404(ReceiptBook, pk=book_id))


@roles(*KEEP_BOOKS)
@require_POST
def check(request: HttpRequest, book_id: int) -> HttpResponse:
    """Check a range of pages at once; what was found otherwise is typed, one line each."""
    checked = get_object_or_404(ReceiptBook, pk=book_id)
    form = CheckForm(checked, books.seals_at(clock.now_ms()), request.POST)
    if not form.is_valid():
        return _book_page(request, checked, check_form=form)
    typed = form.cleaned_data
    result = books.check_pages(
        checked,
        typed["first"],
        typed["last"],
        typed["seals"],
        typed["read"],
        actor=request.user,
        now_ms=clock.now_ms(),
    )
    if isinstance(result, BookRefusal):
        form.add_error("last", str(BOOK_REFUSALS[result]))
        return _book_page(request, checked, check_form=form)
    counts = {"good": result.good, "lacking": result.lacking, "void": result.void}
    words = _("Checked: %(good)d good, %(lacking)d without a seal, %(void)d void.") % counts
    (messages.warning if result.lacking or result.void else messages.success)(request, words)
    return redirect("desk:book", book_id)


@roles(*KEEP_BOOKS)
@require_POST
def void(request: HttpRequest, book_id: int) -> HttpResponse:
    """Make a page void, with its reason."""
    spoiled = get_object_or_404(ReceiptBook, pk=book_id)
    form = VoidForm(request.POST)
    if not form.is_valid():
        return _book_page(request, spoiled, void_form=form)
    typed = form.cleaned_data
    result = books.void_page(
        spoiled,
        typed["page"],
        Mark(typed["mark"]),
        typed["reason"],
        actor=request.user,
        now_ms=clock.now_ms(),
    )
    if isinstance(result, BookRefusal):
        form.add_error("reason" if result is BookRefusal.NO_REASON else "page", str(BOOK_REFUSALS[result]))
        return _book_page(request, spoiled, void_form=form)
    messages.success(request, _("Page %(page)d is void.") % {"page": result.page})
    return redirect("desk:book", book_id)


@roles(*ISSUE_PAGES)
@require_POST
def take(request: HttpRequest, book_id: int) -> HttpResponse:
    """Take a book from the safe."""
    taken = get_object_or_404(ReceiptBook, pk=book_id)
    return _moved(request, taken, books.take_book(taken, actor=request.user, now_ms=clock.now_ms()))


@roles(*KEEP_BOOKS)
@require_POST
def give_back(request: HttpRequest, book_id: int) -> HttpResponse:
    """Give a book back to the safe."""
    returned = get_object_or_404(ReceiptBook, pk=book_id)
    return _moved(request, returned, books.return_book(returned, actor=request.user, now_ms=clock.now_ms()))


def _moved(request: HttpRequest, moved: ReceiptBook, result: object) -> HttpResponse:
    if isinstance(result, BookRefusal):
        messages.error(request, BOOK_REFUSALS[result])
    else:
        messages.success(request, _("Noted."))
    return redirect("desk:book", moved.pk)


def _book_page(
    request: HttpRequest,
    shown: ReceiptBook,
    *,
    check_form: CheckForm | None = None,
    void_form: VoidForm | None = None,
) -> HttpResponse:
    states = states_of(shown)
    following = next_page(states)
    to_check = [page for page, state in states.items() if state in OPEN]
    context = {
        "book": shown,
        "holder": held_by(shown),
        "runs": [(run, STATES[run.state]) for run in runs_of(states)],
        "next_page": following,
        "to_check": len(to_check),
        "check_form": check_form
        or CheckForm(shown, books.seals_at(clock.now_ms()), initial=_range(to_check)),
        "void_form": void_form or VoidForm(initial={"page": following}),
        "gaps": [(gap, BookPageMark.Word(gap.mark).label) for gap in gaps_of(shown)],
        "words": [(words[-1], BookPageMark.Word(mark.value).label) for mark, words in WORDS.items()],
        "can_keep": may(request, KEEP_BOOKS),
        "can_take": may(request, ISSUE_PAGES),
    }
    bad = (check_form and check_form.errors) or (void_form and void_form.errors)
    return render(request, "desk/book.html", context, status=400 if bad else 200)


def _range(to_check: list[int]) -> dict[str, int]:
    return {"first": to_check[0], "last": to_check[-1]} if to_check else {}
