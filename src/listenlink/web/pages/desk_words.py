"""What the desk says, in the page's language: what was done, what is wrong, what the audit and the health of
a server come to. What isn't known stays as it is."""

from __future__ import annotations

from collections.abc import Callable

from listenlink.web.pages.telling_words import telling_refusals
from listenlink.web.pages.webhook_words import webhook_refusals

Translate = Callable[[str], str]


def done_words(translate: Translate) -> dict[str, str]:
    """What was done by a form, by the code that its answer leads on with: never by words from an address."""
    return _done_to_oneself(translate) | _done_to_music(translate)


def _done_to_oneself(translate: Translate) -> dict[str, str]:
    _ = translate
    return {
        "signed_out": _("You are signed out."),
        "password_set": _(
            "Your password is set. Wherever else you were signed in, you aren't any more."
        ),
        "password_removed": _("You have no password any more."),
        "passkey_added": _(
            "Your passkey is added. Wherever else you were signed in, you aren't any more."
        ),
        "passkey_removed": _("The passkey is removed."),
        "sign_in_ended": _("That sign-in is ended."),
        "organization_changed": _("You act in another organisation now."),
        "key_ended": _("That key is ended, and what it was doing."),
        "mails_changed": _("You are told like this from now on."),
        "webhook_tried": _("A test is on its way. It takes some seconds."),
        "webhook_paused": _("Nothing is sent there for now."),
        "webhook_resumed": _("The webhook is on again."),
        "webhook_sent_again": _("It's on its way once more."),
        "webhook_removed": _("The webhook is removed."),
        "joined": _("You are a member now."),
    } | _done_to_others(translate)


def _done_to_others(translate: Translate) -> dict[str, str]:
    _ = translate
    return {
        "left": _("You are removed, and signed in no more."),
        "member_removed": _("They are removed."),
        "member_keys_ended": _("Their API keys are ended, and what these were doing."),
        "invitation_taken_back": _("The invitation is taken back."),
    }


def _done_to_music(translate: Translate) -> dict[str, str]:
    _ = translate
    return {
        # Uploads.
        "uploaded": _("Your track is uploaded."),
        # Tracks.
        "track_changed": _("The track is changed."),
        "licence_declared": _("The licence is declared."),
        "ai_declared": _("Listeners are told now how it was made."),
        "version_added": _("The new version is put in. Nobody hears it yet."),
        "version_current": _("Links lead to this version now."),
        "version_removed": _("The version is removed."),
        "default_declared": _("The default is declared."),
        "track_removed": _("The track is removed."),
        "track_left_library": _("The track is out of your library."),
        # Links.
        "link_changed": _("The link's terms are changed."),
        "link_turned": _("The link has a new address. The old one is over."),
        "link_closed": _("The link is closed."),
        # Collections.
        "collection_made": _("The collection is made. Now add tracks to it."),
        "collection_changed": _("The collection is changed."),
        "collection_deleted": _("The collection is deleted. Its tracks are still there."),
        "tracks_added": _("Added to the collection."),
        "track_moved": _("The track is moved."),
        "track_taken_out": _("The track is taken out."),
        "undone": _("It's as it was before."),
        "cover_track_chosen": _("The collection has this track's cover now."),
        "cover_track_dropped": _("The collection has no track's cover any more."),
        # Covers.
        "cover_set": _("The cover is set."),
        "cover_removed": _("The cover is removed: none is shown."),
        "cover_restored": _("The cover of the file, or of a track, is shown again."),
    }


def refusal_words(translate: Translate) -> tuple[str, ...]:
    """What actions, and kinds of problem, say in English: a page translates what they say by itself."""
    return (
        *_signing_in_refusals(translate),
        *telling_refusals(translate),
        *_music_refusals(translate),
        *webhook_refusals(translate),
        *_any_refusals(translate),
    )


def _signing_in_refusals(translate: Translate) -> tuple[str, ...]:
    _ = translate
    return (
        _("This e-mail and this password don't belong together."),
        _("A password has 15 characters or more."),
        _("A password has at most 128 characters."),
        _(
            "This one is easily guessed. Take several words that have nothing to do with each other."
        ),
        _("This link was used already, or is over. Ask for a new one."),
        _("You have an account here. Sign in with it, then use this link again."),
        _("You are a member already."),
        _("They are a member already."),
        _("This isn't an e-mail address."),
        _("This is owner or member."),
        _("You aren't a member of any organisation here."),
        _("This invitation was used already, or is over."),
        _("Nobody else is an owner. Invite one first."),
        _("This isn't another owner."),
        _("Whose these things were to become is no owner any more. Choose another."),
        _("This passkey wasn't accepted."),
        _("You have 20 passkeys, which is the most."),
    )


def _music_refusals(translate: Translate) -> tuple[str, ...]:
    _ = translate
    return (
        _("The title is empty."),
        _("The title is longer than 512 characters."),
        _("The artist is longer than 512 characters."),
        # Collections.
        _("The name is empty."),
        _("This has at most 512 characters."),
        _("This has at most 4096 characters."),
        _("This is text without NUL."),
        _("Choose tracks first."),
        _("This is a whole number, from 1 on."),
        _("A collection has at most 2000 tracks."),
        _("This track isn't in the collection."),
        _("The collection has changed meanwhile, so nothing was moved."),
        _("The collection has changed meanwhile, so nothing was undone."),
        _("That's enough for a day: 2000 collections at most are made within 24 hours."),
        # Licences.
        _("Choose a licence."),
        _("The credit line is longer than 500 characters."),
        _("CC0 asks nobody to name the source."),
        _("A Creative Commons licence can't be taken back. Say that you know it."),
        _("This goes with the terms that are declared."),
        _("This isn't taken back: more may be declared of it, but not less."),
        _("Choose how it was made."),
        _("That's enough for a day: 20000 declarations at most are made within 24 hours."),
        # Links.
        _("Name 1 to 500 at once."),
        _("Nobody is named here."),
        _("Say whom the link is for."),
        _("A quotation mark is out of place."),
        _("This has more cells than headings."),
        _("This is a whole number of days, from 1 to 90."),
        # Covers.
    )


def _any_refusals(translate: Translate) -> tuple[str, ...]:
    _ = translate
    return (
        _("This doesn't exist."),
        _("This was sent by a page of another site, so nothing was done."),
        _("You don't have permission to perform this action"),
        _("This can't be done here."),
        _("This link is revoked."),
        _("This link was changed meanwhile."),
        _("This link has got a new address meanwhile."),
        _("The link was opened more often already."),
        _("This request can't be understood."),
        _("This is too large."),
        _("This address is too long."),
        _("The server is busy. Please try again in a moment."),
        _("Something went wrong on our side."),
        _("There is no room left for this. Please tell the operator."),
        # Covers.
        _("Choose a picture first."),
        _("This isn't a JPEG, PNG or WebP picture."),
        _("This picture has more than 4096 pixels on a side. Make it smaller."),
        _("This picture is damaged or cut off."),
        _("This picture takes too much time or memory to read, so it was given up."),
        _("This picture is larger than 8 MiB. Make it smaller."),
    )


def event_words(translate: Translate) -> dict[str, str]:
    """What a line of the account audit tells."""
    _ = translate
    return {
        "signed_in": _("signed in"),
        "signed_out": _("signed out"),
        "sign_in_failed": _("failed to sign in"),
        "password_set": _("set a password"),
        "password_removed": _("removed their password"),
        "passkey_added": _("added a passkey"),
        "passkey_removed": _("removed a passkey"),
        "invited": _("invited somebody"),
        "joined": _("joined"),
        "link_made": _("made a link"),
        "links_made": _("made links for several recipients"),
        "link_closed": _("closed a link"),
        "licence_declared": _("declared a licence"),
        "ai_declared": _("declared how a track was made"),
        "version_added": _("put a version of a track in"),
        "version_made_current": _("made a version of a track current"),
        "version_removed": _("removed a version of a track"),
        "key_made": _("made an API key"),
        "key_changed": _("changed when an API key ends"),
        "key_ended": _("ended an API key"),
        "webhook_added": _("added a webhook"),
        "webhook_removed": _("removed a webhook"),
        "invitation_taken_back": _("took an invitation back"),
        "member_removed": _("removed a member"),
        "member_keys_ended": _("ended all API keys of a member"),
    }


def method_words(translate: Translate) -> dict[str, str]:
    """How somebody signed in, and what somebody is."""
    _ = translate
    return {
        "link": _("by a link"),
        "password": _("by password"),
        "passkey": _("by passkey"),
        "owner": _("Owner"),
        "member": _("Member"),
        "leaving": _("being removed"),
    }
