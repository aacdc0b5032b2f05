"""Addresses of wardens' rounds."""

from django.urls import path

from central.losses.rounds import record_views, views

urlpatterns = [
    path("rounds/", record_views.rounds, name="rounds"),
    path("rounds/<int:number>/", record_views.round_record, name="round"),
    path("rounds/buildings/<int:building_id>/", record_views.building_rounds, name="building-rounds"),
    path("rounds/buildings/<int:building_id>/walk/", views.walk, name="walk"),
    path("rounds/buildings/<int:building_id>/begin/", views.walk_begin, name="walk-begin"),
    path("rounds/buildings/<int:building_id>/say/", views.walk_say, name="walk-say"),
    path("rounds/buildings/<int:building_id>/end/", views.walk_end, name="walk-end"),
]
