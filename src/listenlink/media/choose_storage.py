"""Chooses the storage that the settings ask for, and the addresses by which listeners reach it."""

from __future__ import annotations

from collections.abc import Mapping

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


def choose_storage(
    settings: Settings, environment: Mapping[str, str]
) -> tuple[Storage, MediaUrls | None]:
    """The storage, and the addresses of its audio; None where this server sends audio itself.

    Makes no network request. Raises RefusesToStart.
    """
    if settings.storage_url is None:
        return Storage(settings.data, settings.keep_free_bytes), None
    # Imported here, so that a server with its audio in a folder needn't wait for a bucket's code to load.
    from listenlink.media.bucket.address import read_bucket_address
    from listenlink.media.bucket.bucket import Bucket
    from listenlink.media.bucket.cloudfront import CloudFrontUrls, load_cloudfront_key
    from listenlink.media.bucket.presigned_url import PresignedUrls

    address = read_bucket_address(settings.storage_url, environment)
    bucket = Bucket(settings.data, address, settings.max_upload_bytes, settings.keep_free_bytes)
    if not (
        settings.cloudfront_url and settings.cloudfront_key_id and settings.cloudfront_key_file
    ):
        return bucket, PresignedUrls(address)
    key = load_cloudfront_key(settings.cloudfront_key_file)
    urls = CloudFrontUrls(settings.cloudfront_url, settings.cloudfront_key_id, key, address)
    return bucket, urls
