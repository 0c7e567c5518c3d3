"""What a Mastodon 4.6 server says of itself, key for key.

Source: https://docs.joinmastodon.org/entities/Instance/ and a recorded answer of a 4.6.4 server. Never changes with
time.
"""

from __future__ import annotations

from typing import Any, Final

_SIZES: Final = (36, 48, 72, 96, 144, 192, 256, 384, 512)
_TYPES: Final = (
    "image/jpeg image/png image/gif image/heic image/heif image/webp image/avif video/webm video/mp4 video/quicktime "
    "video/ogg audio/wave audio/wav audio/x-wav audio/x-pn-wave audio/vnd.wave audio/ogg audio/vorbis audio/mpeg "
    "audio/mp3 audio/webm audio/flac audio/aac audio/m4a audio/x-m4a audio/mp4 audio/3gpp video/x-ms-asf"
)
_OPEN: Final = {"local": "public", "remote": "public"}


def instance_v2(domain: str, *, streaming: str, version: str, active: int) -> dict[str, Any]:
    """The answer of ``/api/v2/instance``. ``streaming`` is the address of the streaming server."""
    base = f"https://{domain}"
    return {
        "domain": domain,
        "title": "Sahil",
        "version": version,
        "source_url": "https://github.com/mastodon/mastodon",
        "description": "",
        "usage": {"users": {"active_month": active}},
        "thumbnail": {"url": f"{base}/packs/preview.png", "description": "A beach in the morning."},
        "icon": [{"src": f"{base}/packs/icons/android-chrome-{n}x{n}.png", "size": f"{n}x{n}"} for n in _SIZES],
        "languages": ["tr", "en"],
        "configuration": _configuration(base, streaming),
        "registrations": {
            "enabled": True,
            "approval_required": False,
            "reason_required": False,
            "message": None,
            "min_age": None,
            "url": None,
        },
        "api_versions": {"mastodon": 11},
        "wrapstodon": None,
        "contact": {"email": "", "account": None},
        "rules": [],
    }


def _configuration(base: str, streaming: str) -> dict[str, Any]:
    return {
        "urls": {
            "streaming": streaming,
            "status": None,
            "about": f"{base}/about",
            "privacy_policy": f"{base}/privacy-policy",
            "terms_of_service": None,
        },
        "vapid": {"public_key": "BA" + "A" * 84 + "="},
        "accounts": {
            "max_display_name_length": 40,
            "max_note_length": 500,
            "max_avatar_description_length": 150,
            "max_header_description_length": 150,
            "max_featured_tags": 10,
            "max_pinned_statuses": 5,
            "max_profile_fields": 4,
            "profile_field_name_limit": 255,
            "profile_field_value_limit": 255,
        },
        "statuses": {"max_characters": 500, "max_media_attachments": 4, "characters_reserved_per_url": 23},
        "media_attachments": {
            "description_limit": 10_000,
            "image_matrix_limit": 33_177_600,
            "image_size_limit": 16_777_216,
            "supported_mime_types": _TYPES.split(),
            "video_frame_rate_limit": 120,
            "video_matrix_limit": 8_294_400,
            "video_size_limit": 103_809_024,
        },
        "polls": {
            "max_options": 4,
            "max_characters_per_option": 50,
            "min_expiration": 300,
            "max_expiration": 2_629_746,
        },
        "translation": {"enabled": False},
        "timelines_access": {
            "live_feeds": dict(_OPEN),
            "hashtag_feeds": dict(_OPEN),
            "trending_link_feeds": dict(_OPEN),
        },
        "limited_federation": False,
    }
