"""Field encryption: known answers, tampering, the wrong place, the wrong key; and key files that are missing or damaged."""

from __future__ import annotations

import base64
import json
import uuid
from pathlib import Path

import pytest

from gridmap.crypto import KeyFault, KeyRing, Where, _keep, normal

ROW = uuid.UUID("00000000-0000-4000-8000-000000000001")
HERE = Where("case_parties", "name", 990102, ROW)
RING = KeyRing("k1", {"k1": bytes(range(32))}, bytes(range(32, 64)))


def test_known_answer() -> None:
    """Computed once with the library's lower-level cipher and kept: the stored form must never drift."""
    sealed = RING._seal("张三丰", HERE, bytes(range(12)))
    assert (
        sealed.hex()
        == "01026b31000102030405060708090a0b470b33a765017a9269f9278bb1e9786d83d68734f07b5f7c3867e5851d6900b26edb854c8df1651ab1b2efec3ed07619"
    )
    assert RING.unseal(sealed, HERE) == "张三丰"


def test_known_blind_index() -> None:
    assert (
        RING.blind("11010519491231002X", "id_number").hex()
        == "4c148825dedc4020a1b1a05451349ae5ce048b0768063badd50d9efb4f70dd03"
    )
    assert RING.blind("１１０１０５-19491231 002x", "id_number") == RING.blind("11010519491231002X", "id_number")
    assert RING.blind("13800001234", "id_number") != RING.blind("13800001234", "phone")


def test_nothing_plain_and_never_the_same_twice() -> None:
    first, second = RING.seal("李四", HERE), RING.seal("李四", HERE)
    assert first != second
    assert "李四".encode() not in first
    assert len(RING.seal("李", HERE)) == len(RING.seal("欧阳修文", HERE))  # the length of a name is not told


@pytest.mark.parametrize("text", ["", "张", "长" * 2000, "👵🏻\u202e"])
def test_what_is_sealed_opens(text: str) -> None:
    assert RING.unseal(RING.seal(text, HERE), HERE) == text


def test_every_changed_byte_is_noticed() -> None:
    sealed = RING.seal("张三丰", HERE)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(KeyFault):
            RING.unseal(bytes(changed), HERE)
    for length in range(len(sealed)):
        with pytest.raises(KeyFault):
            RING.unseal(sealed[:length], HERE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        Where("case_parties", "phone", 990102, ROW),
        Where("people", "name", 990102, ROW),
        Where("case_parties", "name", 990103, ROW),
        Where("case_parties", "name", 990102, uuid.UUID(int=ROW.int + 1)),
    ],
)
def test_a_value_opens_in_its_own_place_only(elsewhere: Where) -> None:
    with pytest.raises(KeyFault, match="不符"):
        RING.unseal(RING.seal("张三丰", HERE), elsewhere)


def test_another_key_is_told_and_an_added_key_reads_the_old() -> None:
    sealed = RING.seal("张三丰", HERE)
    other = KeyRing("k2", {"k2": bytes(32)}, bytes(32))
    with pytest.raises(KeyFault, match="没有打开这项内容所需的密钥（k1）"):
        other.unseal(sealed, HERE)
    with pytest.raises(KeyFault):
        KeyRing("k1", {"k1": bytes(32)}, bytes(32)).unseal(sealed, HERE)
    both = KeyRing("k2", {"k2": bytes(32), **RING.keys}, RING.index_key)
    assert both.unseal(sealed, HERE) == "张三丰"
    assert both.seal("张三丰", HERE)[2:4] == b"k2"


def test_a_key_file_is_made_once_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "keys.json"
    ring = KeyRing.fresh()
    _keep(ring, file)
    assert file.stat().st_mode & 0o777 == 0o600
    _keep(KeyRing.fresh(), file)
    assert KeyRing.from_text(file.read_text()) == ring
    assert [path.name for path in file.parent.iterdir()] == ["keys.json"]
    assert all(base64.b64encode(key).decode() not in repr(ring) for key in ring.keys.values())


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        json.dumps({"current": "k1", "keys": {"k1": "AAAA"}, "index": "AAAA"}),
        json.dumps({"current": "k2", "keys": {"k1": base64.b64encode(bytes(32)).decode()}, "index": base64.b64encode(bytes(32)).decode()}),
    ],
)  # fmt: skip
def test_a_damaged_key_file_is_refused(content: str) -> None:
    with pytest.raises(KeyFault, match="密钥文件"):
        KeyRing.from_text(content)


def test_normal_form() -> None:
    assert normal(" １３８-0000 1234 ") == "13800001234"
