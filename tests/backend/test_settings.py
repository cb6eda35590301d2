"""Settings that must not be wrong."""

import pytest
from pydantic import ValidationError

from backend.settings import DEVELOPMENT_TOKEN, Settings

SECRETS = ("internal_token", "secret_key")


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("environment", ["development", "production"])
def test_an_empty_secret_is_refused_everywhere(name: str, environment: str):
    """An empty token is what a request without one sends, too."""
    with pytest.raises(ValidationError):
        Settings(environment=environment, **(dict.fromkeys(SECRETS, "secret") | {name: ""}))


@pytest.mark.parametrize("name", SECRETS)
def test_production_refuses_the_published_secrets(name: str):
    with pytest.raises(ValidationError, match="must be set in production"):
        Settings(environment="production", **(dict.fromkeys(SECRETS, "secret") | {name: DEVELOPMENT_TOKEN}))
    assert Settings(environment="production", **dict.fromkeys(SECRETS, "secret"))
