"""What stands in the city at a glance, for its administrator."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases.model import LoadedCity, Unit, User


def standing(session: Session) -> dict[str, Any]:
    """`people` and `units` in use, and the city file that was loaded last: `city`, `digest`, `loaded`
    (None: none was). Two queries."""
    people, units = session.execute(
        select(
            select(func.count()).select_from(User).where(User.active).scalar_subquery(),
            select(func.count()).select_from(Unit).where(Unit.active).scalar_subquery(),
        )
    ).one()
    last = loaded_city(session)
    return {
        "people": people,
        "units": units,
        "city": last.name if last else None,
        "digest": last.digest if last else None,
        "loaded": last.loaded_at if last else None,
    }


def loaded_city(session: Session) -> LoadedCity | None:
    """The city file that was loaded last."""
    newest = select(LoadedCity).order_by(LoadedCity.loaded_at.desc(), LoadedCity.id.desc()).limit(1)
    return session.scalars(newest).first()
