# Everything starts from a bare Debian 12 or Ubuntu with python3 (3.11+) and make; the rest is installed where missing.
# Settings (GRIDMAP_PORT, GRIDMAP_DATABASE_URL, ...) may be given here: make run GRIDMAP_PORT=8001

PYTHON ?= python3
GRIDMAP := .venv/bin/gridmap
export PATH := $(PATH):$(CURDIR)/.venv/bin

.DEFAULT_GOAL := help
.PHONY: help run test check bench format db-psql

help: ## 列出全部目标
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## 安装缺少的部分，启动整个系统（http://127.0.0.1:8000），Ctrl-C 停止
	@$(PYTHON) scripts/setup.py --for run
	@$(GRIDMAP) run

test: ## 全部检查和测试（单元、真实 PostGIS、真实浏览器）
	@$(PYTHON) scripts/setup.py --for test
	@.venv/bin/python scripts/check.py
	@.venv/bin/python -m pytest -n 3 --dist loadgroup $(ARGS)

check: ## 风格、类型、导入约定、模板、脚本语法
	@$(PYTHON) scripts/setup.py --for check
	@.venv/bin/python scripts/check.py

bench: ## 测量速度并对照目标（ARGS="map --json 结果.json"）
	@$(PYTHON) scripts/setup.py --for bench
	@$(GRIDMAP) bench $(ARGS)

format: ## 按约定重排代码
	@$(PYTHON) scripts/setup.py --for check
	@.venv/bin/ruff check --fix-only --quiet . && .venv/bin/ruff format .

db-psql: ## 打开正在运行的数据库
	@$(GRIDMAP) db psql
