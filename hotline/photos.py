"""Photos of the work: what is sent is never kept. A picture is made anew of its pixels, or it is refused.

Size and format are looked at before anything is decoded; what is stored is a JPEG without what the camera
wrote beside the picture (place, device, time).
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import uuid4

from cases.moving import KeptPhoto, refusal
from hotline.files import private_dir, sync_dir
from hotline.settings import Settings

MOST_PHOTOS = 9
MOST_BYTES = 12 * 1024 * 1024
MOST_PIXELS = 40_000_000
_LONGEST_SIDE = 1920
_QUALITY = 85
_FORMATS = ("JPEG", "PNG", "WEBP")
_NO_PHOTO = "M00.6"


@contextmanager
def kept_photos(settings: Settings, sent: Sequence[bytes], now: datetime) -> Iterator[tuple[KeptPhoto, ...]]:
    """The photos made anew and stored, for the length of a move: when that fails, they are removed.

    Raises MoveRefused, and then nothing is stored.
    """
    if len(sent) > MOST_PHOTOS:
        raise refusal(_NO_PHOTO, f"a move takes at most {MOST_PHOTOS} photos")
    made = [remade(each) for each in sent]
    kept = tuple(_store(settings, data, size, now) for data, size in made)
    try:
        yield kept
    except BaseException:
        for photo in kept:
            (settings.photos / photo.path).unlink(missing_ok=True)
        raise


def remade(sent: bytes) -> tuple[bytes, tuple[int, int]]:
    """A JPEG of the same picture, and its width and height. Raises MoveRefused for what is no photo."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    if len(sent) > MOST_BYTES:
        raise refusal(_NO_PHOTO, f"a photo has at most {MOST_BYTES // 1024 // 1024} MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd headers; what matters is checked here
            picture = Image.open(io.BytesIO(sent), formats=_FORMATS)
            if picture.width * picture.height > MOST_PIXELS:
                raise refusal(_NO_PHOTO, f"a photo has at most {MOST_PIXELS // 1_000_000} million pixels")
            picture.load()
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except UnidentifiedImageError as error:
        raise refusal(_NO_PHOTO, "this is no photo: send a JPEG, PNG or WebP picture") from error
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError) as error:
        raise refusal(_NO_PHOTO, "this photo is damaged: take it again") from error
    upright.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    clean = Image.new("RGB", upright.size)
    clean.paste(upright)
    written = io.BytesIO()
    clean.save(written, "JPEG", quality=_QUALITY, optimize=True)
    return written.getvalue(), clean.size


def _store(settings: Settings, data: bytes, size: tuple[int, int], now: datetime) -> KeptPhoto:
    name = str(uuid4())
    path = f"{now:%Y/%m/%d}/{name}.jpg"
    place = settings.photos / path
    private_dir(place.parent)
    draft = place.with_suffix(".part")
    draft.write_bytes(data)
    draft.replace(place)
    sync_dir(place.parent)
    return KeptPhoto(name, path, size[0], size[1], len(data))
