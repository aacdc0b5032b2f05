"""Answers to forms that a phone kept while it had no network (offline.js): taken, or refused with the reasons in words.

A view that takes such a form answers with `kept` or `not_kept` when `wants_json`, else as any other does.
"""

from collections.abc import Iterable, Mapping

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse

JSON = "application/json"
LONGEST_MS = 31 * 86_400_000
"""An entry can't have waited longer: what claims so has a wrong clock, and counts from then."""


def wants_json(request: HttpRequest) -> bool:
    """Say whether a script sent this and reads the answer."""
    return request.get_preferred_type(["text/html", JSON]) == JSON


def kept(address: str) -> HttpResponse:
    """Say that it is on record, and which page shows it. Only now does the phone forget it."""
    return JsonResponse({"kept": True, "next": address})


def not_kept(why: forms.BaseForm | Iterable[str]) -> HttpResponse:
    """Say why it was refused (400): a form's errors, or words. The phone keeps it and shows them."""
    words = _errors(why) if isinstance(why, forms.BaseForm) else [str(one) for one in why]
    return JsonResponse({"kept": False, "errors": words}, status=400)


def happened_ms(sent: Mapping[str, str], now_ms: int) -> int:
    """Give when it was typed: so long before now as the phone kept it. Its clock may be wrong, the time it measured is not.

    `sent` is request.POST, with the phone's `at_ms` of typing and `sent_ms` of sending; without them it is now.
    """
    try:
        waited_ms = int(sent["sent_ms"]) - int(sent["at_ms"])
    except (KeyError, ValueError):
        return now_ms
    return now_ms - min(max(waited_ms, 0), LONGEST_MS)


def _errors(form: forms.BaseForm) -> list[str]:
    return [
        str(error) if name == "__all__" or form[name].is_hidden else f"{form[name].label}: {error}"
        for name, errors in form.errors.items()
        for error in errors
    ]
