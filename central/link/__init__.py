"""Gateways, commands sent to them, facts received from them."""
