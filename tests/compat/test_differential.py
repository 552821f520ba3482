"""This package behaves like the published one, apart from the listed differences."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from allowed import ADDED, CHANGED
from comparison import Changed, Outcomes, compare, outcomes_under


@pytest.fixture(scope="module")
def published() -> Outcomes:
    return outcomes_under(os.environ["AOD_PUBLISHED_PYTHON"])


@pytest.fixture(scope="module")
def ours() -> Outcomes:
    return outcomes_under(os.environ["AOD_PYTHON"])


def test_only_listed_differences_occur(published: Outcomes, ours: Outcomes) -> None:
    unlisted, _ = compare(published, ours, ADDED, CHANGED)
    assert not unlisted, "\n".join(map(str, unlisted))


def test_all_listed_differences_occur(published: Outcomes, ours: Outcomes) -> None:
    _, unused = compare(published, ours, ADDED, CHANGED)
    assert not unused, "\n".join(map(str, unused))


def test_outcomes_are_reproducible(published: Outcomes) -> None:
    assert outcomes_under(os.environ["AOD_PUBLISHED_PYTHON"]) == published


def test_a_changed_outcome_is_found(published: Outcomes, ours: Outcomes) -> None:
    name = "sync/calls/agents/create"
    changed = {**ours, name: {"model": "Agent", "fields": {"pairs": []}}}
    unlisted, _ = compare(published, changed, ADDED, CHANGED)
    assert [difference.name for difference in unlisted] == [name]


def test_a_missing_outcome_is_found(published: Outcomes, ours: Outcomes) -> None:
    missing = {name: value for name, value in ours.items() if name != "sync/streams/whole/events"}
    unlisted, _ = compare(published, missing, ADDED, CHANGED)
    assert [difference.name for difference in unlisted] == ["sync/streams/whole/events"]


def test_a_listed_difference_that_does_not_occur_is_found(published: Outcomes, ours: Outcomes) -> None:
    idle = Changed("never needed", ("sync/calls/health/health",), "*", "*")
    needless = replace(ADDED[0], names=("sync/calls/health/health",))
    _, unused = compare(published, ours, [*ADDED, needless], [*CHANGED, idle])
    assert unused == [needless, idle]
