"""What is said of uploads: whatever a file is refused for has words, in every language."""

from __future__ import annotations

import json

import pytest

from listenlink.cli.uploading import _SUFFIXES
from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.media.measure import REASONS
from listenlink.model.licence import EngineRegistry
from listenlink.model.track_facts import ENDINGS, read_changes, read_facts
from listenlink.web.pages import upload_words
from listenlink.web.pages.languages import LANGUAGES, catalogue
from listenlink.web.pages.upload_words import find_reason, uploading
from listenlink.web.problem_table import TABLE

FOREIGN = [one for one in LANGUAGES if one != "en"]
# What the refusal of an upload, or of a changed title, can be (docs/api.md).
KINDS = (
    "TOO_LARGE", "QUOTA_EXCEEDED", "TOO_MANY_BEGUN", "MADE_TOO_MANY", "STORAGE_FULL", "STORAGE_UNAVAILABLE",
    "UNAVAILABLE", "INSUFFICIENT_PERMISSIONS", "ORGANIZATION_SUSPENDED", "TIMED_OUT",
)  # fmt: skip


def test_the_reasons_are_the_apis_in_the_same_words() -> None:
    assert upload_words.REASONS == REASONS


@pytest.mark.parametrize("language", FOREIGN)
def test_whatever_is_refused_has_words(language: str) -> None:
    translate = catalogue(language).gettext
    words = upload_words.upload_words(translate)
    english = upload_words.upload_words(lambda text: text)
    assert words.keys() == english.keys()
    for name, text in english.items():
        assert words[name] not in ("", text), name
    for kind in (ProblemKind[name] for name in KINDS):
        reason = find_reason(Problem(kind))
        assert reason is not None
        assert words[TABLE[kind].code] == translate(reason)
    for reason in REASONS:
        told = find_reason(invalid("file", REASONS[reason], reason=reason))
        assert told is not None
        assert words[reason] == translate(told) != told


def test_what_is_typed_has_words_too() -> None:
    english = upload_words.upload_words(lambda text: text)
    for title in ("", "T" * 513):
        with pytest.raises(Problem) as caught:
            read_facts({"engine": "studio", "title": title})
        assert find_reason(caught.value) in english
        with pytest.raises(Problem) as caught:
            read_changes({"title": title})
        assert caught.value.message in english


def test_what_is_not_about_the_file_is_nobodys_reason() -> None:
    for kind in (ProblemKind.AUTHENTICATION_REQUIRED, ProblemKind.CROSS_SITE, ProblemKind.INTERNAL):
        assert find_reason(Problem(kind)) is None


def test_the_least_is_claimed_where_own_recordings_are_not_known() -> None:
    shown = uploading(EngineRegistry([], []), 1000, 0, "en")
    assert shown.preset == "other"
    assert [(one.key, one.licence) for one in shown.offered] == [("other", "Unclear")]
    assert json.loads(shown.words)["waits"] == "Waiting"


def test_a_folder_is_searched_for_whatever_the_command_takes() -> None:
    assert {suffix[1:] for suffix in _SUFFIXES} <= set(ENDINGS)
