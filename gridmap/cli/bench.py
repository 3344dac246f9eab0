"""``gridmap bench``: measure speed and hold each number against its bar."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from gridmap.cli.errors import CommandError
from gridmap.cli.progress import progress
from gridmap.config import ROOT

GROUPS = ("map", "units", "cases", "field")


@click.command()
@click.argument("groups", nargs=-1, type=click.Choice(GROUPS), metavar="[GROUP]...")
@click.option("--json", "json_file", metavar="FILE", help="把结果写成 JSON 文件：每项含 name、value、unit、bar、ok。")
@click.option(
    "--rows",
    type=click.Choice(["20k", "1m", "10m"]),
    default="1m",
    show_default=True,
    help="事件数量：map 组为一百万或一千万，cases 组为一百万或两万（试跑）。",
)
@click.option("--database", metavar="NAME", help="改用同一服务器上已有的数据库（默认 gridmap_bench，缺少时自动装入）。")
@click.option(
    "--only",
    default="",
    help="只测一部分：map 组的 scope、low、counts、words、server、growth、tipg、browser，cases 组的 limit、escalation、work、similar、steps、crowd，field 组的 phones、killed、start、seen、uploads、raster、coverage。",
)
@click.option("--quick", is_flag=True, help="只走几轮，用来检查能否运行；数字不作准。")
def bench(
    groups: tuple[str, ...], json_file: str | None, rows: str, database: str | None, only: str, quick: bool
) -> None:
    """测量速度，逐项对照目标（GROUP：map 地图，units 区划，cases 事件办理，field 手机端；不写则全部）。有目标未达到时退出码为 1。

    \b
    示例：
      gridmap bench map
      gridmap bench map --rows 10m --json 结果.json
    """
    if not (ROOT / "bench").is_dir():
        raise CommandError("没有 bench 文件夹：测速只能在项目源码目录中运行。")
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    chosen: dict[str, Any] = {"rows": rows, "quick": quick, "only": only} | ({"database": database} if database else {})
    found: list[dict[str, Any]] = []
    for group in groups or GROUPS:
        found += measured(group, chosen)
        show([row for row in found if row["name"].startswith(f"{group}.")])
    if json_file:
        Path(json_file).write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        click.echo(f"结果已写入 {json_file}。")
    missed = [row["name"] for row in found if not row["ok"]]
    if missed:
        raise CommandError(f"{len(missed)} 项未达到目标：{'、'.join(missed)}")


def measured(group: str, chosen: dict[str, Any]) -> list[dict[str, Any]]:
    """Run one group and return its measures."""
    say: Callable[[str], None] = lambda text: click.echo(f"· {text}", err=True)  # noqa: E731
    if group == "units":
        from bench.units import measures as units

        with progress("测量 units 组"):
            return list(units())
    if group == "cases":
        from bench.cases import measures as cases
        from bench.cases.group import Options as CaseOptions

        if chosen["rows"] == "10m":
            raise CommandError("cases 组没有一千万件的规模：请用 --rows 1m 或 20k。")
        return list(cases(CaseOptions(**chosen), say))
    if group == "field":
        from bench.field import measures as field
        from bench.field.group import Options as FieldOptions

        return list(field(FieldOptions(**{name: chosen[name] for name in chosen if name != "rows"}), say))
    from bench.map import measures
    from bench.map.group import Options

    if chosen["rows"] == "20k":
        raise CommandError("map 组没有两万件的规模：请用 --rows 1m 或 10m。")
    return list(measures(Options(**chosen), say))


def show(rows: list[dict[str, Any]]) -> None:
    """Print measures as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table("项目", "数值", "单位", "目标", "结果", "说明")
    for row in rows:
        verdict = "—" if row["bar"] is None else "达到" if row["ok"] else "未达到"
        table.add_row(
            row["name"], f"{row['value']:.3g}", row["unit"], str(row["bar"] or "—"), verdict, row.get("note", "")
        )
    Console(width=120).print(table)
