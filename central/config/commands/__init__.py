"""What `cardroom-central` does, one file per matter. Each function prints for a person and returns an exit code."""
