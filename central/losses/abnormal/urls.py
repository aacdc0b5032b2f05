"""Addresses of the rooms with unusual use."""

from django.urls import path

from central.losses.abnormal import views

urlpatterns = [
    path("abnormal/", views.abnormal, name="abnormal"),
    path("abnormal/send/", views.send, name="abnormal-send"),
    path("abnormal/rooms/<int:number>/", views.row, name="abnormal-row"),
    path("abnormal/rooms/<int:number>/review/", views.review_row, name="abnormal-review"),
]
