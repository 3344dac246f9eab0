"""The form that registers a case: typed values, or a message beside its field."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from wtforms import HiddenField, MultipleFileField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from gridmap.cases.forms.plain import clean
from gridmap.cases.rules import CHANNEL_NAMES, GRADE_NAMES, SCALE_NAMES, Channel, Grade, PositionMethod, Scale
from gridmap.cases.rules.position import MOST_ACCURACY_M, Fault, place_fault
from gridmap.clock import CHINA
from gridmap.errors import BadInput
from gridmap.media import Photo, read_photo
from gridmap.units.rules.codes import CodeError, parse_code
from gridmap.units.rules.datum import DATUM_LABELS, Datum, convert_point
from gridmap.web import Form

MOST_PHOTOS = 9
METHODS = {
    PositionMethod.MAP: "地图选点",
    PositionMethod.GPS: "卫星定位",
    PositionMethod.ADDRESS: "按地址估定",
    PositionMethod.NONE: "未定位",
}


@dataclass(frozen=True)
class Position:
    """A place as it was given and as it is kept: ``lon``, ``lat`` in WGS-84 degrees, the source in its own datum."""

    lon: float
    lat: float
    method: PositionMethod
    accuracy_m: float | None
    datum: Datum
    source_lon: float
    source_lat: float


@dataclass(frozen=True)
class CaseEntry:
    """A case as a person registers it. ``unit_code`` is the unit they named, ``border_unit`` their answer near a border."""

    client_id: uuid.UUID
    category_code: str
    channel: Channel
    grade: Grade | None
    scale: Scale
    title: str
    description: str
    address_text: str
    occurred_at: datetime | None
    position: Position | None
    unit_code: int | None
    border_unit: int | None


class SwappedCoordinates(BadInput):
    """Longitude and latitude seem to have changed places; carries the pair that would be right."""

    def __init__(self, message: str, lon: str, lat: str) -> None:
        super().__init__(message, field="lon")
        self.extra["offer"] = {"lon": lon, "lat": lat}


def _plain(value: str | None) -> str | None:
    return clean(value) if isinstance(value, str) else value


def _choices(names: dict[Any, str], blank: str = "") -> list[SelectChoice]:
    first = [SelectChoice("", blank)] if blank else []
    return [*first, *(SelectChoice(item.value, name) for item, name in names.items())]


class RegisterForm(Form):
    """登记事件. Category and unit choices come from the database: see ``offer``."""

    client_id = HiddenField()
    category = SelectField("类别", validators=[InputRequired("请选择类别。")], validate_choice=False)
    channel = SelectField("来源渠道", choices=_choices(CHANNEL_NAMES), validators=[InputRequired("请选择来源渠道。")])
    grade = SelectField("五事五办", choices=_choices(GRADE_NAMES, "按类别默认"), default="")
    scale = SelectField("规模", choices=_choices(SCALE_NAMES), default=Scale.INDIVIDUAL.value)
    title = StringField(
        "标题",
        filters=[_plain],
        validators=[InputRequired("请填写标题。"), Length(max=100, message="标题至多 100 个字。")],
    )
    description = TextAreaField(
        "情况描述", filters=[_plain], validators=[Length(max=5000, message="描述至多 5000 个字。")]
    )
    address_text = StringField("地址", filters=[_plain], validators=[Length(max=200, message="地址至多 200 个字。")])
    occurred_at = StringField("发生时间", filters=[_plain])
    position_method = RadioField("定位方式", choices=_choices(METHODS), default=PositionMethod.MAP.value)
    lon = StringField("经度", filters=[_plain])
    lat = StringField("纬度", filters=[_plain])
    datum = SelectField("坐标系", choices=_choices(DATUM_LABELS), default=Datum.WGS84.value)
    accuracy_m = StringField("位置误差（米）", filters=[_plain])
    unit = StringField("所属区划", filters=[_plain])
    border_unit = StringField("位置归属", filters=[_plain])
    photos = MultipleFileField("照片")

    def entry(self, now: datetime) -> CaseEntry:
        """Return the typed values at ``now``. Raises ``BadInput`` naming the first field at fault, in the form's order."""
        if not self.validate():
            name, messages = next((f.name, f.errors) for f in self if f.errors)
            raise BadInput(str(messages[0]), field=name)
        if not self.title.data:
            raise BadInput("请填写标题。", field="title")
        return CaseEntry(
            client_id=self._client(),
            category_code=self.category.data,
            channel=Channel(self.channel.data),
            grade=Grade(self.grade.data) if self.grade.data else None,
            scale=Scale(self.scale.data),
            title=self.title.data,
            description=self.description.data or "",
            address_text=self.address_text.data or "",
            occurred_at=occurred(self.occurred_at.data, now),
            position=self.position(),
            unit_code=_unit(self.unit.data, "unit"),
            border_unit=_unit(self.border_unit.data, "border_unit"),
        )

    def _client(self) -> uuid.UUID:
        try:
            return uuid.UUID(self.client_id.data) if self.client_id.data else uuid.uuid4()
        except (ValueError, AttributeError) as fault:
            raise BadInput("页面已过期，请刷新后重新填写。", field="client_id") from fault

    def position(self) -> Position | None:
        """Return the place, or ``None`` for 未定位. Raises ``BadInput`` with the remedy."""
        method = PositionMethod(self.position_method.data)
        if method is PositionMethod.NONE:
            return None
        return read_position(
            self.lon.data or "", self.lat.data or "", self.datum.data, self.accuracy_m.data or "", method
        )

    def read_photos(self) -> list[Photo]:
        """Return the photos, all verified before any is kept. Raises ``BadInput`` that names the file."""
        given = [file for file in self.photos.data or [] if getattr(file, "filename", "")]
        if len(given) > MOST_PHOTOS:
            raise BadInput(f"照片至多 {MOST_PHOTOS} 张，本次选择了 {len(given)} 张，请减少后重试。", field="photos")
        return [read_photo(file.read(), file.filename) for file in given]


def read_position(
    lon_text: str, lat_text: str, datum_text: str, accuracy_text: str, method: PositionMethod = PositionMethod.MAP
) -> Position:
    """Return a typed place converted to WGS-84. Raises ``BadInput`` (``SwappedCoordinates`` when a swap would mend it)."""
    if not lon_text.strip() and not lat_text.strip():
        raise BadInput("请在地图上选点，或填写经度和纬度；暂时没有位置时请选择“未定位”。", field="lon")
    lon, lat = _degrees(lon_text, "经度", "lon"), _degrees(lat_text, "纬度", "lat")
    if datum_text not in set(Datum):
        raise BadInput("坐标系无法识别，请从列表中选择。", field="datum")
    fault = place_fault(lon, lat)
    if fault and fault.kind is Fault.SWAPPED:
        raise SwappedCoordinates(fault.message, lat_text.strip(), lon_text.strip())
    if fault:
        raise BadInput(fault.message, field="lon")
    here = convert_point(lon, lat, Datum(datum_text))
    accuracy_m = _accuracy(accuracy_text)
    return Position(round(here[0], 7), round(here[1], 7), method, accuracy_m, Datum(datum_text), lon, lat)


def _degrees(text: str, name: str, field: str) -> float:
    plain = text.strip().translate(str.maketrans("０１２３４５６７８９．－", "0123456789.-")).rstrip("°")
    try:
        value = float(plain)
    except ValueError as fault:
        raise BadInput(f"{name}应为十进制度数，如 125.3245；请核对“{text[:30]}”。", field=field) from fault
    if not math.isfinite(value) or abs(value) > 180:
        raise BadInput(f"{name}超出范围，请核对“{text[:30]}”。", field=field)
    return value


def _accuracy(text: str) -> float | None:
    if not text.strip():
        return None
    fault = BadInput(f"位置误差应为 0 至 {MOST_ACCURACY_M:.0f} 米之间的数字，不清楚时请留空。", field="accuracy_m")
    try:
        value = float(text)
    except ValueError as error:
        raise fault from error
    if not 0 <= value <= MOST_ACCURACY_M:
        raise fault
    return round(value, 2)


def occurred(text: str | None, now: datetime) -> datetime | None:
    """Return a time typed on China's clock as an aware instant, or ``None`` when left blank. Raises ``BadInput``."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as fault:
        raise BadInput("发生时间应写作 2026-01-31 09:30，请重新选择。", field="occurred_at") from fault
    if found.tzinfo is None:
        found = found.replace(tzinfo=CHINA)
    if found.year < 1950:
        raise BadInput("发生时间过早，请核对年份。", field="occurred_at")
    if found > now:
        raise BadInput("发生时间晚于现在，请核对日期和时间。", field="occurred_at")
    return found.astimezone(UTC)


def _unit(text: str | None, field: str) -> int | None:
    if not text:
        return None
    try:
        return parse_code(text)
    except CodeError as fault:
        raise BadInput(f"区划有误：{fault}", field=field) from fault


def families(categories: Sequence[Any]) -> list[tuple[int, str, list[Any]]]:
    """Return categories by family, in order: (number, name, its subcategories)."""
    found: dict[int, tuple[int, str, list[Any]]] = {}
    for item in categories:
        found.setdefault(item.family, (item.family, item.family_name, []))[2].append(item)
    return [found[number] for number in sorted(found)]
