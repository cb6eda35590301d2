"""The stories of made-up dossiers are such as the real acts would allow."""

from random import Random

import pytest

from backend.dossiers import policy, stories
from backend.dossiers.policy import Action, State


def _after(state: State, action: Action, asked_from: State | None, steps_begun: int) -> State:
    """Where the table leaves a dossier; where the table says "back" or "as it is", as `acts` does."""
    target = policy.TRANSITIONS[action].target
    if target is not None:
        return target
    if action == Action.TAKE_SUPPLEMENT:
        assert asked_from is not None
        return asked_from
    if action == Action.ASSIGN:
        return State.PROCESSING if steps_begun else State.ASSIGNED
    return state


@pytest.mark.parametrize("seed", range(300))
@pytest.mark.parametrize("steps", [1, 3])
def test_every_story_follows_the_table(seed, steps):
    told = stories.plan(Random(seed), filed=10.0, granted=40.0, steps=steps)
    assert [moment.hour for moment in told] == sorted(moment.hour for moment in told)
    state, asked_from, begun = State.SUBMITTED, None, set()
    for moment in told:
        assert state in policy.TRANSITIONS[moment.action].sources, (moment.action, state)
        if moment.action == Action.REQUEST_SUPPLEMENT:
            assert asked_from is None, "asked twice"
            asked_from = state
        state = _after(state, moment.action, asked_from, len(begun))
        if moment.action == Action.START:
            begun.add(moment.step)
        if moment.action == Action.RETURN_TO_DESK:
            begun.discard(moment.step)
    assert state in policy.FINISHED
