"""Registers the app with Django."""

from django.apps import AppConfig


class BureauConfig(AppConfig):
    """The app's name and label."""

    name = "central.reports.bureau"
    label = "bureau"
