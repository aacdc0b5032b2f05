"""The commands typed on site and over SSH."""
