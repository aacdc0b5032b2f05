"""Addresses of merchants' pages, under the desk's."""

from django.urls import path

from central.desk.merchants import bill_views, card_views, list_views

merchant_urls = [
    path("", card_views.merchants, name="merchants"),
    path("rooms/<int:room_id>/", card_views.merchant, name="merchant"),
    path("rooms/<int:room_id>/card/", card_views.card_register, name="card-register"),
    path("cards/<int:card_id>/end/", card_views.card_end, name="card-end"),
    path("lists/", list_views.lists, name="lists"),
    path("lists/upload/", list_views.list_upload, name="list-upload"),
    path("lists/preview/", list_views.list_preview, name="list-preview"),
    path("lists/import/", list_views.list_import, name="list-import"),
    path("lists/<int:list_id>/", list_views.imported_list, name="list"),
    path("lists/<int:list_id>/pay-over/", list_views.list_pay_over, name="list-pay-over"),
    path("bills/", bill_views.bills, name="bills"),
    path("bills/plan/", bill_views.bills_plan, name="bills-plan"),
    path("bills/ask/", bill_views.bills_ask, name="bills-ask"),
    path("bills/<int:number>/", bill_views.bill, name="bill"),
    path("bills/<int:number>/pay/", bill_views.bill_pay, name="bill-pay"),
    path("bills/<int:number>/credit/", bill_views.bill_credit, name="bill-credit"),
    path("bills/<int:number>/pdf/", bill_views.bill_pdf, name="bill-pdf"),
]
