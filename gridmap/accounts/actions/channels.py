"""Sending a notice out: by e-mail, and to the robots of groups (企业微信, 钉钉). Raises on any failure; the queue tries again."""

from __future__ import annotations

import contextlib
import http.client
import json
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

from gridmap.config import settings

TIMEOUT_S = 20
UNCLEAR = (408, 502, 504)  # somebody in between does not know what became of the request
SUBJECT = "网格防控图通知"


class NotDelivered(Exception):
    """The other side refused, or the address may not be used; the message is for the administrator."""


class MaybeDelivered(NotDelivered):
    """The message was handed over and no clear answer came: it may have arrived, so it is not sent again by itself."""


class _Watching:
    """An SMTP client that knows whether the message itself went out: only it is sent as bytes, commands are text."""

    handed = False

    def send(self, s: Any) -> None:
        """Send as the library does, and remember."""
        self.handed = self.handed or isinstance(s, bytes)
        super().send(s)  # type: ignore[misc]


class _Mail(_Watching, smtplib.SMTP):
    pass


class _TlsMail(_Watching, smtplib.SMTP_SSL):
    pass


def send(channel: str, address: str, *, body: str, number: str) -> None:
    """Send ``body`` to ``address``. ``number`` is the same whenever this delivery is tried.

    Raises ``MaybeDelivered`` when it may have arrived; ``NotDelivered``, ``OSError`` or ``smtplib.SMTPException`` when it has not.
    """
    if channel == "email":
        send_mail(address, body=body, number=number)
    else:
        send_robot(address, message_of(channel, body))


def send_mail(address: str, *, body: str, number: str) -> None:
    """Send an e-mail by the server of the settings. Its Message-ID is made of ``number``, so that copies are known as such."""
    values = settings()
    if not values.smtp_host:
        raise NotDelivered("没有设置邮件服务器（GRIDMAP_SMTP_HOST）。")
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = values.smtp_from, address, SUBJECT
    message["Date"], message["Message-ID"] = formatdate(), f"<notice-{number}@{values.smtp_from.partition('@')[2]}>"
    message.set_content(f"{body}\n\n请登录网格防控图办理。本邮件由系统发出，请勿回复。\n")
    context = ssl.create_default_context()
    server: _Mail | _TlsMail
    if values.smtp_security == "tls":
        server = _TlsMail(values.smtp_host, values.smtp_port, timeout=TIMEOUT_S, context=context)
    else:
        server = _Mail(values.smtp_host, values.smtp_port, timeout=TIMEOUT_S)
    try:
        if values.smtp_security == "starttls":
            server.starttls(context=context)
        if values.smtp_user:
            server.login(values.smtp_user, values.smtp_password)
        server.send_message(message)
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.quit()  # the message is taken: a server that parts badly must not have it sent again
    except smtplib.SMTPResponseException:
        raise  # a clear no
    except (OSError, smtplib.SMTPException) as fault:
        if server.handed:
            raise MaybeDelivered(f"邮件已发出，但邮件服务器没有答复是否收下（{type(fault).__name__}）") from fault
        raise
    finally:
        server.close()


def message_of(channel: str, body: str) -> dict[str, object]:
    """Return a text message as the group robots of 企业微信 (wecom) and 钉钉 (dingtalk) take it: both have the same form."""
    if channel not in ("wecom", "dingtalk"):
        raise NotDelivered(f"没有“{channel}”这种发送方式。")
    return {"msgtype": "text", "text": {"content": f"【{SUBJECT}】{body}"}}


def robot_fault(address: str) -> str:
    """Return why a robot's address may not be used, or ""."""
    return host_fault(address, "机器人地址", settings().webhook_hosts, "GRIDMAP_WEBHOOK_HOSTS")


def host_fault(address: str, what: str, hosts: str, setting: str) -> str:
    """Return why an address may not be used, or "": only HTTPS, only ``hosts`` of the settings (``host`` or ``host:port``)."""
    parts = urlsplit(address)
    allowed = {host.strip().lower() for host in hosts.split(",") if host.strip()}
    try:
        port = parts.port
    except ValueError:
        return f"{what}的端口无法识别。"
    host = (parts.hostname or "").lower()
    if parts.scheme != "https" or not host or parts.username or parts.fragment:
        return f"{what}应以 https:// 开头，不含用户名和 #。"
    if (host if port in (None, 443) else f"{host}:{port}") not in allowed:
        return f"{what}的主机“{host}”不在允许之列（{setting}）。"
    return ""


def send_robot(address: str, message: dict[str, object]) -> None:
    """Post a message to a robot; its certificate is verified and no redirection is followed."""
    refused = robot_fault(address)
    if refused:
        raise NotDelivered(refused)
    parts = urlsplit(address)
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    line = http.client.HTTPSConnection(
        parts.hostname or "", parts.port or 443, timeout=TIMEOUT_S, context=ssl.create_default_context()
    )
    try:
        line.connect()
        status, text = _posted(line, path, message)
    finally:
        line.close()
    if status in UNCLEAR:
        raise MaybeDelivered(f"机器人返回 HTTP {status}，消息可能已送达")
    if status != 200:
        raise NotDelivered(f"机器人返回 HTTP {status}。")
    try:
        code = json.loads(text).get("errcode", 0)
    except (ValueError, AttributeError) as fault:
        raise MaybeDelivered("机器人的答复无法识别，消息可能已送达") from fault
    if code != 0:  # both robots answer 200 with an errcode when they refuse
        raise NotDelivered(f"机器人拒绝，errcode {code}。")


def _posted(line: http.client.HTTPSConnection, path: str, message: dict[str, object]) -> tuple[int, bytes]:
    """Post on an open line; return status and body. Raises ``MaybeDelivered`` when the line fails from here on."""
    try:
        line.request("POST", path, json.dumps(message).encode(), {"Content-Type": "application/json; charset=utf-8"})
        answer = line.getresponse()
        return answer.status, answer.read(20_000)
    except (OSError, http.client.HTTPException) as fault:
        raise MaybeDelivered(f"消息已发出，但机器人没有答复（{type(fault).__name__}）") from fault
