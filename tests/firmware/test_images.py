"""Bytes of firmware images on the disk."""

from __future__ import annotations

import hashlib
import io

import pytest

from portal.errors import RuleBroken
from portal.firmware import images


def test_bytes_lie_under_their_hash(tmp_path):
    kept = images.keep(tmp_path / "firmware", io.BytesIO(b"image"), 5)
    assert kept == images.Image(hashlib.sha256(b"image").hexdigest(), 5)
    assert [p.name for p in (tmp_path / "firmware").iterdir()] == [kept.sha256]


@pytest.mark.parametrize(("data", "why"), [(b"", "is empty"), (b"123456", "larger than")])
def test_what_is_refused_leaves_nothing_behind(tmp_path, data, why):
    with pytest.raises(RuleBroken, match=why) as caught:
        images.keep(tmp_path, io.BytesIO(data), 5)
    assert caught.value.field == "file"
    assert list(tmp_path.iterdir()) == []


def test_what_nobody_uses_is_swept_once_it_is_old(tmp_path):
    used = images.keep(tmp_path, io.BytesIO(b"used"), 9)
    stray = images.keep(tmp_path, io.BytesIO(b"stray"), 9)
    images.sweep(tmp_path, {used.sha256})
    assert (tmp_path / stray.sha256).exists()
    images.sweep(tmp_path, {used.sha256}, grace_s=-1)
    assert [p.name for p in tmp_path.iterdir()] == [used.sha256]
