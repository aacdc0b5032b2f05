"""Explain a bill (R-B3): all that a balance over a period is made of, from raw frame to receipt; anyone can re-run it."""
