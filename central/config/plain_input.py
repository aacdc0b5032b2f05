"""Keeps from every page what no person types and no database keeps: NUL characters, and numbers beyond 64 bits in addresses.

PostgreSQL refuses a NUL in any text, SQLite a number beyond 64 bits: a page that hands one on is broken by it. So an address that
holds one names nothing (404), and a NUL in a query or a form is left out, as if it had not been typed.
"""

from collections.abc import Callable, Mapping

from django.http import Http404, HttpRequest, HttpResponse, QueryDict

NUL, MOST = "\0", 2**63 - 1


class PlainInput:
    """Cleans what a request holds; must stand behind the CSRF check, which reads the form first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, arguments: object, named: Mapping[str, object]
    ) -> None:
        """Clean query and form. Raises Http404 for an address that can't name anything."""
        if any(_names_nothing(one) for one in named.values()):
            raise Http404
        request.GET = _without_nul(request.GET)
        if request.method == "POST":
            request.POST = _without_nul(request.POST)


def _names_nothing(part: object) -> bool:
    return (isinstance(part, int) and part > MOST) or (isinstance(part, str) and NUL in part)


def _without_nul(sent: QueryDict) -> QueryDict:
    if not any(NUL in text for name, values in sent.lists() for text in (name, *values)):
        return sent
    clean = QueryDict(mutable=True)
    for name, values in sent.lists():
        clean.setlist(name.replace(NUL, ""), [value.replace(NUL, "") for value in values])
    return clean
