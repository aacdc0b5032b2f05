"""Addresses of low balances and of the buildings' daily check."""

from django.urls import path

from central.reports.low_balance import check_views, views

app_name = "low_balance"
urlpatterns = [
    path("", views.lists, name="lists"),
    path("history/", views.history, name="history"),
    path("make/", views.make, name="make"),
    path("check/", check_views.check, name="check"),
    path("check/look/", check_views.look, name="look"),
    path("<int:number>/", views.one, name="list"),
    path("<int:number>/<int:page>.png", views.picture, name="picture"),
    path("<int:number>/tell/", views.tell, name="tell"),
    path("shown/<str:token>/", views.public, name="public"),
    path("shown/<str:token>/<int:page>.png", views.public_picture, name="public-picture"),
]
