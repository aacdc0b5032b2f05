"""Addresses below /losses/balances/."""

from django.urls import path

from central.losses.balances import fixed_loss_views, views

urlpatterns = [
    path("", views.balances, name="balances"),
    path("<str:building>/", views.building, name="balance-building"),
    path("<str:building>/<str:group>/", views.group, name="balance-group"),
    path("<str:building>/<str:group>/rows/", views.rows, name="balance-rows"),
    path("<str:building>/<str:group>/fixed-loss/", fixed_loss_views.fixed_loss, name="fixed-loss"),
]
