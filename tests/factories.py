"""Fictional units, people and cases for tests, written as the owner of the tables."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from argon2 import PasswordHasher
from geoalchemy2.shape import from_shape
from shapely.geometry import MultiPolygon, Point, box

from gridmap.access import Role, significant_digits

PASSWORD = "Ceshi-mima-2026"
# The cheapest parameters argon2 knows: tests sign in often. Verifying reads the parameters from the hash.
_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
COUNTY = 990102000000000  # 99 is no real province: nobody's codes
TOWN_A, TOWN_B = 990102001000000, 990102002000000
VILLAGE_A1, VILLAGE_B1 = 990102001001000, 990102002001000
GRID_A11, GRID_A12, GRID_B11 = 990102001001001, 990102001001002, 990102002001001
WEST, SOUTH, SIZE = 125.30, 43.80, 0.02  # the small world lies near Changchun; each grid is 0.02 degrees wide


def _unit(unit_code: int, name: str) -> Any:
    from gridmap.units.models import Unit

    level = significant_digits(unit_code)
    parent = {2: None, 4: 2, 6: 4, 9: 6, 12: 9, 15: 12}[level]
    return Unit(
        unit_code=unit_code,
        county_code=unit_code // 10**9,
        level=level,
        parent_code=int(str(unit_code)[:parent].ljust(15, "0")) if parent else None,
        name=name,
        kind="residential" if level == 15 else None,
        valid_from=date(2020, 1, 1),
    )


def _outline(unit_code: int, west: int, east: int) -> Any:
    from gridmap.units.models import Outline

    shape = MultiPolygon([box(WEST + west * SIZE, SOUTH, WEST + east * SIZE, SOUTH + SIZE)])
    return Outline(
        unit_code=unit_code,
        version_id=0,
        level=significant_digits(unit_code),
        geom=from_shape(shape, 4326),
        geom_mid=from_shape(shape, 4326),
        geom_low=from_shape(shape, 4326),
        label_point=from_shape(shape.representative_point(), 4326),
        area_m2=1.0,
        geom_hash=str(unit_code),
        source_datum="wgs84",
        valid_from=date(2020, 1, 1),
    )


class Factories:
    """``make.world()`` first; then accounts and cases in it."""

    def __init__(self, owner: Callable[[], Any]) -> None:
        self.owner = owner
        self._numbers = count(1)

    def world(self) -> None:
        """Province, city, county, two towns with one village each, three grids, all with published outlines, and categories.

        From west to east: grids A11 and A12 (town A), then B11 (town B).
        """
        names = {99: "示例省", 9901: "示例市", 990102: "示例区"}
        units = [(int(str(c).ljust(15, "0")), n) for c, n in names.items()] + [
            (TOWN_A, "甲街道"),
            (VILLAGE_A1, "甲一社区"),
            (GRID_A11, "第一网格"),
            (GRID_A12, "第二网格"),
            (TOWN_B, "乙镇"),
            (VILLAGE_B1, "乙一村"),
            (GRID_B11, "第一网格"),
        ]
        spans = {COUNTY: (0, 3), TOWN_A: (0, 2), VILLAGE_A1: (0, 2), GRID_A11: (0, 1), GRID_A12: (1, 2)}
        spans |= {TOWN_B: (2, 3), VILLAGE_B1: (2, 3), GRID_B11: (2, 3)}
        with self.owner() as session:
            session.add_all([_unit(unit_code, name) for unit_code, name in units])
            session.flush()
            session.add_all([_outline(unit_code, *span) for unit_code, span in spans.items()])
            self._categories(session)

    def _categories(self, session: Any) -> None:
        from gridmap.cases.models import Category, CategoryVersion

        version = CategoryVersion(label="测试版", source_note="测试", valid_from=date(2020, 1, 1))
        session.add(version)
        session.flush()
        rows = [
            ("0101", "邻里纠纷", 1, "社会民生", "矛盾纠纷"),
            ("0301", "治安隐患", 3, "平安建设", "治安警情"),
            ("0501", "消防隐患", 5, "安全生产", "综合执法"),
        ]
        for code, name, family, family_name, dimension in rows:
            session.add(
                Category(
                    version_id=version.id, code=code, name=name, family=family, family_name=family_name,
                    dimension=dimension, default_grade="worry", limit_hours=72,
                )
            )  # fmt: skip

    def department(self, name: str, unit_code: int) -> int:
        """Add a department of a unit and return its number."""
        from gridmap.accounts.models import Department

        with self.owner() as session:
            department = Department(county_code=unit_code // 10**9, unit_code=unit_code, name=name)
            session.add(department)
            session.flush()
            return int(department.id)

    def account(
        self, *posts: tuple[Role, int] | tuple[Role, int, int], must_change: bool = False, name: str = "测试员"
    ) -> tuple[str, str]:
        """Add a person with these posts (role, unit, and the department's number where it is one's); return (user name, password)."""
        from gridmap.accounts.models import Account, PostHeld

        username = f"ceshi{next(self._numbers)}"
        with self.owner() as session:
            account = Account(
                unit_code=posts[0][1] if posts else 0, username=username, name=name, password_hash=_HASH,
                must_change_password=must_change,
            )  # fmt: skip
            session.add(account)
            session.flush()
            for role, unit_code, *department in posts:
                session.add(
                    PostHeld(
                        county_code=unit_code // 10**9, unit_code=unit_code, account_id=account.id, role=role,
                        department_id=department[0] if department else None,
                    )
                )  # fmt: skip
        return username, PASSWORD

    def case(self, unit_code: int = GRID_A11, *, at: tuple[float, float] | None = (0.5, 0.5), **values: Any) -> str:
        """Add a case in a grid of the world and return its code. ``at`` is the place within the grid, 0…1 east and north."""
        from sqlalchemy import select

        from gridmap.cases.models import Case, Category

        column = {GRID_A11: 0, GRID_A12: 1, GRID_B11: 2}.get(unit_code, 0)
        number = next(self._numbers)
        received_at = values.pop("received_at", datetime.now(UTC) - timedelta(hours=number))
        with self.owner() as session:
            category = session.scalars(select(Category).order_by(Category.id)).first()
            point = Point(WEST + (column + at[0]) * SIZE, SOUTH + at[1] * SIZE) if at else None
            defaults: dict[str, Any] = {
                "case_code": f"{unit_code // 10**9:06d}-{received_at.year}-{number:07d}",
                "category_id": category.id, "channel": "grid_worker", "grade": "worry", "scale": "individual",
                "status": "registered", "risk": "low", "title": f"测试事件{number}", "received_at": received_at,
                "geom": from_shape(point, 4326) if point else None,
                "position_method": "map" if point else "none", "source_datum": "wgs84" if point else None,
            }  # fmt: skip
            case = Case(county_code=unit_code // 10**9, unit_code=unit_code, **{**defaults, **values})
            session.add(case)
            session.flush()
            return case.case_code

    def photo(self, case_code: str) -> int:
        """Add a photo's row (no file) to a case and return its number."""
        from sqlalchemy import select

        from gridmap.cases.models import Case, CasePhoto

        with self.owner() as session:
            case = session.scalars(select(Case).where(Case.case_code == case_code)).one()
            photo = CasePhoto(
                county_code=case.county_code, unit_code=case.unit_code, case_id=case.id, sha256="0" * 64,
                width_px=1, height_px=1, size_bytes=1,
            )  # fmt: skip
            session.add(photo)
            session.flush()
            return int(photo.id)

    def routing_rule(self, unit_code: int, name: str = "测试规则", **values: Any) -> int:
        """Add a 派单规则 of a unit, to the desk itself when nothing else is said, and return its number."""
        from gridmap.cases.models import RoutingRule

        defaults = {
            "position": next(self._numbers), "department_name": "中心自办", "active_from": date(2020, 1, 1),
            "source_note": "测试", "updated_at": datetime.now(UTC), "families": [], "category_codes": [], "scales": [],
        }  # fmt: skip
        with self.owner() as session:
            rule = RoutingRule(county_code=unit_code // 10**9, unit_code=unit_code, name=name, **{**defaults, **values})
            session.add(rule)
            session.flush()
            return int(rule.id)

    def party(self, case_code: str, *, role: str = "reporter", **values: str) -> int:
        """Add a party to a case, sealed with the keys of the test's instance, and return its number."""
        from sqlalchemy import select

        from gridmap.cases.actions.parties import add_party
        from gridmap.cases.forms.parties import read_party
        from gridmap.cases.models import Case

        with self.owner() as session:
            case = session.scalars(select(Case).where(Case.case_code == case_code)).one()
            entry = read_party(role, values.pop("name", "张三丰"), **values)
            return int(add_party(session, None, case=case, entry=entry, now=datetime.now(UTC)).id)

    def paper(self, case_code: str) -> int:
        """Add a paper that still waits for its making to a case and return its number."""
        from sqlalchemy import select

        from gridmap.cases.models import Case, CaseDocument

        with self.owner() as session:
            case = session.scalars(select(Case).where(Case.case_code == case_code)).one()
            paper = CaseDocument(
                county_code=case.county_code, unit_code=case.unit_code, case_id=case.id, kind="registration",
                issuer_code=case.unit_code, issuer_name="示例综治中心", fields={}, asked_at=datetime.now(UTC),
                actor_name="测试员",
            )  # fmt: skip
            session.add(paper)
            session.flush()
            return int(paper.id)

    def room(self, unit_code: int, name: str = "调解室") -> int:
        """Add a room for mediation to a unit and return its number."""
        from gridmap.cases.models import MediationRoom

        with self.owner() as session:
            room = MediationRoom(county_code=unit_code // 10**9, unit_code=unit_code, name=name)
            session.add(room)
            session.flush()
            return int(room.id)

    def appointment_desk(self, unit_code: int, name: str = "一号窗口", *, capacity: int = 1) -> int:
        """Add a desk for appointments of half an hour to a unit and return its number."""
        from gridmap.cases.models import AppointmentDesk

        with self.owner() as session:
            desk = AppointmentDesk(
                county_code=unit_code // 10**9, unit_code=unit_code, name=name, slot_minutes=30, capacity=capacity,
                days_ahead=30,
            )  # fmt: skip
            session.add(desk)
            session.flush()
            return int(desk.id)

    def duty(self, unit_code: int) -> int:
        """Add somebody's duty at a unit, begun an hour ago, and return its number."""
        from gridmap.patrols.models import Duty

        begun = datetime.now(UTC) - timedelta(hours=1)
        with self.owner() as session:
            duty = Duty(
                county_code=unit_code // 10**9, unit_code=unit_code, account_id=10**12 + next(self._numbers),
                account_name="网格员", client_id=uuid.uuid4(), on_at=begun, phone_on_at=begun, received_on_at=begun,
            )  # fmt: skip
            session.add(duty)
            session.flush()
            return int(duty.id)

    def anomaly(self, unit_code: int) -> int:
        """Point out a speed of 200 km/h in a duty at a unit and return its number."""
        from gridmap.patrols.models import PatrolAnomaly

        duty, at = self.duty(unit_code), datetime.now(UTC) - timedelta(minutes=30)
        with self.owner() as session:
            row = PatrolAnomaly(
                county_code=unit_code // 10**9, unit_code=unit_code, duty_id=duty, account_id=duty, account_name="网格员",
                kind="speed", value=200, at=at, found_at=at,
            )  # fmt: skip
            session.add(row)
            session.flush()
            return int(row.id)

    def patrol_point(self, unit_code: int, *, name: str = "点位", lon: float = 125.3, lat: float = 43.8) -> int:
        """Add a point of patrols with a reach of 50 m and return its number."""
        from gridmap.patrols.models import PatrolPoint
        from gridmap.patrols.rules.points import new_code

        made = datetime.now(UTC) - timedelta(days=1)
        with self.owner() as session:
            point = PatrolPoint(
                county_code=unit_code // 10**9, unit_code=unit_code, name=name, lon=lon, lat=lat, radius_m=50,
                code=new_code(), code_at=made, made_at=made, made_name="工作人员",
            )  # fmt: skip
            session.add(point)
            session.flush()
            return int(point.id)

    def patrol_plan(self, unit_code: int, *points: int, percent: int = 50, every_days: int = 1, **more: Any) -> int:
        """Add a plan for a grid, begun ten days ago: a share of the ground, or a route past ``points``; return its number."""
        from gridmap.patrols.models import PatrolPlan, PatrolPlanPoint

        county, made = unit_code // 10**9, datetime.now(UTC)
        asked: dict[str, Any] = {"aim": "points"} if points else {"aim": "area", "percent": percent}
        values = {
            "name": "每天走到",
            "from_on": made.date() - timedelta(days=10),
            "made_at": made,
            "made_name": "工作人员",
        }
        with self.owner() as session:
            plan = PatrolPlan(
                county_code=county, unit_code=unit_code, every_days=every_days, **{**values, **asked, **more}
            )
            session.add(plan)
            session.flush()
            session.add_all(
                PatrolPlanPoint(county_code=county, unit_code=unit_code, plan_id=plan.id, point_id=point, place=place)
                for place, point in enumerate(points, start=1)
            )
            session.flush()
            return int(plan.id)

    def appointment(self, unit_code: int) -> int:
        """Add a desk of a unit and an appointment at it tomorrow; return the appointment's number."""
        import uuid

        from gridmap.cases.models import Appointment
        from gridmap.cases.queries.appointments import sealed_at
        from gridmap.crypto import ring_of

        desk_id, key, county = (
            self.appointment_desk(unit_code, f"窗口{next(self._numbers)}"),
            uuid.uuid4(),
            unit_code // 10**9,
        )
        at = datetime.now(UTC) + timedelta(days=1)
        with self.owner() as session:
            ring = ring_of(session)
            made = Appointment(
                county_code=county, unit_code=unit_code, desk_id=desk_id, place=1, starts_at=at,
                ends_at=at + timedelta(minutes=30), state="booked", topic="咨询", row_key=key,
                name=ring.seal("张三丰", sealed_at(county, key, "name")),
                phone=ring.seal("13800001234", sealed_at(county, key, "phone")),
            )  # fmt: skip
            session.add(made)
            session.flush()
            return int(made.id)

    def meeting(self, unit_code: int, title: str = "联席会议") -> int:
        """Add a joint meeting that is to come to a unit and return its number."""
        from gridmap.cases.models import JointMeeting

        with self.owner() as session:
            meeting = JointMeeting(
                county_code=unit_code // 10**9, unit_code=unit_code, title=title, place="会议室", chair="主任",
                state="planned", starts_at=datetime.now(UTC) + timedelta(days=1), created_at=datetime.now(UTC),
                created_name="测试员",
            )  # fmt: skip
            session.add(meeting)
            session.flush()
            return int(meeting.id)

    def version(self, unit_code: int) -> int:
        """Add a draft version of outlines for a unit and return its number."""
        from gridmap.units.models import OutlineVersion

        with self.owner() as session:
            version = OutlineVersion(
                county_code=unit_code // 10**9, unit_code=unit_code, label="测试版本", actor_name="测试员"
            )
            session.add(version)
            session.flush()
            return int(version.id)
