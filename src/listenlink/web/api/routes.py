"""Every route that needs a key, with the scope that it needs."""

from __future__ import annotations

from typing import Any

from listenlink.web.api import (
    api_keys,
    collection_archives,
    collection_tracks,
    collections,
    covers,
    declarations,
    engines,
    library,
    notifications,
    resumable_uploads,
    share_audit,
    share_for_each,
    share_records,
    shares,
    sounds,
    target_stats,
    tracks,
    versions,
    webhooks,
    whoami,
)

# A caller with a key of {org} that has the scope the route declares.
ROUTES: list[Any] = [
    whoami.get_caller,  #              any    GET      /v1/caller
    engines.list_engines,  #            read   GET      /v1/music/{org}/engines
    declarations.get_default,  #        read   GET      /v1/music/{org}/licence-default
    declarations.set_default,  #        admin  PUT      /v1/music/{org}/licence-default
    library.list_tracks,  #             read   GET      /v1/music/{org}/tracks
    tracks.upload_track,  #             write  POST     /v1/music/{org}/tracks
    resumable_uploads.begin_upload,  #            write  POST     /v1/music/{org}/uploads
    resumable_uploads.look_at_upload,  #          write  GET HEAD /v1/music/{org}/uploads/{upload_id}
    resumable_uploads.append_to_upload,  #        write  PATCH    /v1/music/{org}/uploads/{upload_id}
    resumable_uploads.end_upload,  #              write  DELETE   /v1/music/{org}/uploads/{upload_id}
    tracks.get_track,  #                read   GET      /v1/music/{org}/tracks/{track_id}
    sounds.get_track_sound,  #          read   GET      /v1/music/{org}/tracks/{track_id}/sound
    declarations.list_declarations,  #  read   GET      /v1/music/{org}/tracks/{track_id}/declarations
    covers.get_track_cover,  #          read   GET      /v1/music/{org}/tracks/{track_id}/cover
    covers.give_track_cover,  #         write  PUT      /v1/music/{org}/tracks/{track_id}/cover
    covers.take_track_cover,  #         write  DELETE   /v1/music/{org}/tracks/{track_id}/cover
    library.find_by_audio,  #           read   GET      /v1/music/{org}/audio/{sha256}
    library.change_track,  #            write  PATCH    /v1/music/{org}/tracks/{track_id}
    library.keep_track,  #              write  POST     /v1/music/{org}/tracks/{track_id}/save
    library.take_out,  #                write  DELETE   /v1/music/{org}/tracks/{track_id}/save
    tracks.delete_track,  #             write  DELETE   /v1/music/{org}/tracks/{track_id}
    versions.add_version,  #            write  POST     /v1/music/{org}/tracks/{track_id}/versions
    versions.list_versions,  #          read   GET      /v1/music/{org}/tracks/{track_id}/versions
    versions.make_version_current,  #   write  PATCH    /v1/music/{org}/tracks/{track_id}/versions/{version}
    versions.remove_version,  #         write  DELETE   /v1/music/{org}/tracks/{track_id}/versions/{version}
    shares.share_track,  #              share  POST     /v1/music/{org}/tracks/{track_id}/share
    share_for_each.share_track_with_each,  #      share  POST     /v1/music/{org}/tracks/{…}/share/batch
    collections.make_collection,  #     write  POST     /v1/music/{org}/collections
    collections.list_collections,  #    read   GET      /v1/music/{org}/collections
    collections.get_collection,  #      read   GET      /v1/music/{org}/collections/{collection_id}
    collection_archives.get_archive,  # read   GET      /v1/music/{org}/collections/{…}/download
    collections.delete_collection,  #   write  DELETE   /v1/music/{org}/collections/{collection_id}
    collections.change_collection,  #   write  PATCH    /v1/music/{org}/collections/{collection_id}
    covers.get_collection_cover,  #     read   GET      /v1/music/{org}/collections/{…}/cover
    covers.give_collection_cover,  #    write  PUT      /v1/music/{org}/collections/{…}/cover
    covers.take_collection_cover,  #    write  DELETE   /v1/music/{org}/collections/{…}/cover
    collection_tracks.list_members,  #  read   GET      /v1/music/{org}/collections/{…}/tracks
    collection_tracks.add_track,  #     write  POST     /v1/music/{org}/collections/{…}/tracks
    collection_tracks.move_track,  #    write  PATCH    /v1/music/{org}/collections/{…}/tracks/{…}
    collection_tracks.remove_track,  #  write  DELETE   /v1/music/{org}/collections/{…}/tracks/{…}
    collection_tracks.reorder,  #       write  PATCH    /v1/music/{org}/collections/{…}/order
    shares.share_collection,  #         share  POST     /v1/music/{org}/collections/{…}/share
    share_for_each.share_collection_with_each,  # share  POST     /v1/music/{org}/collections/{…}/share/batch
    share_records.list_links,  #        read   GET      /v1/music/{org}/share
    share_records.find_link,  #         read   POST     /v1/music/{org}/share/find
    share_records.get_link,  #          read   GET      /v1/music/{org}/share/{share_id}
    share_records.change_link,  #       share  PATCH    /v1/music/{org}/share/{share_id}
    share_records.rotate_link,  #       share  POST     /v1/music/{org}/share/{share_id}/rotate
    share_audit.list_opens,  #          read   GET      /v1/music/{org}/share/{share_id}/opens
    share_audit.get_stats,  #           read   GET      /v1/music/{org}/share/{share_id}/stats
    share_audit.get_link_stats_csv,  #  read   GET      /v1/music/{org}/share/{share_id}/stats.csv
    target_stats.get_track_stats,  #    read   GET      /v1/music/{org}/tracks/{track_id}/stats
    target_stats.get_track_stats_csv,  #          read   GET      /v1/music/{org}/tracks/{track_id}/stats.csv
    target_stats.get_collection_stats,  #         read   GET      /v1/music/{org}/collections/{…}/stats
    target_stats.get_collection_stats_csv,  #     read   GET      /v1/music/{org}/collections/{…}/stats.csv
    shares.revoke_link,  #              share  DELETE   /v1/music/{org}/share/{share_id}
    notifications.get_notifications,  #     share  GET      /v1/music/{org}/notifications
    notifications.change_notifications,  #  share  PATCH    /v1/music/{org}/notifications
    webhooks.add_webhook,  #            share  POST     /v1/music/{org}/webhooks
    webhooks.list_webhooks,  #          share  GET      /v1/music/{org}/webhooks
    webhooks.change_webhook,  #         share  PATCH    /v1/music/{org}/webhooks/{webhook_id}
    webhooks.remove_webhook,  #         share  DELETE   /v1/music/{org}/webhooks/{webhook_id}
    webhooks.exchange_secret,  #        share  POST     /v1/music/{org}/webhooks/{webhook_id}/rotate
    webhooks.try_webhook,  #            share  POST     /v1/music/{org}/webhooks/{webhook_id}/test
    webhooks.list_deliveries,  #        share  GET      /v1/music/{org}/webhooks/{…}/deliveries
    webhooks.send_again,  #             share  POST     /v1/music/{org}/webhooks/{…}/deliveries/{…}/resend
    api_keys.make_key,  #                   admin  POST     /v1/music/{org}/keys
    api_keys.list_keys,  #                  admin  GET      /v1/music/{org}/keys
    api_keys.change_key,  #                 admin  PATCH    /v1/music/{org}/keys/{key_id}
    api_keys.deactivate_key,  #             admin  DELETE   /v1/music/{org}/keys/{key_id}
    api_keys.end_member_keys,  #            admin  DELETE   /v1/music/{org}/members/{user_id}/keys
]
