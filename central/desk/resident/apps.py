"""Registers the app with Django."""

from django.apps import AppConfig


class ResidentConfig(AppConfig):
    """The app's name and label."""

    name = "central.desk.resident"
    label = "resident"
