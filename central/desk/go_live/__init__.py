"""The day a college moves from its former system to this one: each room's old balance comes here once, to the fen, or not at all."""
