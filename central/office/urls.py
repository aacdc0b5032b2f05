"""Addresses of the office's pages."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from central.office.import_views import campus_import, campus_import_confirm
from central.office.price_views import prices
from central.office.views import SignIn

app_name = "office"
urlpatterns = [
    path("sign-in/", SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("prices/", prices, name="prices"),
    path("import/", campus_import, name="import"),
    path("import/confirm/", campus_import_confirm, name="import-confirm"),
]
