"""Addresses of the desk."""

from django.urls import path

from central.desk import print_views, views
from central.desk.voucher_views import voucher
from central.domain.receipt_prints import PrintedPaper

app_name = "desk"
urlpatterns = [
    path("", views.find, name="find"),
    path("rooms/<int:room_id>/", views.room, name="room"),
    path("rooms/<int:room_id>/read-back/", views.read_back, name="read-back"),
    path("rooms/<int:room_id>/pay/", views.pay, name="pay"),
    path("receipts/<int:number>/", views.receipt, name="receipt"),
    path("receipts/<int:number>/delivery/", views.delivery, name="delivery"),
    path(
        "receipts/<int:number>/print/", print_views.print_one, {"paper": PrintedPaper.RECEIPT}, name="print"
    ),
    path(
        "receipts/<int:number>/slip/", print_views.print_one, {"paper": PrintedPaper.SLIP}, name="print-slip"
    ),
    path("receipts/<int:number>/printing/", print_views.printing, name="printing"),
    path("printer/", print_views.printer, name="printer"),
    path("printer/calibration/", print_views.calibration, name="calibration"),
    path("proof/<int:number>/<slug:digits>/", print_views.receipt_proof, name="proof"),
    path("waiting/", views.waiting, name="waiting"),
    path("vouchers/<str:code>/", voucher, name="voucher"),
]
