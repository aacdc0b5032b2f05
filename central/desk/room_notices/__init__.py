"""Residents who want to be told privately when their room's balance is low: asked for, confirmed, told, ended (R-4.1.6)."""
