"""Joins the apps' pages to addresses. An app without pages yet is left out."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

PAGES = {
    "": "central.dashboard.urls",
    "my-room/": "central.dashboard.my_room.urls",
    "desk/": "central.desk.urls",
    "losses/": "central.losses.urls",
    "workshop/": "central.workshop.urls",
    "link/": "central.link.urls",
    "gateways/": "central.link.enrol_urls",
    "papers/": "central.papers.urls",
    "audit/": "central.reports.audit.urls",
    "k3/": "central.reports.k3.urls",
    "meetings/": "central.reports.meetings.urls",
    "low-balances/": "central.reports.low_balance.urls",
    "bureau/": "central.reports.bureau.urls",
    "runs/": "central.reports.schedule.urls",
    "agreement/": "central.reports.agreement.urls",
    "health/": "central.reports.health.urls",
    "metrics": "central.reports.health.metrics_urls",
    "campus/": "central.campus.urls",
    "office/": "central.office.urls",
}

urlpatterns: list[URLPattern | URLResolver] = [path("i18n/", include("django.conf.urls.i18n"))]
urlpatterns += [path(prefix, include(module)) for prefix, module in PAGES.items() if find_spec(module)]

handler400 = "central.office.views.bad_request"
handler403 = "central.office.views.forbidden"
handler404 = "central.office.views.not_found"
handler500 = "central.office.views.server_error"
