"""``gridmap db``: the private cluster and the schema."""

from __future__ import annotations

import os
import shutil

import click

from gridmap.cli.errors import CommandError
from gridmap.cli.progress import progress
from gridmap.config import settings


def private_cluster() -> bool:
    """Say whether the product runs its own cluster (no ``GRIDMAP_DATABASE_URL``)."""
    return not settings().database_url


@click.group()
def db() -> None:
    """数据库：启动、停止、升级结构、查看状态、打开 psql。

    \b
    示例：
      gridmap db start
      gridmap db status
    """


@db.command()
def start() -> None:
    """启动项目自带的数据库（首次会建立）；已在运行则什么也不做。

    \b
    示例：
      gridmap db start
    """
    from gridmap.cluster import Cluster

    if not private_cluster():
        click.echo("已用 GRIDMAP_DATABASE_URL 指定数据库，无需启动自带的数据库。")
        return
    with progress("正在启动数据库"):
        started = Cluster(settings().instance_dir).start()
    verb = "已在运行" if started.was_running else "已建立并启动" if started.made else "已启动"
    click.echo(f"数据库{verb}：127.0.0.1:{started.url.port}。")


@db.command()
def stop() -> None:
    """停止项目自带的数据库，数据保留。

    \b
    示例：
      gridmap db stop
    """
    from gridmap.cluster import Cluster

    if not private_cluster():
        raise CommandError("数据库由 GRIDMAP_DATABASE_URL 指定，不归本项目停止。")
    with progress("正在停止数据库"):
        stopped = Cluster(settings().instance_dir).stop()
    click.echo("数据库已停止。" if stopped else "数据库没有在运行。")


@db.command()
def migrate() -> None:
    """把数据库结构升级到最新；已是最新则什么也不做。

    \b
    示例：
      gridmap db migrate
    """
    from gridmap.db import migrate as upgrade
    from gridmap.db import migration_state

    url = settings().admin_url()
    before, _ = migration_state(url)
    with progress("正在升级数据库结构"):
        upgrade(url)
    after, _ = migration_state(url)
    click.echo(f"结构已是最新（{after}）。" if before == after else f"结构已升级：{before or '空库'} → {after}。")


@db.command()
def status() -> None:
    """查看数据库是否在运行、结构是否最新；不正常时退出码为 1。

    \b
    示例：
      gridmap db status
    """
    from gridmap.cluster import Cluster
    from gridmap.db import migration_state

    if private_cluster():
        now = Cluster(settings().instance_dir).status()
        if not now.exists:
            raise CommandError("数据库还没有建立：请运行 gridmap db start。")
        if not now.running:
            raise CommandError("数据库已停止：请运行 gridmap db start。")
        click.echo(f"数据库：PostgreSQL {now.major}，127.0.0.1:{now.port}，进程 {now.pid}，数据在 {now.home}。")
    else:
        url = settings().admin_url()
        click.echo(f"数据库：{url.host}:{url.port or 5432}/{url.database}（由 GRIDMAP_DATABASE_URL 指定）。")
    current, head = migration_state(settings().admin_url())
    if current != head:
        raise CommandError(f"结构不是最新（现为 {current or '空库'}，应为 {head}）：请运行 gridmap db migrate。")
    click.echo(f"结构：已是最新（{head}）。")
    click.echo(_queue_line())


def _queue_line() -> str:
    """Return how many jobs wait and how many failed."""
    from sqlalchemy import text

    from gridmap.db import owner_session

    with owner_session() as session:
        counts: dict[str, int] = dict(
            session.execute(text("select status::text, count(*) from procrastinate_jobs group by 1")).tuples().all()
        )
    return f"任务队列：等待 {counts.get('todo', 0)} 个，正在运行 {counts.get('doing', 0)} 个，失败 {counts.get('failed', 0)} 个。"


@db.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(arguments: tuple[str, ...]) -> None:
    """以表的所有者身份打开 psql；后面的参数原样交给 psql。

    \b
    示例：
      gridmap db psql
      gridmap db psql -c "select count(*) from units"
    """
    program = shutil.which("psql")
    if program is None:
        raise CommandError("没有找到 psql：请安装 postgresql-client。")
    url = settings().admin_url()
    environment = dict(os.environ)
    parts = {"PGHOST": url.host, "PGPORT": url.port, "PGUSER": url.username, "PGDATABASE": url.database}
    environment.update({name: str(value) for name, value in parts.items() if value})
    environment.update({f"PG{name.upper()}": str(value) for name, value in url.query.items()})
    if url.password:
        environment["PGPASSWORD"] = str(url.password)
    os.execve(program, [program, *arguments], environment)  # noqa: S606 - this is what the person asked for
