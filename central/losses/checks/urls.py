"""Addresses of daily checks."""

from django.urls import path

from central.losses.checks import views

urlpatterns = [
    path("checks/", views.checks, name="checks"),
    path("checks/record/", views.record, name="check-record"),
]
