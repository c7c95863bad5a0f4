"""Files in, checked answers out."""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading

import numpy as np
import pytest

from odzew.foundation.errors import Invalid
from odzew.hashing.pdq import pdq_of_rgb
from odzew.matching.decoder import handing
from odzew.matching.decoder.pool import Decoder
from tests.decoder.pictures import encoded, waves


def test_a_picture_gets_the_hash_of_its_pixels(decoder: Decoder) -> None:
    picture = waves(seed=1)
    data = encoded(picture=picture, form="PNG")
    found = decoder.hashes(data=data, turned=True)
    assert found.verdict == "ok" and found.hashes is not None
    assert found.hashes.picture == pdq_of_rgb(pixels=np.asarray(picture), turned=True)
    assert found.hashes.sha256 == hashlib.sha256(data).digest()
    assert found.hashes.md5 == hashlib.md5(data, usedforsecurity=False).digest()


def test_a_descriptor_is_as_good_as_bytes_and_is_not_moved(decoder: Decoder) -> None:
    data = encoded(picture=waves(seed=2), form="PNG")
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        file.seek(7)
        assert decoder.hashes(data=file.fileno()) == decoder.hashes(data=data)
        assert file.tell() == 7


def test_a_descriptor_that_may_write_is_handed_over_without_that_right(decoder: Decoder) -> None:
    data = encoded(picture=waves(seed=2), form="PNG")
    fd = handing.sealed(data=data)
    try:
        mine = handing.read_only(fd=fd)
        with pytest.raises(OSError):
            os.write(mine, b"x")
        with pytest.raises(OSError):
            os.write(fd, b"x")
        os.close(mine)
        assert decoder.hashes(data=fd) == decoder.hashes(data=data)
    finally:
        os.close(fd)


def test_a_pipe_is_refused_at_once(decoder: Decoder) -> None:
    reading, writing = os.pipe()
    with pytest.raises(Invalid):
        decoder.hashes(data=reading)
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize("data", [b"", b"x", b"hello " * 1000, os.urandom(5000)], ids=["empty", "one byte", "text", "noise"])
def test_what_is_no_picture_is_unreadable_and_has_its_digests(decoder: Decoder, data: bytes) -> None:
    found = decoder.hashes(data=data)
    assert found.verdict == "unreadable" and found.note
    assert found.hashes is not None and found.hashes.picture is None
    assert found.hashes.sha256 == hashlib.sha256(data).digest()


def test_two_threads_with_many_files_get_each_their_own_answer(decoder: Decoder) -> None:
    files = [encoded(picture=waves(seed=n), form="PNG") for n in range(20)]
    alone = [decoder.hashes(data=file) for file in files]
    together: dict[int, list[object]] = {}

    def work(name: int) -> None:
        together[name] = [decoder.hashes(data=file) for file in files]

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answers == alone for answers in together.values()) and len(together) == 4
