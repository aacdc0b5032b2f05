"""Tags of the workshop's pages."""
