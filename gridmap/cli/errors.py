"""Turning an expected failure into one Chinese line and an exit code."""

from __future__ import annotations

import errno
import re
import sys
from pathlib import Path

import click

OPTIONS = {
    field: f"（选项 {option}）"
    for field, option in {
        "epsg": "--epsg",
        "datum": "--datum",
        "layer": "--layer",
        "code_field": "--code-field",
        "name_field": "--name-field",
    }.items()
}
"""How a command is told what a form asks for in a field of the same name."""


class CommandError(click.ClickException):
    """A command cannot do what was asked; the message is one Chinese line with the remedy."""

    exit_code = 1

    def show(self, file: object = None) -> None:  # noqa: ARG002 - click's own signature
        """Print the one line on stderr."""
        click.echo(one_line(self.message), err=True)


def one_line(text: str) -> str:
    """Return ``text`` as a single line: an error is one line, so that programs can read it too."""
    parts = [part.strip() for part in text.splitlines() if part.strip()]
    return "；".join(part.rstrip("；;") for part in parts) or "未知错误"


def first_sentence(text: str) -> str:
    """Return the first line that says something."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def without_password(text: str) -> str:
    """Return ``text`` with the password of any connection string hidden."""
    return re.sub(r"(://[^:/@\s]+):[^@\s]+@", r"\1:***@", text)


def os_line(error: OSError) -> str:
    """Return the line for a failure of the operating system."""
    where = f"：{error.filename}" if error.filename else ""
    known = {
        errno.ENOSPC: "磁盘已满，请清理磁盘后重试",
        errno.EDQUOT: "磁盘配额已用完，请清理后重试",
        errno.ENOENT: "文件不存在，请核对路径",
        errno.EACCES: "没有权限读写，请检查文件属主和权限",
        errno.EPERM: "没有权限，请检查文件属主和权限",
        errno.EISDIR: "这是文件夹，需要一个文件",
        errno.ENOTDIR: "路径中有一段不是文件夹",
        errno.EADDRINUSE: "端口已被占用，请用 --port 换一个",
        errno.EROFS: "文件系统只读，请换一个 GRIDMAP_INSTANCE_DIR",
    }
    return f"{known.get(error.errno or 0, error.strerror or str(error))}{where}。"


def settings_line(error: Exception) -> str:
    """Return the line for settings that pydantic refused, naming each variable."""
    faults = []
    for fault in error.errors():  # type: ignore[attr-defined]
        name = "GRIDMAP_" + "_".join(str(part) for part in fault["loc"]).upper()
        faults.append(f"{name}（现为 {str(fault.get('input'))[:40]}：{fault['msg']}）")
    return f"设置有误：{'、'.join(faults)}，请改正环境变量后重试。"


def database_line(error: Exception) -> str:
    """Return the line for a database that cannot be reached or lacks something."""
    said = without_password(first_sentence(str(getattr(error, "orig", None) or error)))
    if "password authentication failed" in said:
        return "数据库密码不对：请核对 GRIDMAP_DATABASE_URL。"
    if "does not exist" in said and "database" in said:
        return f"数据库不存在（{said}）：请先建库，或核对 GRIDMAP_DATABASE_URL。"
    state = getattr(getattr(error, "orig", error), "pgcode", None)
    if state in ("55P03", "40P01", "40001"):
        return "别人正在修改同一内容，本次未保存：请稍后再试。"
    if state == "57014":
        return "数据库操作时间过长，已停止：请稍后再试。"
    if "No space left" in said:
        return "数据库所在磁盘已满，请清理磁盘后重试。"
    return f"连不上数据库（{said}）：请先运行 gridmap db start，或核对 GRIDMAP_DATABASE_URL。"


def undefined_line(error: Exception) -> str | None:
    """Return the line for a database whose tables are not there yet, or None for any other programming error."""
    if type(getattr(error, "orig", None)).__name__ in ("UndefinedTable", "InvalidSchemaName", "UndefinedColumn"):
        return "数据库结构不是最新：请先运行 gridmap db migrate。"
    return None


def line_for(error: Exception) -> str | None:
    """Return the one line an expected error deserves, or None when it is a fault of the program."""
    from pydantic import ValidationError
    from sqlalchemy.exc import OperationalError, ProgrammingError

    from gridmap.errors import GridmapError

    if isinstance(error, GridmapError):
        return error_with_rows(error) + OPTIONS.get(str(getattr(error, "field", "")), "")
    if isinstance(error, ValidationError):
        return settings_line(error)
    if isinstance(error, OperationalError) or type(error).__module__.startswith("psycopg"):
        return database_line(error)
    if isinstance(error, ProgrammingError):
        return undefined_line(error)
    if isinstance(error, UnicodeDecodeError):
        return "文件编码无法识别：请另存为 UTF-8 后重试。"
    if isinstance(error, OSError):
        return os_line(error)
    if type(error) is RuntimeError:
        return str(error)
    return None


def fault_line(error: Exception) -> str:
    """Return the line for a fault of the program itself, whose trace goes to ``<instance>/logs/errors.log``.

    Where the trace cannot be kept, ``error`` itself is raised.
    """
    import traceback

    from gridmap.clock import now
    from gridmap.config import settings

    try:
        log = settings().instance_dir / "logs" / "errors.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with open(log, "a", encoding="utf-8") as out:
            out.write(f"{now().isoformat()} {' '.join(sys.argv)}\n{''.join(traceback.format_exception(error))}\n")
    except Exception:
        raise error from None
    return f"程序出错（{type(error).__name__}：{first_sentence(str(error))[:200]}）：详情见 {log}，请把它交给维护人员。"


def error_with_rows(error: Exception) -> str:
    """Return the error's message, with its first rows and how many more there are."""
    rows = getattr(error, "rows", [])
    if not rows:
        return str(error)
    shown = "；".join(
        f"第 {row.row} 行{f' {row.field}' if row.field else ''}：{row.message}" if row.row else row.message
        for row in rows[:3]
    )
    more = f"；另有 {len(rows) - 3} 处" if len(rows) > 3 else ""
    return f"{str(error).rstrip('。')}：{shown}{more}"


def existing_file(context: click.Context, parameter: click.Parameter, value: str) -> Path:  # noqa: ARG001
    """Check a FILE argument (click callback). Raises ``CommandError`` when it cannot be read."""
    path = Path(value)
    if not path.exists():
        raise CommandError(f"文件不存在：{value}，请核对路径。")
    if path.is_dir():
        raise CommandError(f"{value} 是文件夹，需要一个文件。")
    return path
