"""What must hold of a topology's books and of what its listeners saw, whatever failed meanwhile."""

from __future__ import annotations

from listenlink.model.ids import trace_id
from live.node_load import Heard, NodeLoad
from live.topology import LIMIT, NODES, Topology

WINDOW_SECONDS = 60.0


def check_the_books(place: Topology, load: NodeLoad) -> None:
    """No answer without its line, no link above its limit, nothing after a revocation."""
    audited = {trace_id(trace) for trace in place.audited()}
    told = [a for a in load.of("open", "hammer") if a.status in (200, 404)]
    missing = [a for a in told if a.trace not in audited]
    counts = place.counts()
    for _, most, opens, lines in counts:
        assert opens == lines
        assert most is None or opens <= most
    late = load.asked_after_revocation()
    print(
        f"{len(told)} answers, {len(missing)} not in the audit; {len(counts)} links, none over its "
        f"limit; {len(late)} asked after {len(load.revoked_at)} revocations, "
        f"{sum(a.status == 200 for a in late)} given"
    )
    assert len(told) > 100
    assert missing == []
    assert len(late) >= 20
    assert {a.status for a in late} <= {404, 503}


def most_in_a_window(load: NodeLoad) -> int:
    """The most opens that the client who asks too often surely had within a minute."""
    accepted = sorted((a for a in load.of("hammer") if a.status == 200), key=lambda a: a.heard_at)
    most = 0
    for place, first in enumerate(accepted):
        inside = [a for a in accepted[place:] if a.heard_at - first.asked_at < WINDOW_SECONDS]
        most = max(most, len(inside))
    return most


def check_the_limit(
    place: Topology, load: NodeLoad, alone_before: int, unanswered: int = 0
) -> None:
    """L in any window; if a node couldn't ask Redis in 50 ms, as on a busy machine, L on each node.
    `unanswered`: so many may have been accepted by a node that was killed then."""
    alone, most = place.times_alone() - alone_before, most_in_a_window(load)
    print(f"at most {most} in a window at L = {LIMIT}; nodes went alone {alone} times")
    assert LIMIT - unanswered <= most <= LIMIT * (NODES if alone else 1)


def statuses(answers: list[Heard]) -> set[int]:
    return {answer.status for answer in answers}


def slowest(answers: list[Heard]) -> float:
    return max(answer.seconds for answer in answers)
