"""`cardroom-firmware identify`: which ports there are, and what answers on them."""
