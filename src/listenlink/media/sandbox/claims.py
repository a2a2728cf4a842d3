"""What the manifests of a file say of how it was made, by the JSON that the library makes of them.

All of it comes from a stranger: whatever has another shape than it should says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from listenlink.media.sandbox.manifest_answer import Found, State
from listenlink.model.mark import Ai, ai_of_source_type
from listenlink.model.one_line import one_line

_MOST_TEXT, _MOST_FAULTS, _MOST_MANIFESTS = 256, 32, 200
# No manifest is invalid for that: whom to trust, nobody told us.
_NOT_ASKED = "signingCredential.untrusted"


class _Said(NamedTuple):
    """The most that is said: how much, by the manifest of this label, in this action."""

    ai: Ai
    label: str | None = None
    action: dict[str, Any] = {}  # noqa: RUF012 (never written to)


def found_in(store: dict[str, Any], state: State) -> Found:
    """What a manifest store says, as the library tells it."""
    manifests = _dict(store.get("manifests"))
    active = _text(store.get("active_manifest"))
    said = _most_said(manifests, active)
    own, sayer = _dict(manifests.get(active or "")), _dict(manifests.get(said.label or ""))
    return Found(
        state=state,
        ai=said.ai,
        sayer=(_signer(sayer) or _generator(sayer)) if said.ai else None,
        signer=_signer(own),
        generator=_generator(own),
        title=_shown(own.get("title")),
        agent=_agent(said.action.get("softwareAgent")),
        source_type=_shown(said.action.get("digitalSourceType")),
        faults=_faults(store),
    )


def _most_said(manifests: dict[str, Any], active: str | None) -> _Said:
    """The most that the active manifest and what it's based on say. What the whole comes from says it of the
    whole; what was put into it, of a part; and what was only shown to a machine, of nothing in it."""
    most = _Said(Ai.NONE)
    waiting = [(active, Ai.GENERATED)]
    seen: set[tuple[str, Ai]] = set()
    while waiting and len(seen) < _MOST_MANIFESTS:
        label, ceiling = waiting.pop()
        if label is None or (label, ceiling) in seen:
            continue
        seen.add((label, ceiling))
        manifest = _dict(manifests.get(label))
        for action in _actions(manifest):
            said = min(ai_of_source_type(_text(action.get("digitalSourceType")) or ""), ceiling)
            if said > most.ai:
                most = _Said(said, label, action)
        for ingredient in _dicts(manifest.get("ingredients")):
            relationship = ingredient.get("relationship")
            if relationship == "inputTo":
                continue
            of_it = ceiling if relationship == "parentOf" else min(ceiling, Ai.ASSISTED)
            waiting.append((_text(ingredient.get("active_manifest")), of_it))
    return most


def _actions(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for assertion in _dicts(manifest.get("assertions")):
        if str(assertion.get("label")).startswith("c2pa.actions"):
            yield from _dicts(_dict(assertion.get("data")).get("actions"))


def _signer(manifest: dict[str, Any]) -> str | None:
    """In whose name the certificate is, as that says itself."""
    signature = _dict(manifest.get("signature_info"))
    return _shown(signature.get("common_name")) or _shown(signature.get("issuer"))


def _generator(manifest: dict[str, Any]) -> str | None:
    infos = _dicts(manifest.get("claim_generator_info"))
    named = _shown(infos[0].get("name")) if infos else None
    return named or _shown(manifest.get("claim_generator"))


def _agent(agent: object) -> str | None:
    return _shown(agent.get("name")) if isinstance(agent, dict) else _shown(agent)


def _faults(store: dict[str, Any]) -> list[str]:
    codes = [_shown(fault.get("code")) for fault in _dicts(store.get("validation_status"))]
    told = [code for code in codes if code is not None and code != _NOT_ASKED]
    return list(dict.fromkeys(told))[:_MOST_FAULTS]


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _shown(value: object) -> str | None:
    text = _text(value)
    return one_line(text[: 4 * _MOST_TEXT])[:_MOST_TEXT].strip() or None if text else None
