"""``gridmap worktime``: the holidays of a new year."""

from __future__ import annotations

import click

from gridmap.access import Actor, Post, Role
from gridmap.cli.progress import progress

COMMAND_LINE = Actor(0, "", "命令行", (Post(Role.ADMINISTRATOR, 0),))


@click.group()
def worktime() -> None:
    """工作日历：导入每年的放假安排。

    \b
    示例：
      gridmap worktime import-holidays
    """


@worktime.command("import-holidays")
@click.option("--year", type=click.IntRange(2004, 2100), help="只导入这一年；不写则导入节假日库里的所有年份。")
def import_holidays(year: int | None) -> None:
    """把节假日库（chinese_calendar）里的放假和调休写进全国日历和各区划自己的日历。

    手工修改过的日子保留；有变化才产生新版本，正在计时的期限不受影响。

    \b
    示例：
      gridmap worktime import-holidays
      gridmap worktime import-holidays --year 2026
    """
    from gridmap.clock import now
    from gridmap.db import owner_session
    from gridmap.worktime import actions, queries

    reports = []
    with owner_session() as session, progress("导入放假安排") as steps:
        areas = {version.area_code for version in queries.list_areas(session)} | {queries.COUNTRY}
        steps(0, len(areas))
        for area_code in sorted(areas):
            reports.append(actions.import_holidays(session, COMMAND_LINE, area_code=area_code, year=year, now=now()))
            steps.step()
    for report in reports:
        if report.version:
            click.echo(f"{report.area_name}：{report.version.note}现为第 {report.version.number} 版。")
        else:
            click.echo(f"{report.area_name}：没有变化。")
