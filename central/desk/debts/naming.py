"""How requests for credit are named that collect a debt: ingest and the pay-outs know them by it."""

COLLECT = "dc-"


def is_a_collection(request_id: str) -> bool:
    """Say whether what is taken back settles a debt: it is never paid out at the desk."""
    return request_id.startswith(COLLECT)
