"""Buildings, rooms, customers, meters, dated tariffs: what central owns and gateways are told (C-3)."""
