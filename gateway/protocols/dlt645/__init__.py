"""DL/T 645: one frame format, the 2007 edition, and 1997 as its stated difference."""
