"""Photos: verified, re-encoded, stripped, kept by hash, given out within the scope; what is not a photo is named."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image, ImageCms
from sqlalchemy import func, select

from gridmap.access import Role
from gridmap.cases.models import Case, CasePhoto
from gridmap.config import settings
from gridmap.media import read_photo
from tests.factories import GRID_A11, TOWN_A, TOWN_B, Factories
from tests.integration.cases.test_register import JSON, SignIn, entry


@pytest.fixture(autouse=True)
def world(make: Factories) -> None:
    make.world()


@pytest.fixture(autouse=True)
def media(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A media folder of the test's own."""
    monkeypatch.setattr(type(settings()), "media_dir", property(lambda _self: tmp_path))
    return tmp_path


def picture(kind: str = "JPEG", size: tuple[int, int] = (80, 40), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (180, 40, 40)).save(out, kind, **options)
    return out.getvalue()


def png_head(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def profile_of(primaries: tuple[tuple[float, float, float], ...]) -> bytes:
    """A colour profile (ICC.1:2010, version 2) of three primaries in XYZ under D50 and the gamma 2.2."""

    def number(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    white = (0.9642, 1.0, 0.8249)
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256)) + bytes(2)
    name = b"wide\0"
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", len(name)) + name + bytes(78 + 1),
        b"wtpt": b"XYZ " + bytes(4) + b"".join(map(number, white)),
        **{b"%cTRC" % one: curve for one in b"rgb"},
    }
    for one, place in zip(b"rgb", primaries, strict=True):
        tags[b"%cXYZ" % one] = b"XYZ " + bytes(4) + b"".join(map(number, place))
    table, body, start = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for tag, content in tags.items():
        table += tag + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(body), bytes(4), 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + b"".join(map(number, white)) + bytes(48)
    return head + table + body


DISPLAY_P3 = profile_of(((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841)))


def middle(content: bytes) -> tuple[int, int, int]:
    """Return the colour in the middle of a stored photo."""
    photo = read_photo(content, "a.jpg")
    with Image.open(io.BytesIO(photo.content)) as image:
        assert "icc_profile" not in image.info
        assert image.mode == "RGB"
        return image.getpixel((image.width // 2, image.height // 2))  # type: ignore[return-value]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_of_another_colour_space_keeps_its_colours_in_srgb(kind: str) -> None:
    plain, converted = middle(picture(kind)), middle(picture(kind, icc_profile=DISPLAY_P3))
    assert converted[0] > plain[0] + 8  # the same numbers are a stronger red on the wider primaries
    assert converted[1] < plain[1]
    assert (
        middle(picture(kind, icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())) == plain
    )


def test_see_through_and_palette_pictures_with_a_profile_are_taken() -> None:
    for mode, colour in (("RGBA", (180, 40, 40, 255)), ("P", 3), ("L", 90), ("LA", (90, 255))):
        out = io.BytesIO()
        Image.new(mode, (80, 40), colour).save(out, "PNG", icc_profile=DISPLAY_P3)
        assert len(middle(out.getvalue())) == 3


@pytest.mark.parametrize("damaged", [b"no profile", DISPLAY_P3[:200], DISPLAY_P3[:128] + bytes(300)])
def test_a_damaged_colour_profile_leaves_the_pixels(damaged: bytes) -> None:
    assert middle(picture(icc_profile=damaged)) == middle(picture())


def send(client: FlaskClient, *files: tuple[bytes, str], **changes: Any) -> Any:
    """Post the form with files; the body is built here, because the client's own builder leaves its spool file open."""
    edge = b"--gridmap-edge"
    parts = [f'Content-Disposition: form-data; name="{n}"\r\n\r\n{v}'.encode() for n, v in entry(**changes).items()]
    for content, name in files:
        head = f'Content-Disposition: form-data; name="photos"; filename="{name}"\r\nContent-Type: image/jpeg\r\n\r\n'
        parts.append(head.encode() + content)
    body = b"".join(edge + b"\r\n" + part + b"\r\n" for part in parts) + edge + b"--\r\n"
    return client.post("/cases", data=body, headers=JSON, content_type="multipart/form-data; boundary=gridmap-edge")


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_photo_is_kept_without_what_it_told(signed_in: SignIn, media: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretPhone"
    exif[0x0112] = 6  # turned by 90 degrees
    exif.get_ifd(0x8825)[2] = (43.0, 50.0, 0.0)
    client = signed_in((Role.GRID_WORKER, GRID_A11))
    made = send(
        client, (picture(exif=exif.tobytes()), "IMG_1.jpg"), (picture("PNG"), "图二.png"), (picture("PNG"), "三")
    )
    assert made.status_code == 201, made.json
    first = made.json["photos"][0]
    assert (first["width_px"], first["height_px"]) == (40, 80)  # upright now
    answer = client.get(first["url"])
    assert answer.mimetype == "image/jpeg"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert b"SecretPhone" not in answer.data
    assert not Image.open(io.BytesIO(answer.data)).getexif()
    assert client.get(first["url"], headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert len(stored(media)) == 2  # the same picture twice is kept once
    assert len(client.get(made.json["url"], headers=JSON).json["photos"]) == 3


def test_words_that_a_camera_or_a_program_wrote_into_a_photo_are_gone() -> None:
    for kind, words in (
        ("JPEG", {"comment": b"SecretPlace", "xmp": b"<x:xmpmeta>SecretPlace</x:xmpmeta>"}),
        ("WEBP", {"xmp": b"<x:xmpmeta>SecretPlace</x:xmpmeta>"}),
    ):
        given = picture(kind, **words)
        assert b"SecretPlace" in given
        assert b"SecretPlace" not in read_photo(given, "图.jpg").content, kind


def test_a_large_photo_is_made_smaller(signed_in: SignIn) -> None:
    made = send(signed_in((Role.GRID_WORKER, GRID_A11)), (picture(size=(5120, 2560)), "大.jpg"))
    assert [(p["width_px"], p["height_px"]) for p in made.json["photos"]] == [(2560, 1280)]


def test_transparency_becomes_white(signed_in: SignIn) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
    client = signed_in((Role.GRID_WORKER, GRID_A11))
    url = send(client, (out.getvalue(), "a.png")).json["photos"][0]["url"]
    assert Image.open(io.BytesIO(client.get(url).data)).getpixel((5, 5)) == (255, 255, 255)


SCRIPT = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"GIF89a" + b"\0" * 40, "动图.gif", "JPEG、PNG 或 WebP"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "IMG_2.HEIC", "HEIC"),
        (SCRIPT, "无害.jpg", "不是可识别的照片"),
        (b"#!/bin/sh\nrm -rf /\n", "photo.jpg", "不是可识别的照片"),
        ("这是一段文字".encode(), "说明.jpg", "不是可识别的照片"),
        (b"", "空.jpg", "空文件"),
        (picture(size=(400, 400))[:-600], "半张.jpg", "损坏"),
        (png_head(10_000, 6_001), "炸弹.png", "像素过大"),
        (png_head(60_000, 60_000), "大炸弹.png", "像素过大"),
        (png_head(40, 40), "坏.png", "损坏"),
    ],
    ids=["gif", "heic", "svg", "shell", "text", "empty", "half", "60-megapixel", "3.6-gigapixel", "broken"],
)
def test_what_is_not_a_photo_is_named_and_nothing_stays(
    signed_in: SignIn, owner: Callable[[], Any], media: Path, content: bytes, name: str, said: str
) -> None:
    answer = send(signed_in((Role.GRID_WORKER, GRID_A11)), (picture(), "好.jpg"), (content, name))
    assert (answer.status_code, answer.json["field"]) == (400, "photos")
    assert name in answer.json["detail"]
    assert said in answer.json["detail"]
    with owner() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 0
        assert session.scalar(select(func.count()).select_from(CasePhoto)) == 0
    assert stored(media) == []


def test_half_a_photo_is_none_also_after_a_library_made_pillow_lenient() -> None:
    from PIL import ImageFile

    from gridmap.errors import BadInput
    from gridmap.media import read_photo

    ImageFile.LOAD_TRUNCATED_IMAGES = True  # as WeasyPrint does for the whole process
    whole = picture()
    with pytest.raises(BadInput, match="已损坏或不完整"):
        read_photo(whole[: len(whole) // 2], "半张.jpg")


def test_limits(signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in((Role.GRID_WORKER, GRID_A11))
    assert "至多 9 张" in send(client, *[(picture(), f"{n}.jpg") for n in range(10)]).json["detail"]
    monkeypatch.setattr(settings(), "max_photo_mb", 1)
    assert "超过 1 MB" in send(client, (b"\xff\xd8" + b"\0" * 1_100_000, "胖.jpg")).json["detail"]
    too_much = send(client, *[(b"\0" * 1_500_000, f"{n}.jpg") for n in range(9)])
    assert too_much.status_code == 413


def test_the_name_in_the_message_is_tame(signed_in: SignIn) -> None:
    answer = send(signed_in((Role.GRID_WORKER, GRID_A11)), (b"x", "../照片/<b>长" + "长" * 200 + ".jpg"))
    assert "../" not in answer.json["detail"]
    assert len(answer.json["detail"]) < 120


def test_a_refused_case_leaves_no_file(signed_in: SignIn, media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gridmap.cases.actions import register

    def fail(*_args: object, **_kwargs: object) -> None:
        raise register.BadInput("后来出错", field="title")

    monkeypatch.setattr(register, "add_step", fail)
    answer = send(signed_in((Role.GRID_WORKER, GRID_A11)), (picture(), "好.jpg"))
    assert answer.status_code == 400
    assert stored(media) == []


def test_another_town_gets_404(signed_in: SignIn, make: Factories) -> None:
    made = send(signed_in((Role.GRID_WORKER, GRID_A11)), (picture(), "好.jpg")).json
    url = made["photos"][0]["url"]
    assert signed_in((Role.LEADER, TOWN_A)).get(url).data.startswith(b"\xff\xd8")
    stranger = signed_in((Role.CENTRE_STAFF, TOWN_B))
    assert stranger.get(url).status_code == 404
    own = make.case()
    client = signed_in((Role.LEADER, TOWN_A))
    assert client.get(f"/cases/{own}/photos/{url.rsplit('/', 1)[1]}").status_code == 404  # of another case
    assert client.get(f"/cases/{own}/photos/{2**70}").status_code == 404


def test_a_stored_file_outlives_later_savepoints_and_goes_with_its_own(owner: Callable[[], Any], media: Path) -> None:
    from gridmap.media import kept_path, store_bytes

    with owner() as session:
        before = session.begin_nested()
        store_bytes(session, b"one", "1" * 64, "pdf")
        session.begin_nested().rollback()
        assert kept_path("1" * 64, "pdf").exists()
        with session.begin_nested():
            pass
        assert kept_path("1" * 64, "pdf").exists()
        before.rollback()
        assert not kept_path("1" * 64, "pdf").exists()
