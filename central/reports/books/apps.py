"""Registers the app with Django."""

from django.apps import AppConfig


class BooksConfig(AppConfig):
    """The app's name and label."""

    name = "central.reports.books"
    label = "books"
