"""What set-up says: one line per step with its time, long output in a log, and one sentence when a step fails."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BEAT_S = 20.0

# (what the log says, what the person reads); the first match wins
CAUSES = (
    (r"No space left on device|ENOSPC|Disk quota exceeded|not enough free space", "磁盘已满，请清理磁盘后重试"),
    (
        r"Temporary failure resolving|Could not resolve|ENOTFOUND|EAI_AGAIN|Name or service not known"
        r"|Temporary failure in name resolution|Network is unreachable|ENETUNREACH",
        "没有网络，请检查网络和代理设置后重试",
    ),
    (
        r"Connection timed out|ETIMEDOUT|Read timed out|Connection refused|ECONNREFUSED|ECONNRESET|Failed to fetch"
        r"|Max retries exceeded|ConnectTimeout|Unable to connect|SSLError|CERTIFICATE_VERIFY_FAILED|certificate",
        "连不上软件源，请检查网络、代理和证书设置后重试",
    ),
    (r"Could not get lock|is another process using it", "另一个安装程序正在运行，请等它结束后重试"),
    (
        r"Unable to locate package|has no installation candidate|No matching distribution found",
        "软件源里没有需要的软件包，请检查软件源设置（应含 main）后重试",
    ),
    (
        r"a password is required|not in the sudoers|incorrect password",
        "没有管理员权限，请以 root 或可用 sudo 的账号运行",
    ),
    (r"Permission denied|EACCES", "没有目录权限，请检查项目目录的属主"),
)


class SetupError(Exception):
    """A step cannot be done; the text is one Chinese sentence with the remedy."""


def cause_of(output: str) -> str | None:
    """Return the Chinese cause and remedy for what a program printed, or None when it is not known."""
    for pattern, text in CAUSES:
        if re.search(pattern, output, re.IGNORECASE):
            return text
    return None


def instance_dir() -> Path:
    """Return the folder of run-time data, as the product itself finds it."""
    return Path(os.environ.get("GRIDMAP_INSTANCE_DIR") or ROOT / "instance")


def log_file() -> Path:
    """Return the log of set-up, made when missing."""
    folder = instance_dir() / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "setup.log"


class Step:
    """One line of progress: ``with Step("…") as step: step.run([...])``."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.started = time.monotonic()

    def __enter__(self) -> Step:
        self.started = time.monotonic()
        self.beaten = self.started
        print(f"· {self.what} …", end="", flush=True)
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            self._clear()
            print(f" {time.monotonic() - self.started:.1f} 秒", flush=True)
        else:
            print(flush=True)

    def _clear(self) -> None:
        if sys.stdout.isatty():
            print(f"\r\033[K· {self.what} …", end="", flush=True)

    def _beat(self) -> None:
        """Show that it goes on: a running clock on a terminal, a line now and then elsewhere."""
        now = time.monotonic()
        if sys.stdout.isatty():
            print(f"\r\033[K· {self.what} … {now - self.started:.0f} 秒", end="", flush=True)
        elif now - self.beaten > BEAT_S:
            self.beaten = now
            print(f" {now - self.started:.0f} 秒 …", end="", flush=True)

    def run(self, command: list[str], env: dict[str, str] | None = None, cwd: Path = ROOT) -> None:
        """Run a program with its output in the log. Raises ``SetupError`` with cause and remedy when it fails."""
        code, output = self.attempt(command, env, cwd)
        if code != 0:
            raise self.failure(output)

    def attempt(self, command: list[str], env: dict[str, str] | None = None, cwd: Path = ROOT) -> tuple[int, str]:
        """Run a program with its output in the log; return its exit code and what it printed."""
        log = log_file()
        with open(log, "ab") as out:
            begin = out.tell()
            out.write(f"\n$ {' '.join(command)}\n".encode())
            out.flush()
            process = subprocess.Popen(
                command, cwd=cwd, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})}
            )
            try:
                while True:
                    try:
                        code = process.wait(0.5)
                        break
                    except subprocess.TimeoutExpired:
                        self._beat()
            except BaseException:
                process.terminate()
                process.wait()
                raise
        with open(log, "rb") as said:
            said.seek(begin)
            return code, said.read().decode("utf-8", "replace")

    def failure(self, output: str) -> SetupError:
        """Return the error for this step from what its program printed."""
        cause = cause_of(output)
        if cause is None:
            lines = [line.strip() for line in output.splitlines() if line.strip()]
            cause = f"程序报告“{lines[-1][:160]}”，请按提示处理后重试" if lines else "没有更多说明"
        return SetupError(f"{self.what}失败：{cause}（详情见 {log_file()}）。")
