"""Addresses of this room, below /workshop/."""

from django.urls import path

from central.workshop.faults import views

urlpatterns = [
    path("faults/", views.fault_list, name="faults"),
    path("faults/report/", views.report, name="fault-report"),
    path("faults/<int:number>/", views.fault, name="fault"),
    path("faults/<int:number>/step/", views.step, name="fault-step"),
    path("faults/<int:number>/replacement/", views.ask_replacement, name="fault-ask"),
    path("faults/<int:number>/claim/", views.claim, name="fault-claim"),
]
