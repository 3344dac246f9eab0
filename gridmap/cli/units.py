"""``gridmap units``: importing division codes and outlines, and checking what is in force."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridmap.access import Actor, Post, Role
from gridmap.cli.errors import CommandError, existing_file
from gridmap.cli.progress import progress

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.units.actions import ImportReport
    from gridmap.units.forms.files import OutlineFile
    from gridmap.units.rules.checks import Fault

COMMAND_LINE = Actor(0, "", "命令行", (Post(Role.ADMINISTRATOR, 0),))
LEVELS = ["province", "city", "county", "town", "village", "grid"]
SHOWN = 20


@click.group()
def units() -> None:
    """区划与网格：导入代码和边界，检查几何。

    \b
    示例：
      gridmap units import-divisions data/divisions/divisions.csv
      gridmap units import-outlines data/boundaries/*.geojson --datum gcj02
      gridmap units check
    """


def day(context: click.Context, parameter: click.Parameter, value: str | None) -> date | None:  # noqa: ARG001
    """Read a YYYY-MM-DD option. Raises ``BadParameter``."""
    if value is None:
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - a civil date has no zone
    except ValueError as error:
        raise click.BadParameter(f"“{value}”不是日期，应为 YYYY-MM-DD") from error


@units.command("import-divisions")
@click.argument("file", metavar="FILE", callback=existing_file)
@click.option("--dry-run", is_flag=True, help="只检查并报告，不写入。")
@click.option("--effective-on", callback=day, help="生效日期（YYYY-MM-DD），默认今天。")
def import_divisions(file: Path, dry_run: bool, effective_on: date | None) -> None:
    """导入区划代码表（CSV：code,level,name,parent_code；UTF-8 或 GBK）。

    全部成功或全部不导入；同一文件重复导入不会改变任何内容。

    \b
    示例：
      gridmap units import-divisions data/divisions/divisions.csv
    """
    from gridmap.db import owner_session
    from gridmap.units import actions
    from gridmap.units.forms.divisions import read_divisions

    with progress("导入区划代码", 2) as steps:
        steps(0, text="读取")
        read = read_divisions(file)
        steps.step("写入")
        with owner_session() as session:
            report = actions.import_divisions(
                session, COMMAND_LINE, file=read, dry_run=dry_run, effective_on=effective_on
            )
    print_report(report)


@units.command("import-outlines")
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@click.option(
    "--datum",
    required=True,
    type=click.Choice(["wgs84", "cgcs2000", "gcj02", "bd09"]),
    help="坐标基准：文件里的经纬度是哪一种。",
)
@click.option("--level", type=click.Choice(LEVELS), help="所有行的级别；不写则由代码位数决定。")
@click.option("--code-field", default="", help="代码字段名；不写则自动查找。")
@click.option("--name-field", default="", help="名称字段名；不写则自动查找。")
@click.option("--layer", default="", help="图层名（文件里有多个图层时）。")
@click.option("--epsg", type=int, help="坐标系编号；覆盖文件里声明的。")
@click.option("--effective-on", callback=day, help="生效日期（YYYY-MM-DD），默认今天。")
@click.option("--dry-run", is_flag=True, help="只检查并报告，不写入。")
@click.option("--accept-errors", default="", metavar="理由", help="有错误也发布，并记下理由（须同时写 --by）。")
@click.option("--by", default="", metavar="用户名", help="接受错误的负责人的用户名。")
def import_outlines(files: tuple[str, ...], **options: Any) -> None:
    """导入边界（GeoJSON、Shapefile .zip、GeoPackage、KML），检查后发布。

    有错误时保留为草稿、不发布，并以非零状态退出；可在网页上修正，或用 --accept-errors 写明理由后发布。

    \b
    示例：
      gridmap units import-outlines data/boundaries/620702.gcj02.geojson --datum gcj02
      gridmap units import-outlines 网格.zip --datum cgcs2000 --level grid --code-field WGDM --name-field WGMC
      gridmap units import-outlines 网格.gpkg --datum wgs84 --accept-errors "以民政勘界为准" --by admin
    """
    from gridmap.db import owner_session
    from gridmap.units import actions

    paths = [existing_file(click.get_current_context(), FILES, name) for name in files]
    if bool(options["accept_errors"]) != bool(options["by"]):
        raise CommandError("--accept-errors 与 --by 必须一起使用：接受错误要写明理由和负责人。")
    with progress("导入边界", len(paths) + 2) as steps:
        read = read_files(paths, options, steps)
        with owner_session() as session:
            accepted_by = person(session, options["by"])
            steps(len(paths), text="写入并检查")
            report = actions.import_outlines(session, COMMAND_LINE, files=read, dry_run=options["dry_run"])
            steps.step("发布")
            publish = report.version_id is not None and (not report.error_count or accepted_by)
            if publish and report.version_id is not None:
                actions.publish_version(
                    session,
                    COMMAND_LINE,
                    version_id=report.version_id,
                    accept_reason=options["accept_errors"],
                    accepted_by=accepted_by,
                    effective_on=options["effective_on"],
                )
    print_report(report)
    finish(report, bool(publish))


FILES = click.Argument(["files"])


def read_files(paths: Sequence[Path], options: dict[str, Any], steps: Any) -> list[OutlineFile]:
    """Read every file with the same options."""
    from gridmap.units.forms.files import Options, read_outlines
    from gridmap.units.forms.limits import configured_limits
    from gridmap.units.rules.codes import Level
    from gridmap.units.rules.datum import Datum

    chosen = Options(
        datum=Datum(options["datum"]),
        level=Level(options["level"]) if options["level"] else None,
        code_field=options["code_field"],
        name_field=options["name_field"],
        epsg=options["epsg"],
        layer=options["layer"],
    )
    read = []
    for place, path in enumerate(paths):
        steps(place, text=f"读取 {path.name}")
        read.append(read_outlines(path, chosen, limits=configured_limits()))
    return read


def person(session: Session, username: str) -> str:
    """Return "name (username)" of the account that answers for accepted errors. Raises ``CommandError``."""
    from sqlalchemy import select

    from gridmap.accounts.models import Account

    if not username:
        return ""
    found = session.execute(select(Account.name, Account.disabled_at).where(Account.username == username)).first()
    if found is None:
        raise CommandError(f"没有用户名为“{username}”的账号：接受错误的负责人必须是系统中的人员。")
    if found.disabled_at is not None:
        raise CommandError(f"账号“{username}”已停用，不能接受错误：请写在用的账号。")
    return f"{found.name}（{username}）"


def print_report(report: ImportReport) -> None:
    """Print counts, notes, what was added or changed (the first rows), and the faults."""
    counts = report.counts
    head = "试运行，没有写入：" if report.dry_run else ""
    click.echo(
        f"{head}新增 {counts['added']}，变更 {counts['changed']}，未变 {counts['unchanged']}，拒绝 {counts['refused']}。"
    )
    for note in report.notes:
        click.echo(f"注意：{note}")
    told = [row for row in report.rows if row.note]
    for row in told[:SHOWN]:
        click.echo(f"  第 {row.row} 行 {row.name}：{row.note}")
    if len(told) > SHOWN:
        click.echo(f"  ……另有 {len(told) - SHOWN} 行")
    print_faults(report.faults)


def print_faults(faults: Sequence[Fault]) -> None:
    """Print faults, errors first, the first ones in full."""
    for fault in faults[:SHOWN]:
        click.echo(f"  [{fault.severity.label}] {fault.kind.label}：{fault.message}{fault.suggestion}")
    if len(faults) > SHOWN:
        click.echo(f"  ……另有 {len(faults) - SHOWN} 个问题")


def finish(report: ImportReport, published: bool) -> None:
    """Say what became of the version. Raises ``CommandError`` when errors keep it from being published."""
    found = f"{report.error_count} 个错误、{report.warning_count} 个提醒"
    if published:
        click.echo(f"已发布版本 {report.version_id}（{found}）。")
        return
    if report.error_count and report.version_id is not None:
        raise CommandError(
            f"检查发现 {found}，版本 {report.version_id} 保留为草稿，没有发布："
            "请修正后重新导入，或加 --accept-errors 理由 --by 用户名。"
        )
    if report.error_count:
        raise CommandError(f"检查发现 {found}，直接导入将不会发布。")
    click.echo("没有需要发布的变更。" if not report.has_changes else f"检查通过（{found}）。")


@units.command("check")
@click.option("--under", default="0", metavar="代码", help="只检查该区划及其下级。")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出。")
def check(under: str, as_json: bool) -> None:
    """检查现行边界：不合法、重叠、空隙、超出上级、细碎图形等；有错误时以非零状态退出。

    \b
    示例：
      gridmap units check
      gridmap units check --under 620702 --json
    """
    from gridmap.db import owner_session
    from gridmap.units.actions.review import tolerances_in_force
    from gridmap.units.queries.candidate import whole_state
    from gridmap.units.rules.checks import Severity, outline_faults
    from gridmap.units.rules.codes import CodeError, parse_code, subtree

    try:
        lo, hi = subtree(0 if under == "0" else parse_code(under))
    except CodeError as error:
        raise CommandError(str(error)) from error
    with progress("检查边界", 2) as steps, owner_session() as session:
        steps(0, text="读取边界")
        shapes = whole_state(session, lo, hi)
        if under != "0" and not shapes:
            raise CommandError(f"系统里没有区划 {under}：请核对代码，或先导入区划。")
        steps.step("查找问题")
        faults = outline_faults(shapes, tolerances_in_force(session))
    errors = sum(fault.severity is Severity.ERROR for fault in faults)
    drawn = sum(shape.geom is not None for shape in shapes)
    if as_json:
        click.echo(json.dumps([fault_item(fault) for fault in faults], ensure_ascii=False, indent=1))
    else:
        click.echo(f"检查了 {len(shapes)} 个区划，其中 {drawn} 个有边界。")
        print_faults(faults)
    if errors:
        raise CommandError(f"现行边界有 {errors} 个错误、{len(faults) - errors} 个提醒。")
    if not as_json:
        click.echo(f"没有错误，{len(faults)} 个提醒。")


def fault_item(fault: Fault) -> dict[str, Any]:
    """Return a fault as programs read it; the place is WGS-84 lon lat."""
    place = fault.place
    return {
        "kind": str(fault.kind),
        "severity": str(fault.severity),
        "unit_code": fault.unit_code,
        "other_code": fault.other_code,
        "area_m2": round(fault.area_m2, 2),
        "lon": place.x if place else None,
        "lat": place.y if place else None,
        "message": fault.message,
        "suggestion": fault.suggestion,
    }
