"""Registers the app with Django, and what it tells residents."""

from django.apps import AppConfig


class RoomNoticesConfig(AppConfig):
    """The app's name and label."""

    name = "central.desk.room_notices"
    label = "room_notices"

    def ready(self) -> None:
        from central.desk.room_notices.notices import register_notices

        register_notices()
