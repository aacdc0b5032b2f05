"""Addresses below /workshop/."""

from django.urls import path

from central.workshop import views

app_name = "workshop"

urlpatterns = [path("bench/", views.bench_records, name="bench")]
