"""`listenlink org`, `user` and `key` as commands. Their code, loaded when needed, is in `cli/people.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from listenlink.cli.options import Data, Json

Org = Annotated[str, typer.Option("--org", help="The organisation: org_…", metavar="ORG")]
AnyOrg = Annotated[
    str | None, typer.Option("--org", help="Only of one organisation: org_…", metavar="ORG")
]
Email = Annotated[str, typer.Argument(help="The user's e-mail.", metavar="EMAIL")]

org = typer.Typer(help="Organisations of an instance.", no_args_is_help=True)
user = typer.Typer(help="Users, and where they are members.", no_args_is_help=True)
key = typer.Typer(help="For the operator: everybody's API keys.", no_args_is_help=True)


@org.command("add")
def add_organization(
    name: Annotated[str, typer.Argument(help="Its name.", metavar="NAME")],
    email: Annotated[str, typer.Option("--user", help="Its owner's e-mail.", metavar="EMAIL")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make an organisation and its owner, and show the owner's API key once."""
    from listenlink.cli import people

    people.add_organization(data, name, email, as_json)


@org.command("list")
def list_organizations(data: Data = None, as_json: Json = False) -> None:
    """List the organisations."""
    from listenlink.cli import people

    people.list_organizations(data, as_json)


@org.command("quota")
def change_quota(
    organization: Annotated[str, typer.Argument(help="org_…", metavar="ORG")],
    size: Annotated[
        str | None, typer.Option("--bytes", help="As in 10GB; its tracks' files and renditions.")
    ] = None,
    tracks: Annotated[int | None, typer.Option("--tracks", help="How many it may have.")] = None,
    has_none: Annotated[
        bool, typer.Option("--none", help="As much as there is room for, but for what is given.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Change how much an organisation may store, and tell how much it does."""
    from listenlink.cli import people

    people.change_quota(data, organization, size, tracks, has_none, as_json)


@user.command("add")
def add_user(
    email: Email,
    organization: Org,
    role: Annotated[str, typer.Option("--role", help="owner or member.")] = "member",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make somebody a member and show their API key once. They may be a user already."""
    from listenlink.cli import people

    people.add_user(data, email, organization, role, as_json)


@user.command("sign-in-link")
def make_sign_in_link(
    email: Email,
    by_mail: Annotated[
        bool, typer.Option("--mail", help="Mail it to them instead of showing it.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show an address that signs a user in at the desk, or mail it: once, within 30 minutes."""
    if by_mail:
        from listenlink.cli import mailing

        mailing.mail_sign_in_link(data, email, as_json)
        return
    from listenlink.cli import people

    people.make_sign_in_link(data, email, as_json)


@user.command("list")
def list_users(organization: AnyOrg = None, data: Data = None, as_json: Json = False) -> None:
    """List users and the organisations they are members of."""
    from listenlink.cli import people

    people.list_users(data, organization, as_json)


@key.command("add")
def add_key(
    organization: Org,
    user_of_key: Annotated[str, typer.Option("--user", help="user_… or e-mail.", metavar="USER")],
    scopes: Annotated[
        str | None, typer.Option("--scopes", help="As in read,share; without it: all.")
    ] = None,
    expires_in_days: Annotated[
        int | None, typer.Option("--expires-in-days", help="Without it: never.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make an API key and show it once."""
    from listenlink.cli import people

    people.add_key(data, organization, user_of_key, scopes, expires_in_days, as_json)


@key.command("list")
def list_keys(organization: AnyOrg = None, data: Data = None, as_json: Json = False) -> None:
    """List the API keys, without ever showing the keys themselves."""
    from listenlink.cli import people

    people.list_keys(data, organization, as_json)


@key.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(help="key_…", metavar="KEY_ID")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Deactivate an API key, at once and for good."""
    from listenlink.cli import people

    people.revoke_key(data, key_id, as_json)
