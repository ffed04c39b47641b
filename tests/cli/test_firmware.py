"""``portal firmware``."""

from __future__ import annotations

from tests.cli.test_commands import portal  # noqa: F401 - a fixture


def test_an_image_is_added_listed_and_removed(portal, tmp_path):  # noqa: F811
    image = tmp_path / "T46U-108.87.0.15.rom"
    image.write_bytes(b"image")
    words = ("--family", "yealink", "--model", "SIP-T46U", "--after", "108.86.0.1")
    made = portal("firmware", "add", str(image), "--version", "108.87.0.15", *words)
    assert made["filename"] == "T46U-108.87.0.15.rom"
    assert made["models"] == ["T46U"]
    assert (made["size_bytes"], made["after"]) == (5, "108.86.0.1")
    stored = tmp_path / "instance" / "firmware" / made["sha256"]
    assert stored.read_bytes() == b"image"
    assert portal("firmware", "list") == [made]
    text = portal("firmware", "list", raw=True).stdout
    assert text == "yealink  T46U-108.87.0.15.rom  108.87.0.15  T46U  after 108.86.0.1\n"
    assert portal("firmware", "remove", "t46u-108.87.0.15.ROM") == made
    assert portal("firmware", "list") == []


def test_what_cannot_be_done_is_one_sentence(portal, tmp_path):  # noqa: F811
    image = tmp_path / "fw.rom"
    words = ("--family", "yealink", "--model", "T46U")
    gone = portal("firmware", "add", str(image), "--version", "1.0", *words)
    assert gone["error"].endswith("fw.rom cannot be read: No such file or directory")
    image.write_bytes(b"image")
    portal("firmware", "add", str(image), "--version", "1.0", *words)
    again = portal("firmware", "add", str(image), "--version", "1.0", *words, raw=True)
    assert again.exit_code == 1
    assert again.stderr == "Error: There is a fw.rom of version 1.0 already; remove that first\n"
    portal("firmware", "add", str(image), "--version", "2.0", *words)
    several = portal("firmware", "remove", "fw.rom")["error"]
    assert several == "“fw.rom” is there as yealink 1.0; yealink 2.0: say --family or --version"
    assert portal("firmware", "remove", "fw.rom", "--version", "2.0")["version"] == "2.0"
    assert portal("firmware", "remove", "x.rom") == {"error": "There is no firmware “x.rom”"}
