"""Finding what hangs on the serial lines: ports, speeds, parities, protocols and every meter. Writes nothing to any meter."""
