"""``gridmap run``: everything on one machine, from the database to the address to open."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from gridmap.cli.errors import CommandError
from gridmap.cli.progress import progress
from gridmap.config import Settings, settings

if TYPE_CHECKING:
    from gridmap.cli.processes import Children

WORKER_NICE = 10  # jobs let those go first who wait for an answer


@dataclass(frozen=True)
class Place:
    """Where the web server listens, and with how many processes."""

    host: str
    port: int
    workers: int


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="网页端口（默认 8000，或 GRIDMAP_PORT）。")
@click.option("--host", help="监听地址（默认 127.0.0.1，或 GRIDMAP_HOST）。")
@click.option("--workers", type=click.IntRange(1, 64), help="网页进程数（默认 2，或 GRIDMAP_WORKERS）。")
def run(port: int | None, host: str | None, workers: int | None) -> None:
    """启动整个系统：数据库、结构升级、示例数据（仅空库）、网页服务；按 Ctrl-C 停止。

    \b
    示例：
      gridmap run
      gridmap run --port 8001
    """
    from gridmap.cli.processes import signals_interrupt

    chosen = settings()
    place = Place(host or chosen.host, port or chosen.port, workers or chosen.workers)
    check_port(place)
    with signals_interrupt(), database(chosen):
        bring_up_to_date()
        load_demo_when_empty()
        serve(place, chosen)


@click.command()
def worker() -> None:
    """运行后台任务队列，直到收到停止信号；通常由 gridmap run 启动。

    \b
    示例：
      gridmap worker
    """
    from gridmap.jobs import work

    os.nice(WORKER_NICE)
    work()


@contextmanager
def said(what: str) -> Iterator[None]:
    """Print what a step does, and how long it took."""
    started = time.monotonic()
    click.echo(f"· {what} …", nl=False)
    try:
        yield
    except BaseException:
        click.echo("")
        raise
    click.echo(f" {time.monotonic() - started:.1f} 秒")


def check_port(place: Place) -> None:
    """Raise ``CommandError`` when the port is taken, before anything slow begins."""
    from gridmap.cluster.ports import is_free

    if not is_free(place.port, place.host):
        raise CommandError(
            f"端口 {place.port} 不能监听（多半已被占用）：请用 --port {place.port + 1}"
            f"（make run GRIDMAP_PORT={place.port + 1}），或结束占用它的程序。"
        )


@contextmanager
def database(chosen: Settings) -> Iterator[None]:
    """Run the block with a running database; a cluster that we started is stopped at the end."""
    from gridmap.cli.processes import uninterrupted
    from gridmap.cluster import Cluster

    if chosen.database_url:
        yield
        return
    cluster = Cluster(chosen.instance_dir)
    ours = not cluster.status().running
    try:
        with said("启动数据库" if cluster.status().exists else "建立并启动数据库"):
            cluster.start()
        yield
    finally:
        if ours:
            with uninterrupted():
                cluster.stop()


def bring_up_to_date() -> None:
    """Migrate when the schema is not the newest; let the roles of the application log in, also after a change of password."""
    from gridmap.db import keep_role_passwords, migrate, migration_state

    url = settings().admin_url()
    current, head = migration_state(url)
    if current != head:
        with said(f"升级数据库结构到 {head}"):
            migrate(url)
    else:
        keep_role_passwords(url)


def load_demo_when_empty() -> None:
    """Load the demonstration town when there is no unit yet."""
    from sqlalchemy import text

    from gridmap.db import owner_session

    with owner_session() as session:
        if session.execute(text("select exists (select from units)")).scalar():
            _keep_demo_password()
            return
    from gridmap.demo import load_demo

    started = time.monotonic()
    click.echo("· 数据库是空的，装入示例中心（镇级规模）…")
    with progress("装入示例中心") as steps:
        loaded = load_demo(size="town", progress=steps)
    amount = f"区划 {loaded.units} 个、人员 {loaded.accounts} 名、事件 {loaded.cases} 件"
    click.echo(f"  已装入{loaded.label}：{amount}，{time.monotonic() - started:.1f} 秒")


def _keep_demo_password() -> None:
    """Make the password that will be printed the true one, also when another was set since the last start."""
    from gridmap.demo import keep_password

    changed = keep_password()
    if changed:
        click.echo(f"· 已按当前设置更新 {changed} 个示例账号的密码")


def serve(place: Place, chosen: Settings) -> None:
    """Start the web server and the queue worker, print where to go, and wait for the signal to stop."""
    from gridmap.cli.processes import Children, local_address, uninterrupted, wait_ready, web_command, worker_command

    logs = chosen.instance_dir / "logs"
    children = Children(logs, {**os.environ, "GRIDMAP_PORT": str(place.port), "GRIDMAP_HOST": place.host})
    address = local_address(place.host, place.port)
    try:
        with said("启动网页服务"):
            children.start("网页服务", web_command(place.host, place.port, place.workers, logs), "web.log")
            wait_ready(children, address)
        # after the web server, so that on a small machine it does not slow the first page down
        children.start("任务队列", worker_command(), "worker.log", restart=True)
        show_accounts(address)
        watch(children)
    except KeyboardInterrupt:
        click.echo("\n正在停止 …")
    finally:
        with uninterrupted():
            children.stop()
    click.echo("已停止，数据保留。")


def watch(children: Children) -> None:
    """Wait until interrupted; the queue's worker is started again. Raises ``CommandError`` when the web server ends by itself."""
    from gridmap.cli.processes import interrupted

    while not interrupted.asked:
        children.check()
        time.sleep(0.5)
    raise KeyboardInterrupt


def show_accounts(address: str) -> None:
    """Print the address and the demonstration accounts, when the demonstration is loaded."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    from gridmap.demo import demo_accounts

    click.echo(f"\n网格防控图已就绪：{address}\n")
    accounts = demo_accounts()
    if accounts:
        table = Table("用户名", "姓名", "角色", "所在", title="示例账号", title_justify="left", box=SIMPLE)
        for account in accounts:
            table.add_row(account.username, account.name, account.role_name, account.unit)
        Console(width=None if os.isatty(1) else 100).print(table)
        click.echo(f"密码（各账号相同，自行改过的除外）：{accounts[0].password}\n")
    click.echo("按 Ctrl-C 停止。")
