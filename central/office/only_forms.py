"""Answers who opens an address that takes only forms: a reload, a change of language or a sign-in may ask for it anew."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from central.office.views import only_by_form

METHOD_NOT_ALLOWED = 405


class OnlyForms:
    """Puts words on Django's empty 405, where a person reads it; the status stays."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self._get_response(request)
        if answer.status_code != METHOD_NOT_ALLOWED or request.method != "GET" or request.htmx:
            return answer
        page = only_by_form(request)
        page["Allow"] = answer.get("Allow", "POST")
        return page
