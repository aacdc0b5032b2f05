"""Hears which fields a view reads from a form, so that forms are found that no page showed: a new page is in it at once."""

from collections import defaultdict
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, QueryDict

HEARD: dict[str, set[str]] = defaultdict(set)
"""Field names by view, learned while views run."""
LONGEST_NAME, MOST_NAMES = 60, 80
NOT_FIELDS = ("csrfmiddlewaretoken", "password_again")


class Heard(QueryDict):
    """A sent form that notes what it is asked for."""

    view_name = ""

    def _note(self, key: object) -> None:
        names = HEARD[self.view_name]
        if (
            isinstance(key, str)
            and len(key) <= LONGEST_NAME
            and len(names) < MOST_NAMES
            and key not in NOT_FIELDS
        ):
            names.add(key)

    def __getitem__(self, key: str) -> str:
        self._note(key)
        return super().__getitem__(key)

    def get(self, key: str, default: object = None) -> object:
        self._note(key)
        return super().get(key, default)

    def getlist(self, key: str, default: object = None) -> list[str]:
        self._note(key)
        return super().getlist(key, default)

    def __contains__(self, key: object) -> bool:
        self._note(key)
        return super().__contains__(key)


class Listening:
    """Middleware: puts a `Heard` in the place of each sent form."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, *_arguments: object) -> None:
        if request.method == "POST" and request.resolver_match is not None:
            heard = Heard(mutable=True)
            for name, values in request.POST.lists():
                heard.setlist(name, values)
            heard.view_name = request.resolver_match.view_name
            heard._mutable = False
            request.POST = heard
