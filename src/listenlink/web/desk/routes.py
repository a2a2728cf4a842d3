"""The desk's routes: one table, in which to find what answers an address."""

from __future__ import annotations

from typing import Any

from listenlink.web.desk import (
    about,
    archive,
    collection,
    collection_tracks,
    collections,
    covers,
    link,
    links,
    mails,
    me,
    members,
    numbers,
    people,
    sharing,
    signing_in,
    track,
    tracks,
    uploads,
    versions,
    webhooks,
)

# People with a browser: whom each is for says its `desk`. None is in the schema.
FOR_PEOPLE: list[Any] = [
    signing_in.lead,  #                       anybody  GET  /
    signing_in.show_sign_in,  #               anybody  GET  /desk/sign-in
    signing_in.sign_in,  #                    anybody  POST /desk/sign-in
    signing_in.ask_for_passkey,  #            anybody  POST /desk/sign-in/passkey/ask
    signing_in.sign_in_by_passkey,  #         anybody  POST /desk/sign-in/passkey
    signing_in.end_own_sign_in,  #            anybody  POST /desk/sign-out
    signing_in.show_welcome,  #               anybody  GET  /desk/welcome
    signing_in.use_welcome,  #                anybody  POST /desk/welcome
    signing_in.offer,  #                      person   GET  /desk/welcome/next
    # Tracks.
    tracks.show_tracks,  #                    person   GET  /desk
    track.show_one,  #                        person   GET  /desk/tracks/{track_id}
    track.change_one,  #                      person   POST /desk/tracks/{track_id}
    track.download_original,  #               person   GET  /desk/tracks/{track_id}/original
    track.declare_of_one,  #                  person   POST /desk/tracks/{track_id}/licence
    track.declare_making,  #                  person   POST /desk/tracks/{track_id}/making
    track.ask_to_remove,  #                   person   GET  /desk/tracks/{track_id}/remove
    track.remove_one,  #                      person   POST /desk/tracks/{track_id}/remove
    track.take_one_out,  #                    person   POST /desk/tracks/{track_id}/take-out
    # Its versions.
    versions.add_by_form,  #                  person   POST /desk/tracks/{track_id}/versions
    versions.ask_to_use,  #                   person   GET  /desk/tracks/{track_id}/versions/{version}
    versions.use_one,  #                      person   POST /desk/tracks/{track_id}/versions/{version}
    versions.ask_to_remove_version,  #        person   GET  /desk/tracks/{track_id}/versions/{version}/remove
    versions.remove_one_version,  #           person   POST /desk/tracks/{track_id}/versions/{version}/remove
    # Uploads.
    uploads.show_upload,  #                   person   GET  /desk/upload
    uploads.upload_by_form,  #                person   POST /desk/upload
    # Covers.
    covers.show_cover,  #                     person   GET  /desk/tracks/{thing}/cover
    covers.set_cover,  #                      person   POST /desk/tracks/{thing}/cover
    covers.remove_cover,  #                   person   POST /desk/tracks/{thing}/cover/remove
    covers.restore_cover,  #                  person   POST /desk/tracks/{thing}/cover/restore
    # Collections.
    collections.show_collections,  #          person   GET  /desk/collections
    collections.make_collection,  #           person   POST /desk/collections
    collection.show_collection,  #            person   GET  /desk/collections/{collection_id}
    collection.change_collection,  #          person   POST /desk/collections/{…}/change
    archive.download_archive,  #              person   GET  /desk/collections/{…}/archive
    collection.ask_to_delete,  #              person   GET  /desk/collections/{…}/delete
    collection.delete_collection,  #          person   POST /desk/collections/{…}/delete
    collection_tracks.add_tracks,  #          person   POST /desk/collections/{…}/tracks
    collection_tracks.arrange_track,  #       person   POST /desk/collections/{…}/tracks/{track_id}
    collection_tracks.undo,  #                person   POST /desk/collections/{…}/undo
    # Sharing.
    sharing.show_track_form,  #               person   GET  /desk/tracks/{track_id}/share
    sharing.share_track,  #                   person   POST /desk/tracks/{track_id}/share
    sharing.show_collection_form,  #          person   GET  /desk/collections/{collection_id}/share
    sharing.share_collection,  #              person   POST /desk/collections/{collection_id}/share
    sharing.draw_qr,  #                       person   POST /desk/qr
    # Links.
    links.show_links,  #                      person   GET  /desk/links
    link.show_link,  #                        person   GET  /desk/links/{share_id}
    link.show_change,  #                      person   GET  /desk/links/{share_id}/change
    link.change_link,  #                      person   POST /desk/links/{share_id}/change
    link.ask_to_turn,  #                      person   GET  /desk/links/{share_id}/new-address
    link.turn_link,  #                        person   POST /desk/links/{share_id}/new-address
    link.ask_to_close,  #                     person   GET  /desk/links/{share_id}/close
    link.close_link,  #                       person   POST /desk/links/{share_id}/close
    # Numbers of what links lead to.
    numbers.show_track_numbers,  #            person   GET  /desk/tracks/{track_id}/numbers
    numbers.show_collection_numbers,  #       person   GET  /desk/collections/{…}/numbers
    # Oneself.
    me.show_me,  #                            person   GET  /desk/me
    me.choose_password,  #                    person   POST /desk/me/password
    me.drop_password,  #                      person   POST /desk/me/password/remove
    me.ask_to_add_passkey,  #                 person   POST /desk/me/passkeys/ask
    me.add_passkey,  #                        person   POST /desk/me/passkeys
    me.drop_passkey,  #                       person   POST /desk/me/passkeys/remove
    me.end_one_sign_in,  #                    person   POST /desk/me/sign-ins/end
    me.change_organization,  #                person   POST /desk/me/organization
    me.end_key,  #                            person   POST /desk/me/keys/end
    # Where one is told.
    webhooks.add_webhook,  #                  person   POST /desk/me/webhooks
    webhooks.show_webhook,  #                 person   GET  /desk/me/webhooks/{webhook_id}
    webhooks.try_webhook,  #                  person   POST /desk/me/webhooks/{…}/test
    webhooks.pause_webhook,  #                person   POST /desk/me/webhooks/{…}/pause
    webhooks.exchange_secret,  #              person   POST /desk/me/webhooks/{…}/secret
    webhooks.send_again,  #                   person   POST /desk/me/webhooks/{…}/deliveries/{…}/resend
    webhooks.ask_to_remove_webhook,  #        person   GET  /desk/me/webhooks/{…}/remove
    webhooks.remove_webhook,  #               person   POST /desk/me/webhooks/{…}/remove
    mails.choose_mails,  #                    person   POST /desk/me/mails
    # Others.
    people.show_members,  #                   owner    GET  /desk/people
    people.invite_somebody,  #                owner    POST /desk/people/invite
    people.take_invitation_back,  #           owner    POST /desk/people/take-back
    members.ask_to_remove_member,  #          owner    GET  /desk/people/{user_id}/remove
    members.remove_member,  #                 owner    POST /desk/people/{user_id}/remove
    members.ask_to_end_keys,  #               owner    GET  /desk/people/{user_id}/end-keys
    members.end_keys,  #                      owner    POST /desk/people/{user_id}/end-keys
    about.show_about,  #                      person   GET  /desk/about
    about.declare_for_all,  #                 owner    POST /desk/about/licence
]
