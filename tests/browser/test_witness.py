"""What a visit notes is noted: the tests that find nothing could find something."""

from __future__ import annotations

from collections.abc import Callable

from browser.chromium import Site, Visit


def test_a_script_that_runs_is_noted(visit: Callable[..., Visit], other_site: Site) -> None:
    other_site.pages["/run"] = (
        "<script>alert(7)</script><iframe srcdoc='<script>alert(8)</script>'></iframe>"
        "<a id=a href='javascript:alert(9)'>x</a>"
    )
    seen = visit()
    seen.page.goto(other_site.url + "/run")
    seen.page.click("#a")
    seen.page.wait_for_timeout(100)
    assert seen.ran == ["[ran] alert 7", "[ran] alert 8", "[ran] alert 9"]


def test_what_a_policy_forbids_is_noted(visit: Callable[..., Visit], other_site: Site) -> None:
    other_site.pages["/strict"] = (
        "<meta http-equiv='Content-Security-Policy' content=\"script-src 'none'; img-src 'none'\">"
        "<img src='/x.png' onerror='alert(1)'>"
    )
    for has_scripts in (True, False):
        seen = visit(java_script_enabled=has_scripts)
        seen.page.goto(other_site.url + "/strict")
        seen.page.wait_for_timeout(100)
        assert any("img-src" in told for told in seen.blocked)
        assert seen.ran == []


def test_an_error_of_the_page_is_noted(visit: Callable[..., Visit], other_site: Site) -> None:
    other_site.pages["/broken"] = "<script>missing()</script>"
    seen = visit()
    seen.page.goto(other_site.url + "/broken")
    assert len(seen.errors) == 1


def test_requests_and_their_referer_are_noted(
    visit: Callable[..., Visit], other_site: Site
) -> None:
    other_site.pages["/from"] = "<img src='/picture'><iframe src='/to'></iframe>"
    seen = visit()
    seen.page.goto(other_site.url + "/from", wait_until="networkidle")
    assert set(seen.paths()) >= {"/from", "/picture", "/to"}
    assert seen.referers() == [other_site.url + "/from"] * 2
    assert ("/picture", other_site.url + "/from") in other_site.asked
    assert seen.hosts() == {other_site.url.removeprefix("http://")}
