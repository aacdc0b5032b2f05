"""Addresses of the desk."""

from django.urls import path

from central.desk import book_views, print_views, views, volume_views
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
    path("books/", book_views.book_list, name="books"),
    path("books/receive/", book_views.receive, name="book-receive"),
    path("books/<int:book_id>/", book_views.book, name="book"),
    path("books/<int:book_id>/check/", book_views.check, name="book-check"),
    path("books/<int:book_id>/void/", book_views.void, name="book-void"),
    path("books/<int:book_id>/take/", book_views.take, name="book-take"),
    path("books/<int:book_id>/return/", book_views.give_back, name="book-return"),
    path("volumes/", volume_views.volume_list, name="volumes"),
    path("volumes/bind/", volume_views.bind, name="volume-bind"),
    path("volumes/<int:number>/store/", volume_views.store, name="volume-store"),
    path("waiting/", views.waiting, name="waiting"),
    path("vouchers/<str:code>/", voucher, name="voucher"),
]
