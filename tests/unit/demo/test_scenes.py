"""When the acts of a scene come: in order, whatever the time between."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gridmap.clock import local
from gridmap.demo.queries import scenes
from gridmap.demo.rules.scenes import CLOSES, OPENS, filled, moment

END = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
HOURS = st.floats(0.1, 4000, allow_nan=False)


@given(HOURS, st.lists(st.floats(0, 1), min_size=2, max_size=9).map(sorted))
def test_later_shares_never_come_earlier(hours: float, shares: list[float]) -> None:
    begun = END - timedelta(hours=hours)
    times = [moment(share, begun, END) for share in shares]
    assert times == sorted(times)
    assert begun <= times[0]
    assert times[-1] <= END


@given(st.floats(48, 4000, allow_nan=False), st.floats(0.3, 0.7))
def test_acts_come_in_office_hours_where_there_is_a_day_for_it(hours: float, share: float) -> None:
    at = local(moment(share, END - timedelta(hours=hours), END))
    assert (OPENS, 0) <= (at.hour, at.minute) <= (CLOSES, 0)


def test_the_acts_of_every_scene_follow_each_other_and_gaps_are_filled() -> None:
    numbers = {("account", "mediator"): 7}
    for scene in scenes():
        shares = [act.share for act in scene.acts]
        assert shares == sorted(shares), scene.words
    assert filled("{account:mediator}", numbers, END, END, END) == "7"
    assert filled("{end:90}", numbers, END, END, END) == "2026-11-23T09:30"
    assert filled("{day:12}", numbers, END, END, END) == "2026-12-05"
    assert filled("{share:0.5}", numbers, END, END - timedelta(days=10), END) == "2026-11-18T09:00"
