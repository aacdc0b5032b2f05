"""Registers the telemetry tables with Django, under a label that the database router knows."""

from django.apps import AppConfig

TELEMETRY = "telemetry"
"""The app label and the database alias."""


class TelemetryConfig(AppConfig):
    """The app's name and label."""

    name = "central.link.telemetry"
    label = TELEMETRY
