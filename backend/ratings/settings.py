"""When applicants are asked for a rating."""

from functools import lru_cache

from pydantic import Field

from backend.settings import Environment


class RatingSettings(Environment):
    """What a province may want otherwise."""

    rating_after_hours: float = Field(default=4.0, ge=0, le=400)
    """Working hours after the result was handed over; eight are one working day."""


@lru_cache
def rating_settings() -> RatingSettings:
    """The process's settings; tests call `cache_clear()` after changing the environment."""
    return RatingSettings()
