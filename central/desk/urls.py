"""Addresses of the desk."""

from django.urls import include, path

from central.desk import (
    book_views,
    day_views,
    print_views,
    receipt_views,
    room_views,
    roster_views,
    sale_views,
    shift_views,
    views,
    volume_views,
)
from central.desk.day_table_views import day_table
from central.desk.debts.urls import urlpatterns as debts
from central.desk.departures.urls import urlpatterns as departures
from central.desk.go_live import batch_views, list_views
from central.desk.merchants.urls import merchant_urls
from central.desk.outage import stock_views
from central.desk.outage import views as outage_views
from central.desk.pin_views import room_pin
from central.desk.room_notices import views as notice_views
from central.desk.subsidies import views as subsidy_views
from central.desk.voucher_views import voucher
from central.domain.receipt_prints import PrintedPaper

app_name = "desk"
urlpatterns = [
    path("", views.find, name="find"),
    path("rooms/<int:room_id>/", room_views.room, name="room"),
    path("rooms/<int:room_id>/read-back/", sale_views.read_back, name="read-back"),
    path("rooms/<int:room_id>/sum/", room_views.sum_so_far, name="sum-so-far"),
    path("rooms/<int:room_id>/pay/", sale_views.pay, name="pay"),
    path("rooms/<int:room_id>/pin/", room_pin, name="room-pin"),
    path("rooms/<int:room_id>/notice/", notice_views.room_notice, name="room-notice"),
    path("rooms/<int:room_id>/notice/confirm/", notice_views.room_notice_confirm, name="room-notice-confirm"),
    path("rooms/<int:room_id>/notice/end/", notice_views.room_notice_end, name="room-notice-end"),
    path("receipts/<int:number>/", receipt_views.receipt, name="receipt"),
    path("receipts/<int:number>/delivery/", receipt_views.delivery, name="delivery"),
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
    path("", include("central.desk.corrections.urls")),
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
    path("subsidies/", subsidy_views.subsidy_list, name="subsidies"),
    path("subsidies/preview/", subsidy_views.preview, name="subsidy-preview"),
    path("subsidies/ask/", subsidy_views.ask, name="subsidy-ask"),
    path("subsidies/<slug:batch>/", subsidy_views.subsidy, name="subsidy"),
    path("subsidies/<slug:batch>/undo/", subsidy_views.undo, name="subsidy-undo"),
    *departures,
    *debts,
    path("merchants/", include(merchant_urls)),
    path("outage/", outage_views.outage, name="outage"),
    path("outage/pages/", outage_views.pages, name="outage-pages"),
    path("outage/pages/enter/", outage_views.enter, name="outage-enter"),
    path("outage/sheets/<int:number>/", outage_views.sheet, name="outage-sheet"),
    path("outage/vouchers/", stock_views.stock_list, name="stocks"),
    path("outage/vouchers/make/", stock_views.make, name="stock-make"),
    path("outage/vouchers/<int:number>/", stock_views.stock, name="stock"),
    path("outage/vouchers/<int:number>/count/", stock_views.count, name="stock-count"),
    path("outage/vouchers/<int:number>/destroy/", stock_views.destroy, name="stock-destroy"),
    path("outage/vouchers/<int:number>/print/", stock_views.print_stock, name="stock-print"),
    path("vouchers/<str:code>/", voucher, name="voucher"),
    path("shift/", shift_views.shift, name="shift"),
    path("shifts/", shift_views.shift_list, name="shifts"),
    path("shifts/<int:number>/", shift_views.shift_record, name="shift-record"),
    path("shifts/<int:number>/end/", shift_views.shift_end, name="shift-end"),
    path("shifts/<int:number>/hand-over/", shift_views.shift_hand_over, name="shift-hand-over"),
    path("differences/<str:difference>/ask/", shift_views.difference_ask, name="difference-ask"),
    path("days/", day_views.days, name="days"),
    path("days/table/", day_table, name="day-table"),
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
