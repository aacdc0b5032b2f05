"""Joins the apps to Django: settings, database routing, URLs, headers. It holds no rule of the card room."""
