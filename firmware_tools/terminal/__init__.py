"""How the tools speak: troubles, arguments, progress, exit codes. Knows no file format, no line and no device."""
