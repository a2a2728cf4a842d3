"""A link is opened in a browser of each language: pages, headers, the date it ends, licences."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from listenlink.web.pages.languages import LANGUAGES, catalogue
from media.make_audio import make
from web.page_reader import ReadPage

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}
DATES = {"en": "{1} {0}, {2}", "de": "{0}. {1} {2}", "fr": "{0} {1} {2}", "es": "{0} de {1} de {2}"}
ENGINES = ["studio", "studio_enterprise", "studio_cleared", "own_recording", "nobody_knows_it"]


@pytest.fixture(scope="module")
def songs(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """A track of each licence."""
    path = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=44_100)
    return [upload(owner, path, title="Harbour", engine=engine) for engine in ENGINES]


def path_of(link: dict[str, Any]) -> str:
    return f"/v1/music/shared/{link['token']}"


def read(listener: httpx.Client, path: str, language: str) -> httpx.Response:
    """What a browser gets; that it says its language is held here, for every page."""
    answer = listener.get(path, headers=BROWSER | {"Accept-Language": f"{language}-XX,x;q=0.5"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-language"] == language
    assert "Accept-Language" in re.split(", *", answer.headers["vary"])
    assert f'<html lang="{language}" dir="ltr">' in answer.text
    return answer


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_until_when_in_its_language(
    owner: httpx.Client, listener: httpx.Client, songs: list[dict[str, Any]], language: str
) -> None:
    link = share(owner, songs[0]["id"], expires_in_days=10)
    ends = datetime.fromisoformat(link["expires_at"])
    month = MONTHS[language].split()[ends.month - 1]
    day = "1er" if language == "fr" and ends.day == 1 else ends.day
    date = DATES[language].format(day, month, ends.year)
    assert date in read(listener, path_of(link), language).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_a_link_is_in_that_language(
    owner: httpx.Client, listener: httpx.Client, songs: list[dict[str, Any]], language: str
) -> None:
    say = catalogue(language).gettext
    link = share(owner, songs[0]["id"])
    assert say("What you may do with it") in read(listener, path_of(link), language).text
    assert say("Open the page") in read(listener, f"/embed/{link['token']}", language).text
    opened = listener.post(path_of(link), headers=BROWSER)
    assert opened.status_code == 303
    listening = read(listener, opened.headers["location"], language)
    assert say("Commercial use") in listening.text
    owner.delete(f"/share/{link['id']}").raise_for_status()
    refused = read(listener, path_of(link), language)
    assert refused.status_code == 404
    assert say("This share link is no longer available.") in ReadPage(refused.text).texts[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_what_was_removed(
    owner: httpx.Client, listener: httpx.Client, language: str
) -> None:
    collection = owner.post("/collections", json={"name": "Evening"}).json()["id"]
    link = share(owner, collection)
    owner.delete(f"/collections/{collection}").raise_for_status()
    removed = read(listener, path_of(link), language)
    assert catalogue(language).gettext("The creator has removed this music.") in removed.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_asks_too_often_is_told_when_to_come_back(server: Server, language: str) -> None:
    with server.listener() as hasty:
        for number in range(200):
            answer = read(hasty, path_of({"token": f"shr_{number:032x}"}), language)
            if answer.status_code == 429:
                break
    assert answer.status_code == 429
    word = {"en": "seconds?", "de": "Sekunden?", "fr": "secondes?", "es": "segundos?"}[language]
    found = re.search(rf"\b(\d+) {word}\b", answer.text)
    assert found
    assert abs(int(found[1]) - int(answer.headers["retry-after"])) <= 1


def test_licences_are_the_same_in_every_language(
    owner: httpx.Client, listener: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    classes = set()
    for song in songs:
        path = path_of(share(owner, song["id"]))
        session = {"Listen-Session": listener.get(path).headers["listen-session"]}
        view = listener.get(path, headers=session).json()["track"]["licence"]
        for language in LANGUAGES:
            asked = session | {"Accept-Language": language}
            (told,) = listener.get(f"{path}/details", headers=asked).json()["tracks"]
            shown = ReadPage(read(listener, path, language).text).data["data"]["tracks"][0]
            assert told["licence"] == shown["licence"]
            assert view == {fact: shown["licence"][fact] for fact in view}
            classes.add(view["licence_class"])
    assert len(classes) == 4


def test_a_header_of_ten_thousand_characters_is_answered(
    owner: httpx.Client, listener: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    path = path_of(share(owner, songs[0]["id"]))
    for header in ("fr," + "x;q=0.1," * 1_250, "," * 10_000, "q" * 10_000):
        answer = listener.get(path, headers=BROWSER | {"Accept-Language": header})
        assert answer.status_code == 200
        assert answer.headers["content-language"] == ("fr" if header[0] == "f" else "en")
        assert answer.elapsed.total_seconds() < 1
