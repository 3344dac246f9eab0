"""The content security policy lets in the host of the configured base map, however the setting is written, and no other."""

from __future__ import annotations

import pytest

from gridmap.config import settings
from gridmap.pages import content_security_policy


@pytest.mark.parametrize(
    ("basemap", "hosts"),
    [
        ("", ""),
        ("xyz:https://map.example.org/{z}/{x}/{y}.png", " https://map.example.org"),
        (" XYZ: https://map.example.org:8443/{z}/{x}/{y}.png", " https://map.example.org:8443"),
        (
            "xyz:https://t-{s}.example.org/{z}/{x}/{y}.png",
            " https://t-a.example.org https://t-b.example.org https://t-c.example.org",
        ),
        ("tianditu:0123", " https://*.tianditu.gov.cn"),
    ],
)
def test_hosts_of_the_base_map(monkeypatch: pytest.MonkeyPatch, basemap: str, hosts: str) -> None:
    monkeypatch.setattr(settings(), "basemap", basemap)
    policy = content_security_policy()
    assert policy["connect-src"] == f"'self'{hosts}"
    assert policy["img-src"] == f"'self' data: blob:{hosts}"
