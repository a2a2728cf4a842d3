"""A new version comes while a page plays: what plays goes on, the page says so, and its button plays the
new."""

from __future__ import annotations

import contextlib
import wave
from pathlib import Path

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from browser.listening import Visits, open_page, seconds, wait_until_past
from cast import Server, share, upload, wait_for_sound
from engines import of_folder
from journeys.versioned import make_current, put_in
from signed_in import at_desk

RATE = 16_000
LOW, HIGH = 500, 2000
# So that a test hears what the page plays.
_KEEP = """
const Plain = window.Audio;
window.Audio = function () { return (window.sounding = new Plain()); };
"""
_LISTEN = """async () => {
  const context = new AudioContext();
  await context.resume();
  const analyser = context.createAnalyser();
  Object.assign(analyser, { fftSize: 4096, smoothingTimeConstant: 0 });
  context.createMediaStreamSource(window.sounding.captureStream()).connect(analyser);
  const levels = new Uint8Array(analyser.frequencyBinCount);
  for (let tried = 0; tried < 100 && !Math.max(...levels); tried += 1) {
    await new Promise((done) => setTimeout(done, 100));
    analyser.getByteFrequencyData(levels);
  }
  const loudest = levels.indexOf(Math.max(...levels));
  const hertz = Math.round((loudest * context.sampleRate) / analyser.fftSize);
  await context.close();
  return hertz;
}"""


def tone(path: Path, hertz: int, lasts: int) -> Path:
    """A tone of so many seconds."""
    samples = np.sin(np.arange(RATE * lasts) * 2 * np.pi * hertz / RATE) * 12_000
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", "NONE"))
        file.writeframes(samples.astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("tones")
    return [tone(folder / "low.wav", LOW, 60), tone(folder / "high.wav", HIGH, 90)]


def hears(page: Page, hertz: int) -> None:
    found = page.evaluate(_LISTEN)
    assert abs(found - hertz) < 50, (
        found,
        page.evaluate("[sounding.src, sounding.currentTime, sounding.duration]"),
    )


# From a bucket the sound is another origin's, which a page may play and not listen to.
@of_folder
def test_what_plays_goes_on_and_the_button_plays_the_new(
    visit: Visits, owner: httpx.Client, tones: list[Path]
) -> None:
    song = str(upload(owner, tones[0], title="Low")["id"])
    wait_for_sound(owner, song)
    link = share(owner, song)
    window = visit()
    window.context.add_init_script(_KEEP)
    page = open_page(window, link)
    expect(page.locator("#newer")).to_be_hidden()
    page.get_by_role("button", name="Play").click()
    wait_until_past(page, 1)
    hears(page, LOW)
    put_in(owner, song, tones[1]).raise_for_status()
    wait_for_sound(owner, song)
    expect(page.locator("#newer")).to_be_visible(timeout=10_000)
    expect(page.locator("#newer")).to_contain_text("There is a newer version.")
    at = seconds(page)
    wait_until_past(page, at + 1)
    hears(page, LOW)
    expect(page.locator("#total")).to_have_text("1:00")
    assert page.evaluate("window.sounding.error") is None
    page.get_by_role("button", name="Play it").click()
    expect(page.locator("#total")).to_have_text("1:30")
    expect(page.locator("#newer")).to_be_hidden()
    wait_until_past(page, at + 2)
    hears(page, HIGH)
    assert page.evaluate("window.sounding.error") is None
    # And back again.
    make_current(owner, song, 1).raise_for_status()
    expect(page.locator("#newer")).to_be_visible(timeout=10_000)


def test_a_page_from_before_plays_what_is_current_when_play_is_pressed(
    visit: Visits, owner: httpx.Client, tones: list[Path]
) -> None:
    song = str(upload(owner, tones[0], title="Low")["id"])
    page = open_page(visit(), share(owner, song))
    expect(page.locator("#total")).to_have_text("1:00")
    put_in(owner, song, tones[1]).raise_for_status()
    page.get_by_role("button", name="Play").click()
    expect(page.locator("#total")).to_have_text("1:30")
    wait_until_past(page, 1)
    expect(page.locator("#newer")).to_be_hidden()


def test_who_is_pinned_hears_of_none(visit: Visits, owner: httpx.Client, tones: list[Path]) -> None:
    song = str(upload(owner, tones[0], title="Low")["id"])
    page = open_page(visit(), share(owner, song, version="pinned"))
    page.get_by_role("button", name="Play").click()
    wait_until_past(page, 1)
    put_in(owner, song, tones[1]).raise_for_status()
    wait_until_past(page, seconds(page) + 4)
    expect(page.locator("#newer")).to_be_hidden()
    expect(page.locator("#total")).to_have_text("1:00")


def test_at_the_desk_another_length_is_said_first(
    visit: Visits, server: Server, tones: list[Path], tmp_path: Path
) -> None:
    person = server.new_member("member")
    ((email,),) = server.query(
        "SELECT email FROM users WHERE id = ?", int(person["user_id"].partition("_")[2], 16)
    )
    desk = at_desk(server, str(email))
    with server.owner(person["api_key"]) as maker, contextlib.closing(desk):
        song = str(upload(maker, tones[0], title="Low")["id"])
        window = visit()
        name, _, value = desk.headers["Cookie"].partition("=")
        window.context.add_cookies([{"name": name, "value": value, "url": server.url}])
        page = window.context.new_page()
        page.goto(f"{server.url}/desk/tracks/{song}")
        stack = page.locator("#versions")
        expect(stack).to_contain_text("Version 1")
        page.locator("#version-file").set_input_files(str(tones[1]))
        page.get_by_role("button", name="Put it in").click()
        page.wait_for_url("**/versions/2?done=version_added")
        expect(page.locator("main")).to_contain_text("30.0 seconds longer")
        assert maker.get(f"/tracks/{song}").json()["version"] == 1
        page.get_by_role("button", name="Make current").click()
        page.wait_for_url(f"**/desk/tracks/{song}?done=version_current")
        assert maker.get(f"/tracks/{song}").json()["version"] == 2
        # As long as the one before: current at once.
        page.locator("#version-file").set_input_files(str(tone(tmp_path / "b.wav", LOW, 91)))
        page.get_by_role("button", name="Put it in").click()
        page.wait_for_url(f"**/desk/tracks/{song}?done=version_current")
        expect(page.locator("#versions li").first).to_contain_text("Version 3 · current")
        page.locator("#versions").get_by_role("link", name="Remove").first.click()
        page.get_by_role("button", name="Remove for good").click()
        page.wait_for_url(f"**/desk/tracks/{song}?done=version_removed")
        expect(page.locator("#versions")).to_contain_text("removed")
        assert maker.get(f"/tracks/{song}").json()["versions"] == 2
