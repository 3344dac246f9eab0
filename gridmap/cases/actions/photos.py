"""Photos that come with a case or a step of it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from gridmap.access import Actor
from gridmap.cases.models import Case, CasePhoto
from gridmap.media import Photo, store_photo


def attach_photos(session: Session, actor: Actor, case: Case, photos: Sequence[Photo]) -> None:
    """Add photos to a case and store their bytes."""
    for photo in photos:
        session.add(
            CasePhoto(
                county_code=case.county_code,
                unit_code=case.unit_code,
                case_id=case.id,
                sha256=photo.sha256,
                width_px=photo.width_px,
                height_px=photo.height_px,
                size_bytes=len(photo.content),
                added_by=actor.account_id,
                taken_at=photo.origin.taken_at,
                taken_lon=photo.origin.lon,
                taken_lat=photo.origin.lat,
            )
        )
    session.flush()
    for photo in sorted(
        photos, key=lambda item: item.sha256
    ):  # one order for all, so that two requests cannot deadlock
        store_photo(session, photo)
