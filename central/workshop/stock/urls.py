"""Addresses of this room, below /workshop/."""

from django.urls import path

from central.workshop import front_page
from central.workshop.stock import label_views, reference_views, taking_views, views

urlpatterns = [
    path("", front_page.front, name="front"),
    path("find/", front_page.find, name="find"),
    path("find/photo/", front_page.find_by_photo, name="find-by-photo"),
    path("stock/", views.stock, name="stock"),
    path("stock/adopt/", views.adopt, name="adopt"),
    path("stock/labels/", label_views.labels, name="labels"),
    path("stock/<str:number>/", views.device, name="device"),
    path("stock/<str:number>/scrap/", views.device_scrap, name="device-scrap"),
    path("stock/<str:number>/do/<slug:act>/", views.device_act, name="device-act"),
    path("reference/", reference_views.reference_data, name="reference"),
    path("reference/<slug:what>/new/", reference_views.reference_row, name="reference-new"),
    path("reference/<slug:what>/<int:number>/", reference_views.reference_row, name="reference-row"),
    path("stock-taking/", taking_views.takings, name="stock-takings"),
    path("stock-taking/begin/", taking_views.taking_begin, name="stock-taking-begin"),
    path("stock-taking/<int:number>/", taking_views.taking, name="stock-taking"),
    path("stock-taking/<int:number>/scan/", taking_views.taking_scan, name="stock-taking-scan"),
    path("stock-taking/<int:number>/photo/", taking_views.taking_photo, name="stock-taking-photo"),
    path("stock-taking/<int:number>/strike/", taking_views.taking_strike, name="stock-taking-strike"),
    path(
        "stock-taking/<int:number>/differences/",
        taking_views.taking_differences,
        name="stock-taking-differences",
    ),
    path("stock-taking/<int:number>/close/", taking_views.taking_close, name="stock-taking-close"),
    path("stock-taking/<int:number>/give-up/", taking_views.taking_give_up, name="stock-taking-give-up"),
    path("stock-taking/<int:number>/paper.<str:form>", taking_views.taking_file, name="stock-taking-file"),
]
