"""Addresses below /losses/."""

from django.urls import include, path

from central.losses import case_views, offline_views

app_name = "losses"

urlpatterns = [
    path("theft/", include("central.losses.theft.urls")),
    path("cases/", case_views.case_list, name="cases"),
    path("cases/<int:number>/", case_views.case, name="case"),
    path("cases/<int:number>/step/", case_views.step, name="case-step"),
    path("", include("central.losses.abnormal.urls")),
    path("", include("central.losses.explain.urls")),
    path("balances/", include("central.losses.balances.urls")),
    path("worker.js", offline_views.worker, name="worker"),
    path("ready/", offline_views.ready, name="ready"),
    path("", include("central.losses.checks.urls")),
    path("", include("central.losses.rounds.urls")),
    path("", include("central.losses.readings.urls")),
]
