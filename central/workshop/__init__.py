"""The workshop: what was tested on the bench, taken in as it was written. Stock, faults and work orders join it later (R-4.3)."""
