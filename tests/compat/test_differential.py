"""Our package does what the published one does, but for the differences that are listed."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from allowed import ADDED, CHANGED
from comparison import Changed, Told, judge, told_under


@pytest.fixture(scope="module")
def theirs() -> Told:
    return told_under(os.environ["AOD_PUBLISHED_PYTHON"])


@pytest.fixture(scope="module")
def ours() -> Told:
    return told_under(os.environ["AOD_PYTHON"])


def test_nothing_differs_but_what_is_listed(theirs: Told, ours: Told) -> None:
    unlisted, _ = judge(theirs, ours, ADDED, CHANGED)
    assert not unlisted, "\n".join(map(str, unlisted))


def test_everything_that_is_listed_differs(theirs: Told, ours: Told) -> None:
    _, unused = judge(theirs, ours, ADDED, CHANGED)
    assert not unused, "\n".join(map(str, unused))


def test_what_is_told_does_not_depend_on_the_run(theirs: Told) -> None:
    """Otherwise a difference may be chance."""
    assert told_under(os.environ["AOD_PUBLISHED_PYTHON"]) == theirs


def test_an_outcome_that_changes_is_found(theirs: Told, ours: Told) -> None:
    name = "sync/calls/agents/create"
    changed = {**ours, name: {"model": "Agent", "fields": {"pairs": []}}}
    unlisted, _ = judge(theirs, changed, ADDED, CHANGED)
    assert [difference.name for difference in unlisted] == [name]


def test_an_outcome_that_is_missing_is_found(theirs: Told, ours: Told) -> None:
    missing = {name: value for name, value in ours.items() if name != "sync/streams/whole/events"}
    unlisted, _ = judge(theirs, missing, ADDED, CHANGED)
    assert [difference.name for difference in unlisted] == ["sync/streams/whole/events"]


def test_an_allowance_without_a_difference_is_found(theirs: Told, ours: Told) -> None:
    idle = Changed("never needed", ("sync/calls/health/health",), "*", "*")
    needless = replace(ADDED[0], names=("sync/calls/health/health",))
    _, unused = judge(theirs, ours, [*ADDED, needless], [*CHANGED, idle])
    assert unused == [needless, idle]
