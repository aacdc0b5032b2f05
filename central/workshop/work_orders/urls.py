"""Addresses of this room, below /workshop/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
