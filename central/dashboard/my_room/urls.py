"""Addresses of the resident's page. None names a room: which one is shown, the browser's own pass says."""

from django.urls import path

from central.dashboard.my_room import views

app_name = "my-room"
urlpatterns = [
    path("", views.room, name="room"),
    path("leave/", views.leave, name="leave"),
]
