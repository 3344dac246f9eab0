"""The ``gridmap`` command: a table of names, loaded when used, so that help is quick."""

from __future__ import annotations

import importlib
import re
import sys
from dataclasses import dataclass

import click

from gridmap.cli.chinese import speak_chinese
from gridmap.cli.errors import CommandError, fault_line, line_for, one_line

__all__ = ["CommandError", "cli", "main"]


speak_chinese()


@dataclass(frozen=True)
class Entry:
    """Where a command lives and what the list of commands says about it."""

    target: str
    help: str
    hidden: bool = False


TABLE: dict[str, Entry] = {
    "run": Entry("gridmap.cli.run:run", "启动整个系统：数据库、结构升级、示例数据、网页服务。"),
    "worker": Entry("gridmap.cli.run:worker", "运行后台任务队列（由 run 自动启动）。", hidden=True),
    "db": Entry("gridmap.cli.db:db", "数据库：启动、停止、升级结构、查看状态。"),
    "units": Entry("gridmap.cli.units:units", "区划与网格：导入代码和边界，检查几何。"),
    "demo": Entry("gridmap.cli.demo:demo", "示例中心：装入数据，列出账号。"),
    "worktime": Entry("gridmap.cli.worktime:worktime", "工作日历：导入每年的放假安排。"),
    "accounts": Entry("gridmap.cli.accounts:accounts", "账号：新建人员和岗位。"),
    "bench": Entry("gridmap.cli.bench:bench", "测量速度，逐项对照目标。"),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in the order of the table."""
        return list(TABLE)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return one command."""
        entry = TABLE.get(cmd_name)
        if entry is None:
            return None
        module, name = entry.target.split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands from the table, importing none."""
        with formatter.section("命令"):
            formatter.write_dl([(name, entry.help) for name, entry in TABLE.items() if not entry.hidden])


@click.group(
    cls=LazyGroup,
    subcommand_metavar="命令 …",
    options_metavar="[选项]",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
def cli() -> None:
    """网格防控图：综治中心的工作系统。

    \b
    示例：
      gridmap run --port 8001
      gridmap db status
      gridmap units import-divisions data/divisions/divisions.csv
    """


def usage_line(error: click.UsageError) -> str:
    """Return one line for a command typed wrongly, naming the command whose help answers it."""
    command = error.ctx.command_path if error.ctx else "gridmap"
    return f"{usage_fault(error)}（用法见 {command} --help）"


def usage_fault(error: click.UsageError) -> str:
    """Say in Chinese what was typed wrongly."""
    said = one_line(error.format_message())
    if isinstance(error, click.NoSuchOption):
        return f"没有这个选项：{error.option_name}"
    if isinstance(error, click.MissingParameter):
        return f"缺少参数：{parameter_name(error.param)}"
    if isinstance(error, click.BadParameter):
        name = parameter_name(error.param)
        return f"{name} 的值有误：{value_fault(error)}"
    unknown = re.match(r"No such command '(.*)'", said)
    return f"没有这个命令：{unknown.group(1)}" if unknown else f"命令用法有误：{said}"


def value_fault(error: click.BadParameter) -> str:
    """Say in Chinese which values a parameter takes, where click would say it in English."""
    kind = error.param.type if error.param else None
    said = one_line(error.message)
    given = re.match(r"'(.*)' (?:is not|does not)", said)
    shown = f"“{given.group(1)}”" if given else "所给的值"
    if isinstance(kind, click.Choice):
        return f"{shown}不在可选范围内，可选 {'、'.join(map(str, kind.choices))}"
    if isinstance(kind, click.IntRange) and kind.min is not None and kind.max is not None:
        return f"应为 {kind.min}～{kind.max} 的整数"
    if isinstance(kind, click.types.IntParamType):
        return f"{shown}不是整数" if given else said
    if isinstance(kind, click.DateTime):
        return f"{shown}不是日期，应为 YYYY-MM-DD"
    return said


def parameter_name(parameter: click.Parameter | None) -> str:
    """Return an option as it is typed (``--port``), an argument by its name in the help."""
    if isinstance(parameter, click.Option):
        return parameter.opts[-1]
    return parameter.human_readable_name if parameter else "参数"


def main(arguments: list[str] | None = None) -> None:
    """Run the command; every expected failure ends as one line on stderr (exit 1; wrong usage 2), without a trace."""
    try:
        cli.main(args=arguments, prog_name="gridmap", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        sys.exit(2)
    except click.UsageError as error:
        stop(usage_line(error), 2)
    except click.ClickException as error:
        stop(error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        stop("已取消。", 130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except Exception as error:
        stop(line_for(error) or fault_line(error), 1)


def stop(text: str, code: int) -> None:
    """Print one line on stderr and end with ``code``."""
    click.echo(one_line(text), err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
