"""Keys to links are exchanged, lost and found again: what is kept is shown, and nothing is an error."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from listenlink.actions.find_instance import load_link_ring
from listenlink.actions.keep_address import Resealed, find_token, reseal
from listenlink.actions.make_link import make_link
from listenlink.actions.manage_links import rotate_link
from listenlink.actions.telling.reseal_webhooks import reseal_webhooks
from listenlink.errors import RefusesToStart
from listenlink.model.sealing import TokenSealer, WebhookSealer
from listenlink.model.share import TargetType
from listenlink.model.signing import SigningKey
from listenlink.model.webhook import Receiver, read_receiver
from listenlink.settings import Settings
from listenlink.store import every_webhook, webhooks
from store.owned import NOW, SEALER, Place, make_place
from store.telling_place import Telling, Watch

OLD, NEW = SigningKey("0000000a", b"a" * 32), SigningKey("0000000b", b"b" * 32)
NOTHING = TokenSealer(())
LINE = "0000000c " + "c5" * 32


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = await make_place(tmp_path)
    yield made
    made.database.close()


async def shown(place: Place, sealer: TokenSealer) -> str | None:
    return await find_token(place.database, sealer, place.owner, place.made.link.share.id)


def resealed(place: Place, *ring: SigningKey) -> Resealed:
    return reseal(place.database, TokenSealer(ring))


async def test_an_exchange_of_keys_keeps_all(place: Place) -> None:
    token = place.made.link.token
    for _ in range(3):
        target = (TargetType.TRACK, place.made.track)
        await make_link(place.database, TokenSealer([NEW]), place.owner, *target, {}, NOW)
    assert await shown(place, TokenSealer([NEW, OLD])) == token
    assert resealed(place, NEW, OLD) == Resealed(resealed=1, current=3)
    assert resealed(place, NEW, OLD) == Resealed(current=4)
    assert await shown(place, TokenSealer([NEW])) == token
    assert await shown(place, SEALER) is None
    assert resealed(place, OLD) == Resealed(unreadable=4)
    assert await shown(place, TokenSealer([NEW])) == token


async def test_a_new_address_under_another_key_is_the_one_that_is_shown(place: Place) -> None:
    turned = await rotate_link(
        place.database, TokenSealer([NEW, OLD]), place.owner, place.made.link.share.id
    )
    assert await shown(place, TokenSealer([NEW, OLD])) == turned.token != place.made.link.token
    assert await shown(place, SEALER) is None


async def test_where_links_are_not_kept_a_new_address_destroys_the_old_one_too(
    place: Place,
) -> None:
    await rotate_link(place.database, NOTHING, place.owner, place.made.link.share.id)
    kept = await place.database.read(lambda c: list(c.execute(text("SELECT * FROM sealed_tokens"))))
    assert kept == []
    assert await shown(place, SEALER) is None


async def test_with_digest_the_operators_command_destroys_all(place: Place) -> None:
    assert await shown(place, NOTHING) is None
    assert await shown(place, SEALER) == place.made.link.token
    assert resealed(place) == Resealed(destroyed=1)
    assert await shown(place, SEALER) is None


async def test_more_than_one_step_of_them_are_all_sealed_anew(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("listenlink.actions.keep_address._ROWS_PER_STEP", 2)
    for _ in range(6):
        target = (TargetType.TRACK, place.made.track)
        await make_link(place.database, SEALER, place.owner, *target, {}, NOW)
    assert resealed(place, NEW, OLD) == Resealed(resealed=7)


def settings(folder: Path, **more: object) -> Settings:
    return Settings.model_validate({"data": folder, **more})


def test_one_machine_gets_a_key_when_it_has_none_and_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    made = load_link_ring(settings(tmp_path))
    assert len(made) == 1
    assert load_link_ring(settings(tmp_path)) == made
    assert (tmp_path / "secrets" / "link-keys").stat().st_mode & 0o777 == 0o600


def test_without_links_that_are_kept_there_are_no_keys(tmp_path: Path) -> None:
    assert load_link_ring(settings(tmp_path, keep_links="digest")) == ()
    assert list(tmp_path.iterdir()) == []


def test_a_node_makes_no_key_of_its_own(tmp_path: Path) -> None:
    url = "postgresql://localhost/x"
    assert load_link_ring(settings(tmp_path, database_url=url)) == ()
    assert list(tmp_path.iterdir()) == []
    given = settings(tmp_path, database_url=url, link_keys=SecretStr(LINE))
    assert load_link_ring(given) == (SigningKey("0000000c", b"\xc5" * 32),)


def test_keys_that_cannot_be_used_refuse_with_one_line_that_names_them(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    for text_of_it, mode, words in (
        ("", 0o600, "holds no link key"),
        (LINE, 0o644, "chmod 600 it"),
    ):
        file.write_text(text_of_it)
        file.chmod(mode)
        with pytest.raises(RefusesToStart, match=words):
            load_link_ring(settings(tmp_path, link_keys_file=file))
    with pytest.raises(RefusesToStart, match="the link keys can't be read"):
        load_link_ring(settings(tmp_path, link_keys_file=tmp_path / "missing"))
    with pytest.raises(RefusesToStart, match="LISTENLINK_LINK_KEYS: a line isn't"):
        load_link_ring(settings(tmp_path, link_keys=SecretStr("x y")))


async def test_webhooks_come_along_and_a_newer_secret_is_not_overwritten(place: Place) -> None:
    telling = Telling(place, Watch())
    first = telling.add_webhook("https://hooks.example/a")
    telling.add_webhook("https://hooks.example/b")
    both, new = WebhookSealer([NEW, OLD]), WebhookSealer([NEW])

    def read(number: int, sealer: WebhookSealer = new) -> Receiver | None:
        webhook = place.database.read_now(lambda c: webhooks.find_webhook(c, number))
        return None if webhook is None else read_receiver(sealer, webhook.sealed, number)

    before = read(first, both)
    assert before is not None
    assert read(first) is None
    assert reseal_webhooks(place.database, WebhookSealer([])) == Resealed(unreadable=2)
    assert reseal_webhooks(place.database, both) == Resealed(resealed=2)
    assert reseal_webhooks(place.database, both) == Resealed(current=2)
    assert read(first) == before
    (stale, _) = place.database.read_now(lambda c: every_webhook.list_sealed(c, -1, 2))
    exchanged = before.exchanged(NOW)
    sealed = exchanged.seal(both, stale.webhook_id)
    place.database.write_now(lambda c: webhooks.keep_sealed(c, stale.webhook_id, sealed))
    replaced = place.database.write_now(lambda c: every_webhook.replace_sealed(c, stale, b"old"))
    assert not replaced
    assert read(stale.webhook_id) == exchanged
    assert reseal_webhooks(place.database, WebhookSealer([OLD])) == Resealed(unreadable=2)
