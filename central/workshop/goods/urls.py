"""Addresses of goods-in, below /workshop/."""

from django.urls import path

from central.workshop.goods import check_views, delivery_views, order_views

urlpatterns = [
    path("goods/", order_views.goods, name="goods"),
    path("goods/orders/new/", order_views.new_order, name="order-new"),
    path("goods/orders/<int:number>/", order_views.order, name="order"),
    path("goods/orders/<int:number>/line/", order_views.line, name="order-line"),
    path("goods/orders/<int:number>/close/", order_views.close, name="order-close"),
    path("goods/orders/<int:number>/delivery/", delivery_views.begin_for_order, name="order-delivery"),
    path("goods/claims/<int:number>/delivery/", delivery_views.begin_for_claim, name="claim-delivery"),
    path("goods/deliveries/", delivery_views.all_deliveries, name="deliveries"),
    path("goods/deliveries/<int:number>/", delivery_views.delivery, name="delivery"),
    path("goods/deliveries/<int:number>/enter/", delivery_views.enter_device, name="delivery-enter"),
    path("goods/deliveries/<int:number>/codes/", delivery_views.read_plate, name="delivery-codes"),
    path("goods/deliveries/<int:number>/finish/", delivery_views.finish_delivery, name="delivery-finish"),
    path(
        "goods/deliveries/<int:number>/paper/<str:form>/", delivery_views.delivery_file, name="delivery-file"
    ),
    path("goods/checks/<str:device>/", check_views.check, name="goods-check"),
    path("goods/checks/<str:device>/done/", check_views.check_done, name="goods-check-done"),
    path("goods/checks/<str:device>/mend/", check_views.correct_entry, name="goods-mend"),
]
