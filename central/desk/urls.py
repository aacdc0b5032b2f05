"""Addresses of the desk."""

from django.urls import path

from central.desk import views
from central.desk.go_live import batch_views, list_views
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
    path("go-live/", list_views.go_live, name="go-live"),
    path("go-live/upload/", list_views.upload, name="go-live-upload"),
    path("go-live/preview/", list_views.preview, name="go-live-preview"),
    path("go-live/ask/", list_views.ask, name="go-live-ask"),
    path("go-live/<slug:batch>/", batch_views.batch, name="go-live-batch"),
    path("go-live/<slug:batch>/accept/", batch_views.accept, name="go-live-accept"),
    path("go-live/<slug:batch>/back/", batch_views.way_back, name="go-live-back"),
    path("go-live/<slug:batch>/correct/", batch_views.correct, name="go-live-correct"),
    path("go-live/<slug:batch>/collect/", batch_views.collect, name="go-live-collect"),
    path("go-live/<slug:batch>/again/<int:row>/", batch_views.again, name="go-live-again"),
    path("vouchers/<str:code>/", voucher, name="voucher"),
]
