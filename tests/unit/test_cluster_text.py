"""The cluster's generated texts and choices, without a server."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.cluster.binaries import Binaries, major_of, newest
from gridmap.cluster.ports import choose_port
from gridmap.cluster.server import explain, write_private
from gridmap.cluster.tuning import conf_text, hba_text, machine_memory_mb, port_in, tuned


def mb(text: str) -> int:
    return int(text.removesuffix("GB")) * 1024 if text.endswith("GB") else int(text.removesuffix("MB"))


@given(st.integers(256, 2_000_000))
def test_memory_settings_never_promise_more_than_the_machine_has(memory_mb: int) -> None:
    settings = tuned(memory_mb)
    assert 64 <= mb(settings["shared_buffers"]) <= max(64, min(4096, memory_mb // 4))
    assert mb(settings["effective_cache_size"]) <= max(128, memory_mb)
    assert 8 <= mb(settings["work_mem"]) <= 32


def test_a_quarter_of_the_memory_up_to_four_gigabytes() -> None:
    assert tuned(8192)["shared_buffers"] == "2048MB"
    assert tuned(65536)["shared_buffers"] == "4096MB"
    assert tuned(8192)["work_mem"] == "32MB"


def test_a_few_megabytes_more_do_not_rewrite_the_file() -> None:
    assert conf_text(25432, 8192) == conf_text(25432, 8200)
    assert conf_text(25432, 8192) != conf_text(25432, 16384)


def test_conf_listens_on_loopback_only_and_has_no_socket() -> None:
    text = conf_text(25440, 4096)
    assert "listen_addresses = '127.0.0.1'" in text
    assert "unix_socket_directories = ''" in text
    assert "jit = off" in text
    assert port_in(text) == 25440


def test_the_log_quotes_no_rows_and_no_statements() -> None:
    lines = conf_text(25440, 4096).splitlines()
    assert "log_error_verbosity = terse" in lines
    assert "log_min_error_statement = panic" in lines
    assert "log_min_duration_statement = -1" in lines


def test_port_of_a_text_without_one() -> None:
    assert port_in("jit = off\n") is None


def test_every_door_of_the_cluster_asks_for_a_password() -> None:
    rules = [line.split() for line in hba_text().splitlines() if line and not line.startswith("#")]
    assert {rule[0] for rule in rules} == {"host"}
    assert {rule[-1] for rule in rules} == {"scram-sha-256"}
    assert {rule[3] for rule in rules} == {"127.0.0.1/32"}


def test_memory_is_the_lower_of_machine_and_container(tmp_path: Path) -> None:
    meminfo, limit = tmp_path / "meminfo", tmp_path / "memory.max"
    meminfo.write_text("MemTotal:       16777216 kB\nMemFree: 1 kB\n")
    assert machine_memory_mb(meminfo, limit) == 16384
    limit.write_text("max\n")
    assert machine_memory_mb(meminfo, limit) == 16384
    limit.write_text(f"{2 * 1024**3}\n")
    assert machine_memory_mb(meminfo, limit) == 2048


@pytest.mark.parametrize(
    ("text", "major"),
    [("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", 15), ("PostgreSQL 18beta1", 18), ("nonsense", 0)],
)
def test_major_version(text: str, major: int) -> None:
    assert major_of(text) == major


def test_the_newest_server_that_is_new_enough_is_taken() -> None:
    servers = [Binaries(14, Path("a")), Binaries(15, Path("b")), Binaries(17, Path("c")), Binaries(16, Path("d"))]
    assert newest(servers) == Binaries(17, Path("c"))
    assert newest(servers[:1]) is None


def test_the_kept_port_stays_while_it_is_free() -> None:
    assert choose_port(25500, [25432, 25433], lambda port: True) == 25500


def test_another_port_is_taken_when_somebody_has_ours() -> None:
    assert choose_port(25500, [25500, 25432, 25433], lambda port: port == 25433) == 25433


def test_the_first_free_port_is_chosen_for_a_new_cluster() -> None:
    assert choose_port(None, [25432, 25433], lambda port: True) == 25432


def test_a_kept_port_that_is_only_being_tried_by_somebody_is_waited_for() -> None:
    answers = iter([False, False, True])
    assert choose_port(25500, [25432], lambda port: next(answers), patience_s=5) == 25500


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ('initdb: error: could not write file "x": No space left on device', "清理磁盘"),
        ("FATAL: could not create shared memory segment: Cannot allocate memory", "内存不足"),
        ("initdb: error: could not access directory: Permission denied", "属主"),
        ("something\nFATAL:  odd thing\n\n", "odd thing"),
    ],
)
def test_what_postgres_says_becomes_one_chinese_sentence(said: str, remedy: str) -> None:
    line = explain("数据库建不起来", said)
    assert remedy in line
    assert "\n" not in line


def test_private_file_is_replaced_whole_and_readable_by_nobody_else(tmp_path: Path) -> None:
    file = tmp_path / "database-url"
    write_private(file, "one")
    write_private(file, "two")
    assert file.read_text() == "two"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["database-url"]
