"""Pictures of drafts: what is taken, and where it is kept.

Owns the folder ``media`` of the data folder: one file a picture, named by the SHA-256 of its bytes. Promises that what
is kept is a picture of a kind that networks take, opened once to be sure, turned the right way up and without the
place, the owner and whatever else a camera writes into it. Never serves or sends anything itself.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps

from kalkan.errors import InvalidInput

MOST_BYTES: Final = 12 << 20  # of one file as it is given
_MOST_SIGNS: Final = 40_000_000  # pixels: what opens to more than this is refused unopened
_LONGEST: Final = 2048  # the longer side, in pixels, as it is kept
_FITS: Final = 950_000  # bytes: what every network here takes
FORMATS: Final = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """One picture as it is kept. ``sha256`` is the digest of its bytes and its name."""

    sha256: str
    mime: str
    width: int
    height: int
    size: int


def keep(data: bytes, *, folder: Path) -> Picture:
    """Take ``data`` as a picture, made fit for networks, into ``folder``. The same bytes are kept once.

    :raises InvalidInput: too large (``picture_large``), or no picture that can be opened (``picture_unreadable``).
    """
    if len(data) > MOST_BYTES:
        raise InvalidInput("picture_large", most=MOST_BYTES >> 20)
    fit, mime, (width, height) = _fit(data)
    digest = hashlib.sha256(fit).hexdigest()
    path = path_of(digest, folder=folder)
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{digest}.{secrets.token_hex(4)}")
        with draft.open("wb") as file:
            file.write(fit)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    return Picture(sha256=digest, mime=mime, width=width, height=height, size=len(fit))


def path_of(sha256: str, *, folder: Path) -> Path:
    """Where the picture with this digest is kept."""
    return folder / sha256[:2] / sha256


def read(sha256: str, *, folder: Path) -> bytes:
    """The bytes of a picture, proved against its name.

    :raises InvalidInput: it is gone, or not what it was (``picture_gone``).
    """
    try:
        found = path_of(sha256, folder=folder).read_bytes()
    except OSError as error:
        raise InvalidInput("picture_gone", digest=sha256[:12]) from error
    if hashlib.sha256(found).hexdigest() != sha256:
        raise InvalidInput("picture_gone", digest=sha256[:12])
    return found


def _fit(data: bytes) -> tuple[bytes, str, tuple[int, int]]:
    """``data`` opened, turned, shrunk where it is too large, and written anew without what cameras add."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(data), formats=tuple(FORMATS)) as opened:
                if opened.width * opened.height > _MOST_SIGNS:
                    raise InvalidInput("picture_large", most=MOST_BYTES >> 20)
                kind = opened.format or "JPEG"
                opened.load()
                upright = ImageOps.exif_transpose(opened)
    except InvalidInput:
        raise
    except Exception as error:  # whatever a hostile file makes the decoder say, it is no picture to us
        raise InvalidInput("picture_unreadable") from error
    picture = upright.convert("RGBA" if kind != "JPEG" and "A" in upright.getbands() else "RGB")
    if upright.mode == "P" and "transparency" in upright.info:
        picture = upright.convert("RGBA")
    picture.info.clear()
    if max(picture.size) > _LONGEST:
        picture.thumbnail((_LONGEST, _LONGEST))
    return _written(picture, kind)


def _written(picture: Image.Image, kind: str) -> tuple[bytes, str, tuple[int, int]]:
    """As PNG where it was one and stays small, else as JPEG (WebP where it lets the ground through), small enough."""
    if kind == "PNG":
        out = io.BytesIO()
        picture.save(out, "PNG", optimize=True)
        if out.tell() <= _FITS:
            return out.getvalue(), FORMATS["PNG"], picture.size
    form = "WEBP" if picture.mode == "RGBA" else "JPEG"
    while True:
        for quality in (88, 80, 70, 60):
            out = io.BytesIO()
            picture.save(out, form, quality=quality)
            if out.tell() <= _FITS:
                return out.getvalue(), FORMATS[form], picture.size
        picture = picture.resize((max(1, picture.width * 3 // 4), max(1, picture.height * 3 // 4)))
