"""The address that Prometheus asks; without a slash, as its own servers have it."""

from django.urls import path

from central.reports.health import metrics_views

app_name = "metrics"
urlpatterns = [path("", metrics_views.metrics, name="metrics")]
