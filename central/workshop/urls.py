"""Addresses below /workshop/."""

from django.urls import include, path

from central.workshop.bench import views

app_name = "workshop"

urlpatterns = [
    path("bench/", views.bench_records, name="bench"),
    path("", include("central.workshop.claims.urls")),
    path("", include("central.workshop.goods.urls")),
    path("", include("central.workshop.stock.urls")),
    path("", include("central.workshop.faults.urls")),
    path("", include("central.workshop.work_orders.urls")),
    path("", include("central.workshop.replacements.urls")),
]
