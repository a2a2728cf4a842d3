"""A part of a program's day: a collection is taken along, by its link and by its owner."""

from __future__ import annotations

from engines import SENDS_AUDIO
from live.document_day import audio
from live.document_witness import Witness


def take_along(witness: Witness, collection: str) -> None:
    path = f"/collections/{collection}"
    link = witness.owner("POST", path + "/share", json={"allow_download": True}).json()
    shared = f"/v1/music/shared/{link['token']}"
    opened = witness.anybody("GET", shared)
    session = {"Listen-Session": opened.headers["Listen-Session"]}
    assert witness.anybody("GET", shared + "/download").status_code == 404
    told = witness.anybody("GET", shared + "/download", headers=session)
    own = witness.owner("GET", path + "/download")
    for given in (told, own):
        assert given.status_code == 200
        if SENDS_AUDIO:
            audio(witness, given.json()["download_url"])
    assert witness.owner("GET", path[:-1] + "/download").status_code == 404
