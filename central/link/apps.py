"""Registers the app with Django."""

from django.apps import AppConfig


class LinkConfig(AppConfig):
    """The app's name and label."""

    name = "central.link"
    label = "link"
