"""Addresses of the desk."""

from django.urls import path

from central.desk import views
from central.desk.pin_views import room_pin
from central.desk.voucher_views import voucher

app_name = "desk"
urlpatterns = [
    path("", views.find, name="find"),
    path("rooms/<int:room_id>/", views.room, name="room"),
    path("rooms/<int:room_id>/read-back/", views.read_back, name="read-back"),
    path("rooms/<int:room_id>/pay/", views.pay, name="pay"),
    path("rooms/<int:room_id>/pin/", room_pin, name="room-pin"),
    path("receipts/<int:number>/", views.receipt, name="receipt"),
    path("receipts/<int:number>/delivery/", views.delivery, name="delivery"),
    path("waiting/", views.waiting, name="waiting"),
    path("vouchers/<str:code>/", voucher, name="voucher"),
]
