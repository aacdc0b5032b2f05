"""Addresses of the desk."""

from django.urls import path

from central.desk import day_views, roster_views, shift_views, views
from central.desk.voucher_views import voucher

app_name = "desk"
urlpatterns = [
    path("", views.find, name="find"),
    path("rooms/<int:room_id>/", views.room, name="room"),
    path("rooms/<int:room_id>/read-back/", views.read_back, name="read-back"),
    path("rooms/<int:room_id>/pay/", views.pay, name="pay"),
    path("receipts/<int:number>/", views.receipt, name="receipt"),
    path("receipts/<int:number>/delivery/", views.delivery, name="delivery"),
    path("waiting/", views.waiting, name="waiting"),
    path("vouchers/<str:code>/", voucher, name="voucher"),
    path("shift/", shift_views.shift, name="shift"),
    path("shifts/", shift_views.shift_list, name="shifts"),
    path("shifts/<int:number>/", shift_views.shift_record, name="shift-record"),
    path("shifts/<int:number>/end/", shift_views.shift_end, name="shift-end"),
    path("shifts/<int:number>/hand-over/", shift_views.shift_hand_over, name="shift-hand-over"),
    path("differences/<str:difference>/ask/", shift_views.difference_ask, name="difference-ask"),
    path("days/", day_views.days, name="days"),
    path("days/close/", day_views.day_end, name="day-end"),
    path("days/<int:number>/", day_views.day, name="day"),
    path("hand-ins/", day_views.hand_in_list, name="hand-ins"),
    path("hand-ins/make/", day_views.hand_in_make, name="hand-in-make"),
    path("hand-ins/<int:number>/", day_views.hand_in, name="hand-in"),
    path("hand-ins/<int:number>/end/", day_views.hand_in_end, name="hand-in-end"),
    path("roster/", roster_views.roster, name="roster"),
    path("roster/rotation/", roster_views.roster_rotation, name="roster-rotation"),
    path("roster/day/", roster_views.roster_day, name="roster-day"),
]
