"""Addresses below /losses/."""

from django.urls import include, path

from central.losses import case_views, photo_views

app_name = "losses"

urlpatterns = [
    path("cases/", case_views.case_list, name="cases"),
    path("cases/<int:number>/", case_views.case, name="case"),
    path("cases/<int:number>/step/", case_views.step, name="case-step"),
    path("", include("central.losses.abnormal.urls")),
    path("", include("central.losses.explain.urls")),
    path("balances/", include("central.losses.balances.urls")),
    path("photos/<str:digest>", photo_views.photo, name="photo"),
]
