"""What happens to links, as rules of Hypothesis: each is done to the program and to the plain model."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import ClassVar

import pytest
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from journeys.sharing_model import (
    DAY_US,
    PLAYBACK_SECONDS,
    SECOND_US,
    Link,
    Model,
    Playback,
    Session,
)
from journeys.sharing_world import World
from listenlink.actions import manage_collections, manage_links
from listenlink.actions.make_link import make_link
from listenlink.actions.open_link import Opening
from listenlink.actions.revoke_link import revoke_link
from listenlink.actions.save_track import save_track
from listenlink.errors import Problem
from listenlink.model.audit import Outcome
from listenlink.model.share import TargetType
from listenlink.model.terms import AskedTerms

HOUR_US = DAY_US // 24
PICKS = some.integers(0, 999)
DAYS = some.sampled_from([None, None, 1, 2, 90, 100])
OPENS = some.sampled_from([None, None, 1, 2, 3, 5])
STARTS_US = some.sampled_from([None] * 6 + [-HOUR_US, HOUR_US, 3 * DAY_US])


def outcome_of(opening: Opening) -> str:
    """The model's word for it: the reason of a refusal, else how it ended."""
    return opening.reason.name if opening.reason is not None else opening.outcome.name


class Sharing(RuleBasedStateMachine):
    """One creator's life, and one friend's."""

    world: ClassVar[World]
    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.creator, self.friend = self.world.new_caller(), self.world.new_caller()
        self.model = Model(self.world.clock.now_us())
        self.sessions: list[Session] = []
        self.playbacks: list[Playback] = []
        self.database = self.world.instance.running.database
        self.sealer = self.world.instance.owning.token_sealer
        for _ in range(2):
            self.put_in()
        self.make_collection()

    @property
    def has_links(self) -> bool:
        return bool(self.model.links)

    def link(self, pick: int) -> Link:
        """Mostly one that leads somewhere."""
        links = self.model.links
        if pick % 4:
            links = [link for link in links if self.leads_somewhere(link)] or links
        return links[pick % len(links)]

    def leads_somewhere(self, link: Link) -> bool:
        is_refused = link.refusal(self.model.now_us) is not None
        return not (is_refused or link.is_spent or self.model.is_removed(link))

    @rule()
    def put_in(self) -> None:
        if len(self.model.tracks) < 6:
            track = self.world.new_track(self.creator)
            self.model.tracks.append(track)
            self.model.library.append(track)

    @rule()
    def make_collection(self) -> None:
        if len(self.model.collections) < 3:
            made = self.world.run(
                manage_collections.make_collection(
                    self.database, self.creator, "Evening", None, None, self.model.now_us
                )
            )
            self.model.collections[made.id] = []

    @rule(pick=PICKS, is_track=some.booleans(), days=DAYS, opens=OPENS, starts=STARTS_US)
    def share(
        self, pick: int, is_track: bool, days: int | None, opens: int | None, starts: int | None
    ) -> None:
        """At times strictly."""
        things = self.model.tracks if is_track else list(self.model.collections)
        if not things:
            return
        kind = TargetType.TRACK if is_track else TargetType.COLLECTION
        target, now_us = things[pick % len(things)], self.model.now_us
        starts_at = None if starts is None else (now_us + starts) // SECOND_US * SECOND_US
        asked: AskedTerms = {
            "expires_in_days": days, "max_opens": opens, "strict_open": bool(pick & 2),
            "starts_at": None if starts_at is None else datetime.fromtimestamp(starts_at / SECOND_US, UTC),
        }  # fmt: skip
        made = self.world.try_to(
            make_link(self.database, self.sealer, self.creator, kind, target, asked, now_us)
        )
        if self.model.ends_unstarted(starts_at, days):
            assert made == "INVALID"
            return
        assert not isinstance(made, str)
        expires_at = None if days is None else now_us + min(days, 90) * DAY_US
        tokens, is_strict = [made.token], bool(pick & 2)
        link = Link(
            made.share.id, kind.value, target, tokens, starts_at, expires_at, opens, is_strict
        )
        self.model.links.append(link)

    @precondition(lambda self: self.has_links)
    @rule(pick=PICKS, meant=some.lists(some.booleans(), min_size=1, max_size=6))
    def open(self, pick: int, meant: list[bool]) -> None:
        """Also several at one moment: a group commit grants no more than are left, and none to who only
        looks."""
        link = self.link(pick)
        openings = self.world.open_many([(link.tokens[-1], None)] * len(meant), meant=meant)
        expected = [self.model.open(link, is_meant=is_meant) for is_meant in meant]
        assert [outcome_of(opening) for opening in openings] == expected
        self.seen.update(expected)
        for opening in openings:
            if opening.outcome is Outcome.OPENED:
                assert opening.session is not None
                end = self.model.session_end(link)
                assert opening.session.ends_at == end
                self.heard(link, opening, Session(link, link.rotation, end, opening.session))

    def heard(self, link: Link, opening: Opening, session: Session) -> None:
        """The opening shows what the link leads to, with URLs for the time that is right."""
        assert [track.id for track in opening.tracks or []] == self.model.tracks_of(link)
        self.sessions.append(session)
        until = min(self.model.now_us // 10**6 + PLAYBACK_SECONDS, session.ends_at_seconds)
        for track, signed in self.world.playback_urls(opening).items():
            self.playbacks.append(Playback(session, track, until, signed))

    @precondition(lambda self: self.sessions)
    @rule(pick=PICKS, other=some.integers(0, 9))
    def renew(self, pick: int, other: int) -> None:
        """With a session of the link; at times with one of another."""
        session = self.sessions[-1 - pick % min(len(self.sessions), 3 + pick % 9)]
        link = session.link if other else self.link(pick)
        (opening,) = self.world.open_many([(link.tokens[-1], session.told)])  # type: ignore[list-item]
        expected = self.model.open(link, session)
        assert outcome_of(opening) == expected
        self.seen[expected] += 1
        if expected == "RENEWED":
            self.heard(link, opening, session)

    @precondition(lambda self: self.has_links)
    @rule(pick=PICKS)
    def look(self, pick: int) -> None:
        self.look_at(self.link(pick))

    def look_at(self, link: Link) -> None:
        (opening,) = self.world.open_many([(link.tokens[-1], None)], counts=False)
        assert outcome_of(opening) == self.model.open(link, counts=False)

    @precondition(lambda self: self.has_links)
    @rule(pick=PICKS)
    def open_by_an_old_token(self, pick: int) -> None:
        for token in self.link(pick).tokens[:-1]:
            assert outcome_of(self.world.open_many([(token, None)])[0]) == "UNKNOWN"

    @precondition(lambda self: self.has_links)
    @rule(pick=PICKS)
    def revoke(self, pick: int) -> None:
        """At times only: else there would hardly ever be one that opens."""
        if pick % 3:
            return
        link = self.link(pick)
        self.world.run(revoke_link(self.database, self.creator, link.id, self.model.now_us))
        link.revoked = True

    @precondition(lambda self: self.has_links)
    @rule(pick=PICKS)
    def rotate(self, pick: int) -> None:
        self.give_new_address(self.link(pick))

    def give_new_address(self, link: Link) -> None:
        rotating = manage_links.rotate_link(self.database, self.sealer, self.creator, link.id)
        made = self.world.try_to(rotating)
        if link.revoked:
            assert made == "CONFLICT"
        else:
            assert not isinstance(made, str)
            link.tokens.append(made.token)

    @precondition(lambda self: self.has_links)
    @rule(pick=PICKS, days=DAYS, opens=OPENS, is_of_opens=some.booleans())
    def change(self, pick: int, days: int | None, opens: int | None, is_of_opens: bool) -> None:
        link, now_us = self.link(pick), self.model.now_us
        asked: AskedTerms = {"max_opens": opens} if is_of_opens else {"expires_in_days": days}
        changing = manage_links.change_link(
            self.database, self.sealer, self.creator, link.id, asked, now_us
        )
        told = self.world.try_to(changing)
        if link.revoked:
            assert told == "CONFLICT"
            return
        are_too_few = is_of_opens and opens is not None and opens < link.opens
        if are_too_few or (not is_of_opens and self.model.ends_unstarted(link.starts_at, days)):
            assert told == "INVALID"
            return
        assert not isinstance(told, str)
        if is_of_opens:
            link.max_opens = opens
        else:
            link.expires_at = None if days is None else now_us + min(days, 90) * DAY_US

    @precondition(lambda self: self.has_links)
    @rule(pick=PICKS)
    def save(self, pick: int) -> None:
        link, now_us = self.link(pick), self.model.now_us
        is_good = (
            link.kind == "track"
            and not self.model.is_removed(link)
            and link.refusal(now_us) is None
            and not link.is_spent
        )
        world, token = self.world, link.tokens[-1]
        listening, asked = world.instance.listening, world.request(token, None, False, True)
        saving = save_track(
            self.database, listening.limits, listening.opener, self.friend, asked, token
        )
        if not is_good:
            with pytest.raises(Problem, match="LINK_REFUSED"):
                world.run(saving)
            return
        edge, _ = world.run(saving)
        assert edge is not None
        self.model.saved.setdefault(link.target, link.id)
        assert (edge.source, edge.share_id) == ("shared", self.model.saved[link.target])
