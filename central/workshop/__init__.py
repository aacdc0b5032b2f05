"""The workshop: modules and concentrators from goods-in to scrap, so that no swap loses a kWh or a fen (R-4.3).

`devices` is below all: one record per device, one way to change it. `bench` knows nobody. Then claims -> goods -> faults ->
work_orders -> replacements, each of which may use those before it; `stock` shows and counts.
"""
