"""How many mutated webhooks each test of them tries: few in every run, `WEBHOOK_MUTATIONS=10000` for the promise."""

import os

from hypothesis import HealthCheck, settings

NUMBER = int(os.environ.get("WEBHOOK_MUTATIONS", "60"))
TRIES = settings(max_examples=NUMBER, deadline=None, suppress_health_check=list(HealthCheck), database=None)
