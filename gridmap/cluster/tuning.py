"""The cluster's generated configuration: plain functions from the machine's memory to text.

Sources: the PostgreSQL manual, chapters "Resource Consumption" and "Write Ahead Log" (a quarter of the memory as
shared buffers, three quarters as an estimate of what the system caches), and what this project measured (``jit`` costs
more than it brings on queries of a few milliseconds; ``random_page_cost`` near 1 on solid-state disks).
"""

from __future__ import annotations

from pathlib import Path

MIB = 1024 * 1024
CONF_NAME = "gridmap.conf"


def machine_memory_mb(
    meminfo: Path = Path("/proc/meminfo"), limit: Path = Path("/sys/fs/cgroup/memory.max"), default_mb: int = 2048
) -> int:
    """Return the memory this process may use, in MiB: the machine's, or a container's limit when that is lower."""
    total_mb = default_mb
    if meminfo.exists():
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemTotal:"):
                total_mb = int(line.split()[1]) // 1024
    text = limit.read_text().strip() if limit.exists() else "max"
    if text.isdigit():
        total_mb = min(total_mb, int(text) // MIB)
    return max(total_mb, 256)


def between(low: int, value: int, high: int) -> int:
    """Return ``value`` held between two bounds."""
    return max(low, min(value, high))


def tuned(memory_mb: int) -> dict[str, str]:
    """Return the settings that depend on memory (``memory_mb`` in MiB), and the fixed ones that go with them.

    The product shares the machine with its own web processes, so shared buffers stop at 4 GB.
    """
    # rounded to 64 MiB so that a few megabytes more or less do not rewrite the file
    memory_mb = max(256, memory_mb // 64 * 64)
    return {
        "shared_buffers": f"{between(64, memory_mb // 4, 4096)}MB",
        "effective_cache_size": f"{between(128, memory_mb * 3 // 4, 65536)}MB",
        "work_mem": f"{between(8, memory_mb // 64, 32)}MB",
        "maintenance_work_mem": f"{between(64, memory_mb // 16, 1024)}MB",
        "max_wal_size": "4GB" if memory_mb >= 2048 else "1GB",
        "min_wal_size": "256MB",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "wal_compression": "on",
        "random_page_cost": "1.1",
        "effective_io_concurrency": "200",
        "jit": "off",
        "max_connections": "120",
    }


def conf_text(port: int, memory_mb: int) -> str:
    """Return the text of ``gridmap.conf`` for a cluster on loopback ``port``."""
    fixed = {
        "listen_addresses": "'127.0.0.1'",
        "port": str(port),
        "unix_socket_directories": "''",
        "password_encryption": "'scram-sha-256'",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "logging_collector": "on",
        "log_directory": "'log'",
        "log_filename": "'postgresql-%a.log'",
        "log_rotation_age": "1d",
        "log_truncate_on_rotation": "on",
        # What people wrote does not belong into logs: no DETAIL (it quotes rows) and no statement (its text holds the values;
        # how long a page took is in the web server's log).
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_min_duration_statement": "-1",
        "lc_messages": "'C'",
        "track_io_timing": "on",
    }
    lines = ["# Written by `gridmap db start`; local changes belong in postgresql.auto.conf (ALTER SYSTEM)."]
    lines += [f"{name} = {value}" for name, value in {**fixed, **tuned(memory_mb)}.items()]
    return "\n".join(lines) + "\n"


def hba_text() -> str:
    """Return ``pg_hba.conf``: passwords only, from this machine only."""
    return "\n".join(
        [
            "# type  database     user  address       method",
            "host    all          all   127.0.0.1/32  scram-sha-256",
            "host    replication  all   127.0.0.1/32  scram-sha-256",
            "",
        ]
    )


def port_in(conf: str) -> int | None:
    """Return the port a ``gridmap.conf`` text names, or None."""
    for line in conf.splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "port" and value.strip().isdigit():
            return int(value)
    return None
