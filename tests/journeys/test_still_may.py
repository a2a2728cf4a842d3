"""Whether somebody still may is asked once more when it's done."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from journeys.kept_house import House
from listenlink.actions.authenticate import act_in_person
from listenlink.actions.manage_people import revoke_key
from listenlink.actions.suspend_organization import suspend_organization
from listenlink.cli.demo_library import find_or_make_links
from listenlink.errors import RefusesToStart


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, kept_days=1)
    yield made
    made.world.close()


def test_a_key_that_has_ended_ends_no_upload(house: House) -> None:
    """As it would if it ended between the guard and this."""
    world, owner, now_us = house.world, house.creator, house.world.clock.now_us()
    resumer = world.instance.owning.resumer
    begun = world.run(resumer.begin(owner, 9, "engine c3R1ZGlv", now_us))
    key, database = owner.key_id, world.instance.running.database
    assert key is not None
    database.write_now(lambda c: revoke_key(c, key, now_us))
    assert world.try_to(resumer.end(owner, begun.id, now_us)) == "API_KEY_DEACTIVATED"
    person = world.run(act_in_person(database, owner.owner))
    assert world.run(resumer.look(person, begun.id, now_us)).offset_bytes == 0
    world.run(resumer.end(person, begun.id, now_us))
    assert world.try_to(resumer.look(person, begun.id, now_us)) == "NOT_FOUND"


def test_the_demonstration_says_that_its_organisation_is_suspended(house: House) -> None:
    world, owner = house.world, house.creator.owner
    suspend = partial(
        suspend_organization, organization_id=owner.organization_id, now_us=house.began_us
    )
    world.instance.running.database.write_now(suspend)
    with pytest.raises(RefusesToStart, match=r"listenlink org resume org_[0-9a-f]{12}$"):
        world.run(find_or_make_links(world.instance, owner))
