"""A kept photograph made fit to be printed or mailed: upright, small enough. The file as it was received stays what it is."""

from io import BytesIO

from PIL import Image, ImageOps

MOST_PIXELS_WIDE = 1600
QUALITY = 80


def for_print(content: bytes) -> bytes:
    """Turn a picture upright, make it small enough, and give it as JPEG: without where it was taken, and by whom."""
    with Image.open(BytesIO(content)) as opened:
        picture = _upright(opened)
        picture.thumbnail((MOST_PIXELS_WIDE, MOST_PIXELS_WIDE))
        made = BytesIO()
        picture.convert("RGB").save(made, "JPEG", quality=QUALITY, comment=b"")
    return made.getvalue()


def _upright(opened: Image.Image) -> Image.Image:
    """Turn it as its EXIF says; EXIF that Pillow can't read must not cost the sheet."""
    try:
        return ImageOps.exif_transpose(opened) or opened
    except Exception:  # Pillow raises many kinds for damaged EXIF
        return opened
