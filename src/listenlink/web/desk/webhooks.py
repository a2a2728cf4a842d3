"""A person's own webhooks: added, tried, paused, looked at, removed. What is secret is shown once."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from listenlink.actions.telling import manage_webhooks as managing
from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.model import ids
from listenlink.model.webhook_shapes import Shape
from listenlink.web.caller import path_id
from listenlink.web.desk.me import shown_of_me
from listenlink.web.desk.room import HOME, TYPED, Asked, Room, person_of, read_form
from listenlink.web.desk.signing_in import PERSON
from listenlink.web.desk.webhook_rows import WEBHOOKS, one_webhook, read_ticks
from listenlink.web.given import Given

_ONE = WEBHOOKS + "/{webhook_id:str}"
# Also where it was paused, or filled up, since the page was shown.
_TOLD_THERE = TYPED | {ProblemKind.CONFLICT}


@post(WEBHOOKS, opt=PERSON, include_in_schema=False)
async def add_webhook(room: Given[Room], request: Asked) -> Response[bytes]:
    """Add one, and show its secret this once."""
    form, owning, caller = await read_form(request), room.owning, person_of(request).caller
    try:
        made = await managing.add_webhook(
            owning.database,
            owning.webhook_sealer,
            caller,
            form["url"].strip(),
            read_ticks(form),
            _shape(form["shape"]),
            owning.clock.now_us(),
        )
    except Problem as problem:
        shown = await shown_of_me(room, request)
        return await room.refused(request, problem, "me", _TOLD_THERE, **shown, typed=dict(form))
    shown = await one_webhook(room, request, ids.public_id(ids.WEBHOOK, made.webhook.id))
    return await room.page(request, "webhook", **shown | {"secret": made.secret, "is_new": True})


def _shape(name: str) -> Shape:
    try:
        return Shape(name)
    except ValueError:
        raise invalid("shape", "Choose who is to read it.") from None


@get(_ONE, opt=PERSON, include_in_schema=False)
async def show_webhook(
    webhook_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """How it fares, and what was sent there."""
    return await room.page(request, "webhook", **await one_webhook(room, request, webhook_id))


@post(f"{_ONE}/test", opt=PERSON, include_in_schema=False)
async def try_webhook(
    webhook_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """Send a test there."""
    await read_form(request)
    owning, number = room.owning, path_id(ids.WEBHOOK, webhook_id)
    try:
        caller, now_us = person_of(request).caller, owning.clock.now_us()
        await managing.try_webhook(owning.database, caller, number, now_us)
    except Problem as problem:
        return await _refused(room, request, webhook_id, problem)
    return room.see(f"{WEBHOOKS}/{webhook_id}", "webhook_tried")


@post(f"{_ONE}/pause", opt=PERSON, include_in_schema=False)
async def pause_webhook(
    webhook_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """Send nothing there for now, or go on."""
    form, owning, number = await read_form(request), room.owning, path_id(ids.WEBHOOK, webhook_id)
    is_paused, now_us = form["paused"] == "yes", owning.clock.now_us()
    caller = person_of(request).caller
    await managing.pause_webhook(owning.database, caller, number, is_paused, now_us)
    done = "webhook_paused" if is_paused else "webhook_resumed"
    return room.see(f"{WEBHOOKS}/{webhook_id}", done)


@post(f"{_ONE}/secret", opt=PERSON, include_in_schema=False)
async def exchange_secret(
    webhook_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """Give it another secret, and show that this once."""
    await read_form(request)
    owning, number = room.owning, path_id(ids.WEBHOOK, webhook_id)
    try:
        parts = (owning.database, owning.webhook_sealer, person_of(request).caller)
        made = await managing.exchange_secret(*parts, number, owning.clock.now_us())
    except Problem as problem:
        return await _refused(room, request, webhook_id, problem)
    shown = await one_webhook(room, request, webhook_id)
    return await room.page(request, "webhook", **shown | {"secret": made.secret, "is_new": False})


@post(f"{_ONE}/deliveries/{{delivery_id:str}}/resend", opt=PERSON, include_in_schema=False)
async def send_again(
    webhook_id: FromPath[str], delivery_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """Send something once more."""
    await read_form(request)
    owning, number = room.owning, path_id(ids.WEBHOOK, webhook_id)
    try:
        parts = (owning.database, person_of(request).caller, number)
        which = path_id(ids.DELIVERY, delivery_id)
        await managing.send_again(*parts, which, owning.clock.now_us())
    except Problem as problem:
        return await _refused(room, request, webhook_id, problem)
    return room.see(f"{WEBHOOKS}/{webhook_id}", "webhook_sent_again")


@get(f"{_ONE}/remove", opt=PERSON, include_in_schema=False)
async def ask_to_remove_webhook(
    webhook_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """What goes with it."""
    shown = await one_webhook(room, request, webhook_id)
    return await room.page(request, "remove_webhook", **shown)


@post(f"{_ONE}/remove", opt=PERSON, include_in_schema=False)
async def remove_webhook(
    webhook_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """Remove it, with what was sent there."""
    await read_form(request)
    owning, number = room.owning, path_id(ids.WEBHOOK, webhook_id)
    caller, now_us = person_of(request).caller, owning.clock.now_us()
    await managing.remove_webhook(owning.database, caller, number, now_us)
    return room.see(HOME, "webhook_removed")


async def _refused(
    room: Room, request: Asked, webhook_id: str, problem: Problem
) -> Response[bytes]:
    shown = await one_webhook(room, request, webhook_id)
    return await room.refused(request, problem, "webhook", _TOLD_THERE, **shown)
