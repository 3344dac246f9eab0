"""What makes a password acceptable, how sign-in tokens are kept, by what failed attempts are counted, where notices go. Pure."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

MIN_LENGTH = 10
MAX_LENGTH = 128


def password_fault(password: str, username: str) -> str | None:
    """Return what is wrong with a new password, in Chinese, or ``None``.

    Length and variety as GB/T 22239-2019 (等保 2.0) 8.1.4.1 asks ("复杂度要求"): at least 10 characters of three kinds.
    """
    if len(password) < MIN_LENGTH:
        return f"密码至少 {MIN_LENGTH} 位。"
    if len(password) > MAX_LENGTH:
        return f"密码至多 {MAX_LENGTH} 位。"
    if username.lower() in password.lower():
        return "密码不能包含用户名。"
    kinds = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    if sum(any(kind(c) for c in password) for kind in kinds) < 3:
        return "密码须包含大写字母、小写字母、数字、符号中的至少三种。"
    return None


def first_password() -> str:
    """Return a random first password that meets the rule and has no look-alike characters (0/O, 1/l/I)."""
    letters = "abcdefghjkmnpqrstuvwxyz"
    groups = ["".join(secrets.choice(letters) for _ in range(4)) for _ in range(2)]
    return f"{groups[0].capitalize()}-{groups[1]}-{secrets.choice('23456789')}{secrets.choice('23456789')}"


def new_token() -> str:
    """Return a random sign-in token (256 bits)."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return what the database keeps of a token: it cannot be used to sign in."""
    return hashlib.sha256(token.encode()).hexdigest()


def normal_name(text: str) -> str:
    """Return a user name as it is looked up and counted: compatible forms made one (NFKC), no blanks around, lower case."""
    return unicodedata.normalize("NFKC", text).strip().lower()


@dataclass(frozen=True)
class AttemptKeys:
    """What an attempt to sign in is counted by: keyed hashes, which tell neither name nor place to who reads the table."""

    name: str
    device: str  # the name on this browser
    here: str  # the name from this address
    address: str  # the address, whatever the name


def attempt_keys(secret: str, username: str, address: str, device: str) -> AttemptKeys:
    """Return the keys of an attempt; ``username`` in its normal form."""
    place = network(address)
    return AttemptKeys(
        name=name_key(secret, username),
        device=_keyed(secret, "device", username, device),
        here=_keyed(secret, "here", username, place),
        address=_keyed(secret, "address", place),
    )


def guess_keys(secret: str, username: str) -> AttemptKeys:
    """Return the keys of a guess at a signed-in person's own password: apart from those of signing in, wherever it is made."""
    name, device, here, address = (
        _keyed(secret, f"old-{kind}", username) for kind in ("name", "device", "here", "address")
    )
    return AttemptKeys(name=name, device=device, here=here, address=address)


def name_key(secret: str, username: str) -> str:
    """Return what a user name in its normal form is counted by."""
    return _keyed(secret, "name", username)


def network(address: str) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 network of an IPv6 one, which one subscriber owns."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = getattr(parsed, "ipv4_mapped", None)
    if mapped or parsed.version == 4:
        return str(mapped or parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def device_of(cookie: str | None) -> str:
    """Return the device that a browser's cookie names, or a new random one (128 bits)."""
    return cookie if cookie and re.fullmatch(r"[A-Za-z0-9_-]{22}", cookie) else secrets.token_urlsafe(16)


def _keyed(secret: str, *parts: str) -> str:
    return hmac.new(secret.encode(), "\0".join(("sign-in", *parts)).encode(), hashlib.sha256).hexdigest()


class Channel(StrEnum):
    """How a notice goes out besides the page."""

    EMAIL = "email"
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    PUSH = "push"


CHANNEL_NAMES = {
    Channel.EMAIL: "电子邮箱",
    Channel.WECOM: "企业微信群机器人",
    Channel.DINGTALK: "钉钉群机器人",
    Channel.PUSH: "手机推送",
}
_MAIL = re.compile(
    r"[A-Za-z0-9._%+'-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)  # what mailboxes look like in practice, which is less than RFC 5321 allows


def mail_fault(address: str) -> str:
    """Return why an e-mail address cannot be used, or ""."""
    if len(address) > 254 or not _MAIL.fullmatch(address):
        return "邮箱地址无法识别，应写作 name@example.cn 这样。"
    return ""


def shown_address(channel: str, address: str) -> str:
    """Return an address as its owner is shown it: of a robot, whose address is its key, only the host and the last four characters."""
    if channel == Channel.EMAIL:
        return address
    return f"{urlsplit(address).hostname or ''}/…{address[-4:]}"


def delivery_words(state: str | None, tries: int, error: str) -> str:
    """Return in words how the last delivery to an address went (``None``: nothing was ever sent there)."""
    if state == "waiting" and tries:
        return f"没有送达，稍后再试：{error}"
    told = {
        "waiting": "等待发送",
        "sending": "正在发送",
        "sent": "已送达",
        "failed": f"没有送达：{error}",
        "unsure": error,
    }
    return told[state] if state else "还没有发送过"
