"""`listenlink webhook` as commands. Their code, loaded when needed, is in `cli/webhooks.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from listenlink.cli.options import Json, Key, Limit, Server, Yes

webhook = typer.Typer(
    help="Where you're told of your links and tracks, as it happens.", no_args_is_help=True
)

WebhookId = Annotated[str, typer.Argument(help="mhook_…", metavar="WEBHOOK")]


@webhook.command("add")
def add(
    url: Annotated[
        str, typer.Argument(help="https://…, or - to read it from stdin.", metavar="URL")
    ],
    events: Annotated[
        str | None,
        typer.Option(
            "--events",
            help="Of what: link.opened,link.ended …, see docs/api.md; without it: all.",
            metavar="EVENTS",
        ),
    ] = None,
    shape: Annotated[
        str, typer.Option("--shape", help="standard, discord, slack, ntfy or gotify.")
    ] = "standard",
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Have an address told of what happens, and show the secret it's signed with, this once."""
    from listenlink.cli import webhooks as code

    code.add(url, events, shape, server, api_key, as_json)


@webhook.command("list")
def list_webhooks(
    limit: Limit = None, server: Server = None, api_key: Key = None, as_json: Json = False
) -> None:
    """List your webhooks, without their secrets and the whole of their addresses."""
    from listenlink.cli import webhooks as code

    code.list_webhooks(limit, server, api_key, as_json)


@webhook.command("remove")
def remove(
    webhooks: Annotated[list[str], typer.Argument(help="mhook_…", metavar="WEBHOOK…")],
    yes: Yes = False,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Send nothing there any more, and forget what was sent."""
    from listenlink.cli import webhooks as code

    code.remove(webhooks, yes, server, api_key, as_json)


@webhook.command("test")
def try_out(
    webhook: WebhookId, server: Server = None, api_key: Key = None, as_json: Json = False
) -> None:
    """Send a test there, and say what came of it; it fails if that does."""
    from listenlink.cli import webhooks as code

    code.try_out(webhook, server, api_key, as_json)


@webhook.command("deliveries")
def deliveries(
    webhook: WebhookId,
    limit: Limit = None,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """List what was sent there in the last 30 days, and what waits to be."""
    from listenlink.cli import webhooks as code

    code.list_deliveries(webhook, limit, server, api_key, as_json)


@webhook.command("resend")
def resend(
    webhook: WebhookId,
    delivery: Annotated[str, typer.Argument(help="mdelivery_…", metavar="DELIVERY")],
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Send something once more, and say what came of it; it fails if that does."""
    from listenlink.cli import webhooks as code

    code.resend(webhook, delivery, server, api_key, as_json)


@webhook.command("pause")
def pause(
    webhook: WebhookId, server: Server = None, api_key: Key = None, as_json: Json = False
) -> None:
    """Send nothing there for now. What happens meanwhile isn't sent later."""
    from listenlink.cli import webhooks as code

    code.pause(webhook, True, server, api_key, as_json)


@webhook.command("resume")
def resume(
    webhook: WebhookId, server: Server = None, api_key: Key = None, as_json: Json = False
) -> None:
    """Go on sending there, also after it was given up."""
    from listenlink.cli import webhooks as code

    code.pause(webhook, False, server, api_key, as_json)
