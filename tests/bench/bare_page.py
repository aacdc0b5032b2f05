"""Central's addresses with one more: a page that does nothing but what every page does. It is the limit of `make bench-pages`."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from central.config import urls
from central.office.access import roles
from central.office.roles import EVERYONE


@roles(*EVERYONE)
def bare(request: HttpRequest) -> HttpResponse:
    """Draw the frame that all pages have, with nothing in it."""
    return render(request, "office/base.html", {})


urlpatterns = [*urls.urlpatterns, path("bare/", bare)]
