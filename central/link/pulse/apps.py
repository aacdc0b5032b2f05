"""Registers the app with Django."""

from django.apps import AppConfig


class PulseConfig(AppConfig):
    """The app's name and label."""

    name = "central.link.pulse"
    label = "pulse"
