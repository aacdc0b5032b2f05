"""Addresses below /losses/."""

from django.urls import include, path

from central.losses import case_views, offline_views, photo_views

app_name = "losses"

urlpatterns = [
    path("theft/", include("central.losses.theft.urls")),
    path("cases/", case_views.case_list, name="cases"),
    path("cases/<int:number>/", case_views.case, name="case"),
    path("cases/<int:number>/step/", case_views.step, name="case-step"),
    path("balances/", include("central.losses.balances.urls")),
    path("photos/<str:digest>", photo_views.photo, name="photo"),
    path("worker.js", offline_views.worker, name="worker"),
    path("ready/", offline_views.ready, name="ready"),
]
