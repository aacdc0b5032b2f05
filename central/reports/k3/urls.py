"""Addresses of the finance system's pages."""

from django.urls import path

from central.reports.k3 import export_views, import_views, map_views

app_name = "k3"
urlpatterns = [
    path("", export_views.exports, name="exports"),
    path("plan/", export_views.plan, name="plan"),
    path("make/", export_views.make, name="make"),
    path("exports/<int:number>/", export_views.export, name="export"),
    path("exports/<int:number>/file/", export_views.file, name="file"),
    path("exports/<int:number>/back/", export_views.back, name="back"),
    path("template/", export_views.template, name="template"),
    path("template/take/", export_views.take_template, name="take-template"),
    path("template/standard/", export_views.standard, name="standard"),
    path("map/", map_views.account_map, name="map"),
    path("map/new/", map_views.new_map, name="new-map"),
    path("map/ask/", map_views.ask, name="ask-map"),
    path("maps/<int:number>/", map_views.one_map, name="one-map"),
    path("imports/", import_views.imports, name="imports"),
    path("imports/upload/", import_views.upload, name="upload"),
    path("imports/preview/", import_views.preview, name="preview"),
    path("imports/make/", import_views.bring_in, name="import"),
    path("imports/<int:number>/", import_views.imported, name="imported"),
    path("imports/<int:number>/back/", import_views.back, name="import-back"),
]
