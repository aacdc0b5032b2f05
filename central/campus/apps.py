"""Registers the app with Django."""

from django.apps import AppConfig


class CampusConfig(AppConfig):
    """The app's name and label."""

    name = "central.campus"
    label = "campus"
