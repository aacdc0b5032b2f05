"""Addresses below /losses/readings/."""

from django.urls import path

from central.losses.readings import compare_views, import_views, paper_views, views

SHEET = "readings/<int:building_id>/<int:month>/"

urlpatterns = [
    path("readings/", views.readings, name="readings"),
    path(SHEET, views.sheet, name="reading-sheet"),
    path(f"{SHEET}floor/", views.floor, name="reading-floor"),
    path(f"{SHEET}enter/", views.enter_reading, name="reading-enter"),
    path(f"{SHEET}close/", views.close, name="reading-close"),
    path(f"{SHEET}return/", views.give_back, name="reading-return"),
    path(f"{SHEET}compare/", compare_views.compare, name="reading-compare"),
    path(f"{SHEET}settle/", compare_views.settle_one, name="reading-settle"),
    path(f"{SHEET}check/", compare_views.check, name="reading-check"),
    path(f"{SHEET}supplement/", compare_views.supplement, name="reading-supplement"),
    path(f"{SHEET}blank.pdf", paper_views.blank, name="reading-blank"),
    path(f"{SHEET}table.pdf", paper_views.table, name="reading-table"),
    path(f"{SHEET}import/", import_views.upload, name="reading-import"),
    path(f"{SHEET}import/confirm/", import_views.confirm, name="reading-import-confirm"),
]
