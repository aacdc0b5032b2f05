"""Addresses of explained bills."""

from django.urls import path

from central.losses.explain import views

urlpatterns = [
    path("bills/rooms/<int:room_id>/", views.of_room, name="bill-of-room"),
    path("bills/accounts/<str:account>/", views.bill, name="bill"),
    path("bills/accounts/<str:account>/data.json", views.data, name="bill-data"),
    path("bills/accounts/<str:account>/print/", views.print_it, name="bill-print"),
    path("bills/<int:number>/", views.printed, name="bill-printed"),
    path("bills/<int:number>/bill.pdf", views.printed_pdf, name="bill-pdf"),
    path("bills/<int:number>/bill.json", views.printed_data, name="bill-json"),
    path("bills/proof/<int:number>/<slug:digits>/", views.proof, name="bill-proof"),
]
