"""Modbus RTU, as sub-meters speak it."""
