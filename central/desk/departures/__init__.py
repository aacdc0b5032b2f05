"""Refunds, departures and room changes: asked, approved, withdrawn by the gateway, paid (C-7, C-8)."""
