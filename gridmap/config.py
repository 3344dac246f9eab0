"""Typed settings, read once from the environment (prefix GRIDMAP_) and failing at start."""

from __future__ import annotations

import hashlib
import hmac
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parent.parent
APP_ROLE = "gridmap_app"
JOBS_ROLE = "gridmap_jobs"


class Settings(BaseSettings):
    """Everything that a place may set. Names in the environment carry the prefix ``GRIDMAP_``."""

    model_config = SettingsConfigDict(env_prefix="GRIDMAP_", extra="ignore")

    database_url: str = Field(default="", description="管理账号连接串；空则使用项目自带的数据库集群")
    instance_dir: Path = Field(default=ROOT / "instance", description="运行数据目录：数据库、密钥、上传文件")
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = Field(default=2, ge=1, le=64)
    proxies: int = Field(default=0, ge=0, le=5, description="前面有几层反向代理；按此取访客的真实地址")
    demo_password: str = ""
    secret_key: str = Field(default="", description="会话签名密钥；空则在运行数据目录中生成")
    keys: str = Field(default="", description="个人信息加密密钥文件；空则为运行数据目录中的 keys.json")
    session_minutes: int = Field(default=60, ge=1, description="无操作自动退出的分钟数")
    session_hours: int = Field(default=12, ge=1, description="一次登录的最长小时数")
    secure_cookies: bool = Field(default=False, description="仅通过 HTTPS 发送登录凭据（正式部署应打开）")
    basemap: str = Field(
        default="", description="底图：tianditu:<key>、xyz:<模板>、wmts:<模板>、pmtiles:<文件>；空为无底图"
    )
    max_upload_mb: int = Field(default=600, ge=1)
    max_unpacked_mb: int = Field(default=2000, ge=1, description="压缩包解开后的上限")
    max_photo_mb: int = Field(default=20, ge=1)
    page_timeout_seconds: float = Field(default=15, gt=0, le=3600, description="一次数据库查询的最长秒数（网页）")
    keep_sign_in_days: int = Field(default=190, ge=1, description="登录记录保留的天数")
    keep_photo_days: int = Field(default=30, ge=1, description="没有记录引用的照片文件保留的天数")
    keep_job_days: int = Field(default=7, ge=1, description="已完成的后台任务保留的天数")
    keep_failed_job_days: int = Field(default=90, ge=1, description="失败的后台任务保留的天数")
    smtp_host: str = Field(default="", description="邮件服务器；空则不发邮件，通知只在页面上")
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="邮件连接的加密方式：starttls、tls 或 none（仅限本机）"
    )
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_from: str = Field(default="gridmap@localhost", description="通知邮件的发件人地址")
    webhook_hosts: str = Field(
        default="qyapi.weixin.qq.com,oapi.dingtalk.com", description="群机器人通知允许的主机，逗号分隔，可带端口"
    )
    push_hosts: str = Field(
        default="", description="手机推送服务的主机，逗号分隔，可带端口；空则不用推送，手机联网时取通知"
    )
    push_contact: str = Field(default="", description="推送服务联系本系统管理员的邮箱；启用推送时必填")
    field_offline_hours: int = Field(
        default=72, ge=1, le=24 * 30, description="手机端登录后离线可用的小时数；超过后须联网验证一次"
    )
    field_lock_minutes: int = Field(default=10, ge=1, le=240, description="手机端切到后台多少分钟后须重新输入解锁码")
    max_tile_features: int = Field(default=10_000, ge=100)

    @property
    def media_dir(self) -> Path:
        """Folder of stored files, by content hash."""
        return self.instance_dir / "media"

    def admin_url(self) -> URL:
        """Connection of the owner of all tables: migrations, imports from the command line.

        Without ``GRIDMAP_DATABASE_URL`` this is the project's own cluster, whose address the cluster writes to
        ``<instance>/database-url`` when it starts. Raises ``RuntimeError`` when neither is there, or it is no address.
        """
        text = self.database_url
        if not text:
            file = self.instance_dir / "database-url"
            if not file.exists():
                raise RuntimeError("数据库未启动：请先运行 gridmap db start，或设置 GRIDMAP_DATABASE_URL。")
            text = file.read_text().strip()
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):  # both quote what they cannot read, the password too
            raise RuntimeError(
                "数据库连接串无法识别：GRIDMAP_DATABASE_URL 应写作 postgresql://用户:密码@主机:端口/库名。"
            ) from None
        return url.set(drivername="postgresql+psycopg2")

    def role_url(self, role: str) -> URL:
        """Connection of a role that owns nothing (``gridmap_app``, ``gridmap_jobs``).

        Its password is derived from the owner's (HMAC-SHA256), so that every process that may migrate can also
        start the application, and nothing else has to be kept.
        """
        return role_url(self.admin_url(), role)

    def signing_key(self) -> str:
        """Return the key that signs cookies; made once and kept (0600) in the instance folder."""
        if self.secret_key:
            return self.secret_key
        return stored_secret(self.instance_dir / "secret-key")


def role_url(owner: URL, role: str) -> URL:
    """Return the owner's address with the name and derived password of ``role``."""
    return owner.set(username=role, password=role_password(owner, role))


def role_password(owner: URL, role: str) -> str:
    """Return the password of ``role``, derived from the owner's; where the owner needs none, from a secret of this instance."""
    key = str(owner.password or stored_secret(settings().instance_dir / "role-secret"))
    return hmac.new(key.encode(), role.encode(), hashlib.sha256).hexdigest()


def stored_secret(file: Path) -> str:
    """Return the secret kept in ``file``, making a random one (mode 0600) the first time; of several processes that start at once, all get that of the first."""
    import os
    import secrets

    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        own = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(48))
        try:
            os.link(own, file)  # it is there as a whole, or not at all
        except FileExistsError:
            pass
        finally:
            own.unlink()
    return file.read_text().strip()


@cache
def settings() -> Settings:
    """Return the settings, read once; a wrong value stops the start with a message that names it."""
    return Settings()
