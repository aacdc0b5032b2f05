"""The day a college moves here from its former system: each room's old balance comes once, to the fen, or not at all."""
