"""A whole day's walk without a signal: ten thousand fixes, with a jump, a fix a kilometre off and forty minutes without any.

The phone's receiver and its clock are played by the page; all else is real: the app records, seals, packs and sends, the server stores
and draws.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from gridmap.patrols.actions.drawing import draw_duty
from gridmap.patrols.models import Duty
from tests.browser.conftest import wait_until
from tests.browser.field.conftest import HERE, Phone, phone_of
from tests.browser.people import Crew

FIXES, EVERY_S, GAP_AFTER, GAP_S = 10_000, 3, 6_000, 2_400
JUMP, ASTRAY = 2_000, 4_000  # one fix at 200 km/h from its neighbours, one a kilometre from them
PATIENCE_MS = 200_000
WALK_S = FIXES * EVERY_S + GAP_S
UNION = "select bit_or(bits) as bits from coverage_days group by frame_id"
PLAYED = """
(() => {
  const real = Date.now.bind(Date);
  Date.now = () => real() - Number(localStorage.getItem("behind_ms") ?? 0);
  navigator.geolocation.watchPosition = (heard) => { window.heard = heard; return 1; };
  navigator.geolocation.clearWatch = () => {};
})();
"""
# To and fro along a line of 200 m, at 1.2 m/s; after the gap from 400 m to the north.
WALKED = """
async ({ count, every_ms, gap_after, gap_ms, jump, astray, lon, lat }) => {
  const [metre_lon, metre_lat] = [1 / 80_400, 1 / 111_100];
  const began = Date.now();
  for (let n = 0; n < count; n += 1) {
    const phase = (n * 3.6) % 400;
    const east = (phase < 200 ? phase : 400 - phase) + (n === jump ? 166 : 0) + (n === astray ? 1000 : 0);
    const north = n >= gap_after ? 400 : 0;
    const timestamp = began + n * every_ms + (n >= gap_after ? gap_ms : 0);
    const coords = { longitude: lon + east * metre_lon, latitude: lat + north * metre_lat, accuracy: 6, speed: 1.2 };
    window.heard({ coords, timestamp });
    if (n % 10 === 9) await new Promise((done) => setTimeout(done));
  }
}
"""


@pytest.fixture
def phone(crew: Crew) -> Phone:
    """A phone whose receiver the test plays."""
    made = phone_of(crew, "走一整天")
    made.context.add_init_script(PLAYED)
    made.set_up()
    return made


def numbers(crew: Crew, sql: str) -> Any:
    """Return the one row of a question to the database."""
    return crew.rows(sql)[0]


@pytest.mark.timeout(600)
def test_ten_thousand_fixes_arrive_once_and_what_was_not_seen_stays_unseen(phone: Phone, crew: Crew) -> None:
    phone.cut()
    behind_ms = (WALK_S + 60) * 1000
    phone.page.evaluate("(ms) => localStorage.setItem('behind_ms', ms)", behind_ms)  # it is this morning
    phone.page.get_by_role("button", name="上岗").tap()
    expect(phone.page.locator(".strip")).to_contain_text("在岗")
    walk = {
        "count": FIXES, "every_ms": EVERY_S * 1000, "gap_after": GAP_AFTER, "gap_ms": GAP_S * 1000, "jump": JUMP,
        "astray": ASTRAY, "lon": HERE["longitude"], "lat": HERE["latitude"],
    }  # fmt: skip
    phone.page.evaluate(WALKED, walk)
    phone.go("me")
    expect(phone.page.locator(".panel").first).to_contain_text(f"已记录 {FIXES} 个位置", timeout=PATIENCE_MS)
    phone.page.evaluate("() => localStorage.setItem('behind_ms', 0)")  # it is evening, and there is a signal
    phone.join()
    phone.unlock()
    phone.go("today")
    phone.page.get_by_role("button", name="下岗").tap()
    wait_until(phone.page, "() => document.querySelector('.sending').textContent === '全部已送达'", PATIENCE_MS / 1000)

    stored = numbers(crew, "select count(*) as points, count(distinct at) as moments from track_points")
    assert (stored.points, stored.moments) == (FIXES, FIXES)
    with crew.owner() as session:
        for duty in session.scalars(select(Duty)):
            draw_duty(session, county_code=duty.county_code, duty_id=duty.id, now=datetime.now(UTC))
    told = numbers(crew, "select sum(recorded_s + link_s) as s, sum(length_m + link_m) as m from track_batches")
    joined = FIXES - 2  # all but the gap: what was off the way is left out, its neighbours are joined
    assert told.s == joined * EVERY_S
    assert told.m == pytest.approx(joined * EVERY_S * 1.2, rel=0.02)  # a jump of 166 m or a kilometre would show
    seen = numbers(crew, f"select sum(bit_count(seen.bits)) * 100 as m2 from ({UNION}) as seen")
    lines = 2 * (200 + 60) * 60  # two lines of 200 m, 30 m on each side, and nothing between them nor beside
    assert seen.m2 == pytest.approx(lines, rel=0.1)
