"""Chooses the storage that the settings ask for."""

from __future__ import annotations

from collections.abc import Mapping

from listenlink.media.folder.folder import Folder
from listenlink.media.storage import MediaUrls, Storage
from listenlink.settings import Settings


def check_storage(settings: Settings, environment: Mapping[str, str]) -> None:
    """Raise RefusesToStart for settings that `choose_storage` can't follow, as far as can be seen without
    making a client, whose threads wouldn't survive the fork of a worker."""
    if settings.storage_url is not None:
        from listenlink.media.bucket.address import read_bucket_address
        from listenlink.media.bucket.cloudfront import load_cloudfront_key

        read_bucket_address(settings.storage_url, environment)
        if settings.cloudfront_key_file:
            load_cloudfront_key(settings.cloudfront_key_file)


def choose_storage(settings: Settings, environment: Mapping[str, str]) -> Storage:
    """The storage. Makes no network request. Raises RefusesToStart."""
    if settings.storage_url is None:
        return Folder(settings.data, settings.keep_free_bytes)
    # Imported here, so that a server with its audio in a folder needn't wait for a bucket's code to load.
    from listenlink.media.bucket.address import read_bucket_address
    from listenlink.media.bucket.bucket import Bucket
    from listenlink.media.bucket.cloudfront import CloudFrontUrls, load_cloudfront_key

    address = read_bucket_address(settings.storage_url, environment)
    urls: MediaUrls | None = None
    if settings.cloudfront_url and settings.cloudfront_key_id and settings.cloudfront_key_file:
        key = load_cloudfront_key(settings.cloudfront_key_file)
        urls = CloudFrontUrls(settings.cloudfront_url, settings.cloudfront_key_id, key, address)
    return Bucket(settings.data, address, settings.max_upload_bytes, settings.keep_free_bytes, urls)
