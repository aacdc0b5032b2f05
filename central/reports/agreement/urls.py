"""Addresses of the four-way agreement's pages."""

from django.urls import path

from central.reports.agreement import list_views, sign_views, views

app_name = "agreement"
urlpatterns = [
    path("", views.board, name="board"),
    path("look/", views.look_at_all, name="look-at-all"),
    path("lists/", list_views.lists, name="lists"),
    path("lists/upload/", list_views.upload, name="upload"),
    path("lists/preview/", list_views.preview, name="preview"),
    path("lists/make/", list_views.make, name="import"),
    path("lists/<int:number>/", list_views.one_list, name="list"),
    path("lists/<int:number>/back/", list_views.back, name="list-back"),
    path("<int:month>/<int:building_id>/", views.building, name="building"),
    path("<int:month>/<int:building_id>/look/", views.look_at_one, name="look"),
    path("<int:month>/<int:building_id>/sum/", sign_views.take_sum, name="sum"),
    path("<int:month>/<int:building_id>/sign/", sign_views.ask, name="sign"),
    path("<int:month>/<int:building_id>/<str:key>/<str:party>/", views.rows, name="rows"),
]
