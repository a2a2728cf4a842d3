"""Kept answers: sealed to one asker, and let go of after their time."""

from __future__ import annotations

from pathlib import Path

from engines import new_backend
from listenlink.model.sealing import Sealer
from listenlink.model.signing import SigningKey
from listenlink.store import idempotency
from listenlink.store.idempotency import KeptAnswer

OLD, NEW = SigningKey("0" * 8, b"o" * 32), SigningKey("1" * 8, b"n" * 32)


def test_a_seal_opens_with_both_keys_only() -> None:
    sealed = Sealer([OLD]).seal(b"answer", "mine", b"bound")
    assert b"answer" not in sealed
    assert Sealer([NEW, OLD]).unseal(sealed, "mine", b"bound") == b"answer"
    assert Sealer([NEW]).unseal(sealed, "mine", b"bound") is None
    other = SigningKey(OLD.key_id, NEW.root)
    assert Sealer([other]).unseal(sealed, "mine", b"bound") is None
    assert Sealer([OLD]).seal(b"answer", "mine", b"bound") != sealed  # Its nonce is its own.
    assert Sealer([OLD]).unseal(sealed, "yours", b"bound") is None
    assert Sealer([OLD]).unseal(sealed, "mine", b"other") is None
    for place in range(8, len(sealed)):
        broken = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        assert Sealer([OLD]).unseal(broken, "mine", b"bound") is None
    for length in range(len(sealed)):
        assert Sealer([OLD]).unseal(sealed[:length], "mine", b"bound") is None


def test_old_answers_go_in_steps_and_new_ones_stay(tmp_path: Path) -> None:
    database = new_backend(tmp_path).open()
    kept = KeptAnswer(b"b" * 32, b"sealed")

    def fill(connection: object) -> None:
        for n in range(1200):
            digest = n.to_bytes(32, "big")
            idempotency.keep_answer(connection, digest, kept, n)  # type: ignore[arg-type]

    try:
        database.write_now(fill)
        steps = []
        while gone := database.write_now(lambda c: idempotency.delete_older(c, 1099)):
            steps.append(gone)
        assert steps == [500, 500, 100]
        newest, oldest = (1199).to_bytes(32, "big"), (0).to_bytes(32, "big")
        find = idempotency.find_answer
        assert database.read_now(lambda c: find(c, newest, 1198)) == kept
        assert database.read_now(lambda c: find(c, newest, 1199)) is None
        assert database.read_now(lambda c: find(c, oldest, 0)) is None
    finally:
        database.close()
