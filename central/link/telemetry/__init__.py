"""Bulk telemetry: readings, hourly use, relay and decision history. Its own database, so that the desk never waits for it."""
