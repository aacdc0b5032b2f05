"""The reports of the card-room procedure: each makes a paper from dated rows, in the catalogue of `central.papers`."""
