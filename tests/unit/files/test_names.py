"""Names and content types of strangers, made harmless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutoscope.files.base import is_file_key
from mutoscope.files.names import (
    PLAIN_BYTES,
    guarded_folder,
    is_recorded,
    is_shown_in_place,
    safe_content_type,
    safe_name,
    upload_key,
)
from mutoscope.ids import new_file_name
from mutoscope.limits import FILE_NAME_CHARS_MAX


@pytest.mark.parametrize(
    ("said", "content_type", "name"),
    [
        ("cat.png", "image/png", "cat.png"),
        ("my holiday photo.JPG", "image/jpeg", "my-holiday-photo.JPG"),
        ("../../etc/passwd", "text/plain", "passwd.txt"),
        ("C:\\Users\\me\\a.png", "image/png", "a.png"),
        ("写真.png", "image/png", "file.png"),
        ("Žluťoučký kůň.webp", "image/webp", "Zlutoucky-kun.webp"),
        ("", "image/png", "file.png"),
        ("...", PLAIN_BYTES, "file.bin"),
        (".htaccess", PLAIN_BYTES, "file.htaccess"),
        ("a..b.png", "image/png", "a.b.png"),
        ("page.html", PLAIN_BYTES, "page.html.bin"),
        ("drawing.svg", PLAIN_BYTES, "drawing.svg.bin"),
        ("cat.png", "video/mp4", "cat.png.mp4"),
        ("data.safetensors", PLAIN_BYTES, "data.safetensors"),
        ("data.toolongforone", PLAIN_BYTES, "data.toolongforone.bin"),
        ("data.parquet", "application/x-parquet", "data.parquet"),
        ('a"b\r\nSet-Cookie: x.png', "image/png", "a-b-Set-Cookie-x.png"),
        ("a\0b.png", "image/png", "a-b.png"),
        ("a/", "image/png", "file.png"),
    ],
)
def test_names_become_harmless(said: str, content_type: str, name: str):
    """The last part of a path, in characters that need no quoting anywhere, with an extension that fits."""
    assert safe_name(said, content_type) == name


def test_a_long_name_is_cut_and_keeps_its_extension():
    """At the bound it is whole, one more and it is cut."""
    fits = "a" * (FILE_NAME_CHARS_MAX - 4) + ".png"

    assert safe_name(fits, "image/png") == fits
    assert safe_name("a" + fits, "image/png") == fits
    assert len(safe_name("a" * 300 + ".png", "image/png")) == FILE_NAME_CHARS_MAX


@given(st.text(max_size=400), st.sampled_from(["image/png", PLAIN_BYTES, "text/plain", "application/x-unheard-of"]))
def test_any_text_makes_a_key(said: str, content_type: str):
    """Whatever a file is called, it can be stored, served and found again."""
    key = upload_key(said, content_type)

    assert is_file_key(key) and is_recorded(key)
    assert len(key.rpartition("/")[2]) <= FILE_NAME_CHARS_MAX


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("image/png", "image/png"),
        ("IMAGE/PNG", "image/png"),
        ("video/webm;codecs=vp9", "video/webm"),
        ("text/plain; charset=utf-8", "text/plain"),
        ("application/x-whatever+json", "application/x-whatever+json"),
        ("text/html", PLAIN_BYTES),
        ("text/html; charset=utf-8", PLAIN_BYTES),
        ("image/svg+xml", PLAIN_BYTES),
        ("application/xhtml+xml", PLAIN_BYTES),
        ("text/xml", PLAIN_BYTES),
        ("application/xml", PLAIN_BYTES),
        ("application/rss+xml", PLAIN_BYTES),
        ("text/javascript", PLAIN_BYTES),
        ("multipart/x-mixed-replace", PLAIN_BYTES),
        ("message/rfc822", PLAIN_BYTES),
        ("", PLAIN_BYTES),
        ("png", PLAIN_BYTES),
        ("image/png\r\nx-evil: 1", PLAIN_BYTES),
        ("image/*", PLAIN_BYTES),
        ("image/" + "x" * 200, PLAIN_BYTES),
    ],
)
def test_content_types_are_kept_where_harmless(said: str, kept: str):
    """What a browser could run, or is no type, is bytes."""
    assert safe_content_type(said) == kept


def test_only_pictures_video_and_sound_are_shown_in_place():
    """Everything else is for download."""
    assert [is_shown_in_place(kind) for kind in ("image/png", "video/mp4", "audio/mpeg")] == [True] * 3
    assert [is_shown_in_place(kind) for kind in ("text/plain", "application/pdf", PLAIN_BYTES, "image/svg+xml")] == [
        False
    ] * 4


def test_keys_tell_whether_there_is_a_record():
    """An ordinary output cannot look like one by chance: its folder is shorter."""
    assert is_recorded(f"{guarded_folder()}/output.mp4")
    assert not is_recorded(f"u-{new_file_name()[2:]}/output.mp4")
    assert not is_recorded("2026/clip.mp4")
    assert not is_recorded(f"{guarded_folder()}/../x")
