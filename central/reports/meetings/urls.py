"""Addresses of meetings and improvement items."""

from django.urls import path

from central.reports.meetings import item_views, meeting_views, views

app_name = "meetings"
urlpatterns = [
    path("", views.home, name="home"),
    path("weeks/<str:week>/<str:what>/", views.rows, name="rows"),
    path("items/", item_views.items, name="items"),
    path("items/new/", item_views.new_item, name="new-item"),
    path("items/<int:number>/", item_views.item, name="item"),
    path("items/<int:number>/step/", item_views.step, name="item-step"),
    path("open/", meeting_views.open_one, name="open"),
    path("<int:number>/", meeting_views.meeting, name="meeting"),
    path("<int:number>/cells/<int:row>/<int:column>/", meeting_views.cell, name="cell"),
    path("<int:number>/say/", meeting_views.say, name="say"),
    path("<int:number>/add/", meeting_views.add, name="add"),
    path("<int:number>/close/", meeting_views.close, name="close"),
]
