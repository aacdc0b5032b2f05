"""Registers the app with Django."""

from django.apps import AppConfig


class OfficeConfig(AppConfig):
    """The app's name and label."""

    name = "central.office"
    label = "office"
