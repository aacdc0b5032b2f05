"""Addresses of the reports' pages."""

from django.urls import path

from central.papers.views import proof, report, reports, seal, sealed, sealed_sign

app_name = "papers"
urlpatterns = [
    path("", reports, name="reports"),
    path("sealed/<int:number>/", sealed, name="sealed"),
    path("sealed/<int:number>/sign/", sealed_sign, name="sealed-sign"),
    path("proof/<int:number>/<slug:digits>/", proof, name="proof"),
    path("<slug:code>/", report, name="report"),
    path("<slug:code>/seal/", seal, name="seal"),
]
