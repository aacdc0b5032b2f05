"""Addresses of refunds, departures, room changes and graduation runs."""

from django.urls import path

from central.desk.departures import run_views, views

urlpatterns = [
    path("rooms/<int:room_id>/departure/", views.new, name="departure-new"),
    path("departures/", views.case_list, name="departures"),
    path("departures/<slug:case>/", views.case_page, name="departure"),
    path("departures/<slug:case>/now/", views.case_now, name="departure-now"),
    path("departures/<slug:case>/ask/", views.ask_again, name="departure-again"),
    path("departures/<slug:case>/cash/", views.cash, name="departure-cash"),
    path("departures/<slug:case>/bank/", views.bank, name="departure-bank"),
    path("departures/<slug:case>/move/", views.move, name="departure-move"),
    path("departures/<slug:case>/next/", views.next_occupants, name="departure-next"),
    path("departures/<slug:case>/slip/", views.slip, name="departure-slip"),
    path("graduation/", run_views.graduation, name="graduation"),
    path("graduation/ask/", run_views.graduation_ask, name="graduation-ask"),
    path("graduation/<slug:run>/", run_views.graduation_run, name="graduation-run"),
    path("graduation/<slug:run>/now/", run_views.graduation_now, name="graduation-now"),
    path("graduation/<slug:run>/resume/", run_views.graduation_resume, name="graduation-resume"),
]
