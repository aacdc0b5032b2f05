"""Registers the app with Django."""

from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    """The app's name and label."""

    name = "central.link.telemetry"
    label = "telemetry"
