"""How long telemetry is kept: which months are due, what still needs one, and the job that writes it into its file."""
