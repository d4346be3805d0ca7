"""A setting that cannot be meant is refused at the start, by its name, whichever way it came."""

from pathlib import Path

import pytest

from mutoscope import storage
from mutoscope.errors import SettingInvalid
from mutoscope.settings import load_settings

UNREADABLE = {
    "port": ["x", "1.5", "70000", "-1"],
    "runners": ["many", "1e9", "-2"],
    "max_attempts": ["0"],
    "key_concurrency": ["-1"],
    "body_bytes_max": ["0", "32M"],
    "input_timeout_s": ["0", "nan", "inf", "soon"],
    "null_seconds": ["-1", "nan", "inf"],
    "request_retention_days": ["-1", "inf"],
    "strict": ["maybe"],
    "engine": ["NULL", "wan"],
    "extra_outputs": ["thumbnail", "poster,thumbnail"],
    "x264_preset": ["placebo"],
    "log_level": ["loud"],
    "bare_host": ["x"],
    "tls_cert": ["/nowhere/cert.pem"],
    "database_url": ["postgresql://x"],
    "files_url": ["s3://bucket"],
    "webhook_ip_ranges": ["everywhere", "198.51.100.0/33", "198.51.100.1/24"],
    "public_url": [
        "x",
        "http://",
        "http://[::1",
        "http://a b",
        "http://a:99999",
        "http://u:p@a",
        "ftp://a",
        "http://a/?q",
    ],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in UNREADABLE.items() for text in texts])
def test_a_variable_that_cannot_be_meant_is_refused(name: str, text: str) -> None:
    """The message names the setting."""
    with pytest.raises(SettingInvalid, match=f"(?i){name}"):
        load_settings(environ={f"MUTOSCOPE_{name.upper()}": text})


@pytest.mark.parametrize(
    "line",
    ["port = true", "runners = 1.5", "lease_s = true", "lease_s = inf", "allowed_hosts = [5]", "nosuch = 1", "[x"],
)
def test_a_line_of_the_file_that_cannot_be_meant_is_refused(tmp_path: Path, line: str) -> None:
    """TOML has types of its own, and none of them is rounded or taken for another."""
    config = tmp_path / "mutoscope.toml"
    config.write_text(line)

    with pytest.raises(SettingInvalid, match=config.name):
        load_settings(environ={}, config=config)


def test_an_empty_data_folder_is_not_the_working_folder() -> None:
    """`--data-dir "$UNSET"` must not fill whatever folder the script stands in."""
    with pytest.raises(SettingInvalid, match="--data-dir"):
        load_settings({"data_dir": ""}, environ={})


@pytest.mark.parametrize("name", ["data_dir", "files_url"])
def test_a_file_where_a_folder_belongs_is_named(tmp_path: Path, name: str) -> None:
    """One line instead of a traceback."""
    place = tmp_path / "file"
    place.write_text("")
    value = f"file://{place}" if name == "files_url" else str(place)
    settings = load_settings({"data_dir": tmp_path / "data", name: value}, environ={})

    with pytest.raises(SettingInvalid, match=name), storage.data_folder(settings):
        storage.file_store(settings)


@pytest.mark.parametrize(("text", "names"), [("poster, Contact_Sheet", ("poster", "contact_sheet")), (" ", ())])
def test_extra_outputs_are_a_list_of_names(text: str, names: tuple[str, ...]) -> None:
    """Separated by commas; none is the default and can be said."""
    assert load_settings(environ={"MUTOSCOPE_EXTRA_OUTPUTS": text}).extra_outputs == names


def test_unknown_extra_output_is_named_with_those_there_are() -> None:
    """The message is enough to mend it."""
    with pytest.raises(SettingInvalid, match="'thumbnail' is none of poster, contact_sheet"):
        load_settings({"extra_outputs": "poster,thumbnail"}, environ={})


def test_lists_of_paths_keep_their_case_and_become_absolute(tmp_path: Path):
    """From text with commas and from a list alike."""
    config = tmp_path / "mutoscope.toml"
    config.write_text('applications = ["Toys.toml", "/srv/More Toys.toml"]')

    from_file = load_settings({"data_dir": tmp_path}, environ={}, config=config)
    from_text = load_settings(
        {"data_dir": tmp_path}, environ={"MUTOSCOPE_APPLICATIONS": "Toys.toml, /srv/More Toys.toml,"}
    )

    assert from_file.applications == from_text.applications == (Path.cwd() / "Toys.toml", Path("/srv/More Toys.toml"))
    with pytest.raises(SettingInvalid, match="is not a list of paths"):
        load_settings({"data_dir": tmp_path, "applications": [3]}, environ={})
