"""Settings of the gateway are read anew by every test of this room."""

from collections.abc import Iterator

import pytest

from sms_gateway.settings import sms_settings


@pytest.fixture(autouse=True)
def _fresh_sms_settings() -> Iterator[None]:
    sms_settings.cache_clear()
    yield
    sms_settings.cache_clear()
