"""Addresses that gateways ask by themselves (`gateway.contract.enrolment`)."""

from django.urls import path

from central.link import enrol_views

app_name = "gateways"
urlpatterns = [
    path("enrol/", enrol_views.enrol, name="enrol"),
    path("renew/", enrol_views.renew, name="renew"),
]
