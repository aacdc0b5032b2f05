"""The warden's round, floor by floor and room by room (R-4.2.4)."""
