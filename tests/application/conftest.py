"""The building most tests of the use cases begin with."""

import pytest

from tests.application.site import YUAN, Site


@pytest.fixture
def site() -> Site:
    """One room that has 10 yuan and a meter at 50 kWh."""
    site = Site()
    site.configure()
    site.grant("opening", 10 * YUAN)
    site.read(50_000)
    return site
