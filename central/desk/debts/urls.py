"""Addresses of debts."""

from django.urls import path

from central.desk.debts import views

urlpatterns = [
    path("debts/", views.debt_list, name="debts"),
    path("debts/<str:account>/", views.debt, name="debt"),
    path("debts/<str:account>/pay/", views.pay, name="debt-pay"),
    path("debts/<str:account>/collect/", views.collect, name="debt-collect"),
    path("debts/<str:account>/split/", views.split, name="debt-split"),
    path("debts/<str:account>/write-off/", views.write_off, name="debt-write-off"),
]
