"""``gridmap demo``: load a demonstration centre, list its accounts."""

from __future__ import annotations

import json
import time
from datetime import datetime

import click

from gridmap.cli.progress import progress


@click.group()
def demo() -> None:
    """示例中心：装入数据，列出账号。

    \b
    示例：
      gridmap demo load --size town
      gridmap demo accounts
    """


@demo.command()
@click.option("--size", type=click.Choice(["town", "county", "city"]), default="town", show_default=True,
              help="规模：town 乡镇（约一千件事件）、county 区县（两万件）、city 地市（一百万件，供测速）。")  # fmt: skip
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=1,
    show_default=True,
    help="随机种子；种子和日期相同则数据相同。",
)
@click.option("--as-of", "as_of", type=click.DateTime(["%Y-%m-%d"]), help="数据截止日（默认今天），格式如 2026-06-30。")
@click.option("--replace", is_flag=True, help="先清除现有区划、事件和示例账号，再装入。")
def load(size: str, seed: int, as_of: datetime | None, replace: bool) -> None:
    """装入示例数据：真实区划代码和区县边界，其下边界、人员、事件均为示例。

    \b
    示例：
      gridmap demo load --size county --seed 7
    """
    from gridmap.demo import demo_password, load_demo

    started = time.monotonic()
    with progress("装入示例中心") as steps:
        loaded = load_demo(size, seed, steps, as_of=as_of.date() if as_of else None, replace=replace)
    click.echo(
        f"已装入{loaded.label}：区划 {loaded.units} 个、边界 {loaded.outlines} 个、人员 {loaded.accounts} 名、"
        f"事件 {loaded.cases} 件，用时 {time.monotonic() - started:.1f} 秒。"
    )
    click.echo(f"示例账号密码：{demo_password()}（账号见 gridmap demo accounts）。")


@demo.command()
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def accounts(as_json: bool) -> None:
    """列出可登录的示例账号：用户名、角色、区划。

    \b
    示例：
      gridmap demo accounts --json
    """
    from gridmap.demo import demo_accounts

    found = demo_accounts()
    if as_json:
        click.echo(json.dumps([account.as_dict() for account in found], ensure_ascii=False, indent=2))
        return
    if not found:
        click.echo("没有示例账号：请先运行 gridmap demo load。")
        return
    for account in found:
        click.echo(
            f"{account.username:<14}{account.role_name}\t{account.unit_code:015d}\t{account.name}\t{account.unit}"
        )
    click.echo(f"密码（各账号相同，自行改过的除外）：{found[0].password}")
