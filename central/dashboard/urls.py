"""Addresses of the live pages."""

from django.urls import path

from central.dashboard import views
from central.dashboard.office_home import office_home
from central.dashboard.resolve_views import resolve

app_name = "dashboard"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("buildings/<str:code>/", views.building, name="building"),
    path("rooms/<int:room_id>/", views.room, name="room"),
    path("alarms/", views.alarms, name="alarms"),
    path("alarms/<int:alarm_id>/resolve/", resolve, name="resolve"),
    path("accounts/", views.accounts, name="accounts"),
    path("office/", office_home, name="office"),
    path("gateways/", views.gateways, name="gateways"),
]
