"""`gridmap accounts`: add a person from the command line."""

from __future__ import annotations

import sys

import click

from gridmap.access import ROLE_NAMES, Role
from gridmap.cli.errors import CommandError


@click.group()
def accounts() -> None:
    """账号：新建登录账号。

    \b
    示例：
      gridmap accounts create --username li.demo --name 李示例 --role leader --unit 220102200
    """


@accounts.command()
@click.option("--username", required=True, help="用户名，2–40 位小写字母、数字、点、横线。")
@click.option("--name", required=True, help="姓名。")
@click.option("--role", required=True, type=click.Choice([r.value for r in Role]), help="岗位角色。")
@click.option("--unit", required=True, help="所属区划代码（2、4、6、9、12 或 15 位；0 为全系统）。")
@click.option("--department", default="", help="所在部门，如 司法所；角色为 department_handler 时必填。")
@click.option("--password-stdin", is_flag=True, help="从标准输入的第一行读取初始密码；不给则提示输入。")
def create(username: str, name: str, role: str, unit: str, department: str, password_stdin: bool) -> None:
    """新建账号并给予一个岗位；初始密码不写在命令行上（进程列表和命令历史会泄露它），首次登录须修改。

    \b
    示例：
      gridmap accounts create --username li.demo --name 李示例 --role leader --unit 220102200
      gridmap accounts create --username li.demo --name 李示例 --role leader --unit 220102200 --password-stdin < 密码文件
    """
    from gridmap.accounts.actions import create_account
    from gridmap.db import owner_session

    if unit != "0" and not (unit.isascii() and unit.isdigit() and len(unit) in (2, 4, 6, 9, 12, 15)):
        raise CommandError(f"--unit {unit}：区划代码应为 2、4、6、9、12 或 15 位数字，0 为全系统。")
    unit_code = int(unit.ljust(15, "0"))
    secret = _first_line() if password_stdin else _asked()
    with owner_session() as session:
        _require_unit(session, unit_code)
        create_account(
            session,
            None,
            username=username,
            name=name,
            password=secret,
            role=Role(role),
            unit_code=unit_code,
            department=department.strip(),
            must_change=True,
        )
    click.echo(f"已新建账号 {username}（{ROLE_NAMES[Role(role)]}，{unit_code:015d}），首次登录须修改密码。")


def _first_line() -> str:
    """Return the first line of the standard input. Raises ``CommandError`` when it is empty."""
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise CommandError("标准输入里没有密码：请把初始密码作为第一行输入。")
    return line


def _asked() -> str:
    """Ask for the password twice, unseen. Raises ``CommandError`` where nobody can be asked."""
    if not sys.stdin.isatty():
        raise CommandError("这里不能提示输入密码：请加 --password-stdin，并从标准输入给出初始密码。")
    return str(click.prompt("初始密码", hide_input=True, confirmation_prompt="再输一次"))


def _require_unit(session: object, unit_code: int) -> None:
    from sqlalchemy.orm import Session

    from gridmap.accounts.queries import unit_in_force
    from gridmap.clock import today

    assert isinstance(session, Session)
    if not unit_in_force(session, unit_code, today()):
        raise CommandError(
            f"区划 {unit_code:015d} 不存在、已经撤销或尚未生效：请核对代码，或先用 gridmap units import-divisions 导入区划代码。"
        )
