"""The address of the health page."""

from django.urls import path

from central.reports.health import views

app_name = "health"
urlpatterns = [path("", views.page, name="page")]
