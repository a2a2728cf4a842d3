"""Makes the manifest of a version: what is known of it, signed with this instance's key."""

from __future__ import annotations

from listenlink import __version__
from listenlink.clock import Clock
from listenlink.media import manifests
from listenlink.media.embed import embed_manifest
from listenlink.media.sandbox.manifest_answer import Order
from listenlink.media.turns import Turn
from listenlink.model.licence import EngineRegistry
from listenlink.model.manifest import Manifest
from listenlink.model.mark import Mark
from listenlink.model.marking_key import MarkingKey
from listenlink.model.one_line import one_line
from listenlink.store.marking import Unsigned

BY_ENGINE = "Said by this server, of the engine that it was made with."
BY_CREATOR = "Said by its creator, and signed by this server."


class ManifestMaker:
    """Makes manifests with this key, if there is one."""

    def __init__(self, registry: EngineRegistry, clock: Clock, key: MarkingKey | None) -> None:
        self._registry = registry
        self._clock = clock
        self._key = key

    @property
    def lacks(self) -> str | None:
        """What is missing for that, in a word: the library, the key, or certificates that hold today."""
        if not manifests.is_able():
            return "no_library"
        if self._key is None:
            return "no_key"
        return None if self._key.is_valid(self._clock.now_us()) else "certificate_not_valid"

    async def make(
        self, descriptor: int, version: Unsigned, mark: Mark, turn: Turn
    ) -> Manifest | None:
        """A manifest that holds for this file, and one in the file where it can have one; None if none can be
        made. Raises Problem and OSError."""
        key = self._key
        if key is None:
            return None
        has_own = await manifests.may_hold_manifest(descriptor, version.content_type)
        # A manifest of the file's own may be such that nothing can be based on it: then nothing is.
        for with_own in (True, False) if has_own else (False,):
            order = self._order(version, mark, key, has_own=with_own)
            made = await manifests.sign_manifest(descriptor, order, key.sign_claim, turn)
            if made is None:
                continue
            embedded = await embed_manifest(descriptor, order, key.sign_claim, turn)
            return Manifest(mark.signed, made, self._clock.now_us(), embedded)
        return None

    def _order(self, version: Unsigned, mark: Mark, key: MarkingKey, *, has_own: bool) -> Order:
        agent = None
        if mark.engine is not None and mark.by_engine:
            terms = self._registry.terms_in_force(mark.engine, self._clock.now_us())
            agent = terms.display_name if terms else mark.engine
        return Order(
            title=one_line(version.title),
            content_type=version.content_type,
            digest=version.digest.hex(),
            source_type=mark.signed.source_type or "",
            agent=agent,
            reason=BY_ENGINE if mark.by_engine >= mark.by_creator else BY_CREATOR,
            release=__version__,
            certificates=key.certificates,
            algorithm=key.algorithm,
            has_own=has_own,
        )
