"""Forms of signing in, of passwords, of accounts and posts, and of addresses for notices."""

from __future__ import annotations

from wtforms import HiddenField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Regexp, ValidationError

from gridmap.access import ROLE_NAMES
from gridmap.accounts.rules import CHANNEL_NAMES, Channel
from gridmap.web import Form


class LoginForm(Form):
    """用户名 and 密码."""

    username = StringField(
        "用户名", validators=[InputRequired("请填写用户名。"), Length(max=40, message="用户名过长。")]
    )
    password = PasswordField("密码", validators=[InputRequired("请填写密码。"), Length(max=128, message="密码过长。")])
    next = HiddenField()


class PasswordForm(Form):
    """原密码, 新密码 twice."""

    old = PasswordField("原密码", validators=[InputRequired("请填写原密码。"), Length(max=128, message="密码过长。")])
    new = PasswordField(
        "新密码", validators=[InputRequired("请填写新密码。"), Length(max=128, message="密码至多 128 位。")]
    )
    again = PasswordField(
        "再次输入新密码", validators=[InputRequired("请再次填写新密码。"), Length(max=128, message="密码过长。")]
    )

    def validate_again(self, field: PasswordField) -> None:
        """Both entries must be the same."""
        if field.data != self.new.data:
            raise ValidationError("两次输入的新密码不一致。")


def _plain(text: str | None) -> str | None:
    """Strip blanks, which come with pasting."""
    return text.strip() if text else text


def _digits(text: str | None) -> str | None:
    """Strip blanks and take full-width digits for what they are."""
    return text.strip().translate(str.maketrans("０１２３４５６７８９", "0123456789")) if text else text


class PostForm(Form):
    """岗位: a role at a unit."""

    role = SelectField("岗位角色", choices=[SelectChoice(role.value, name) for role, name in ROLE_NAMES.items()])
    unit = StringField(
        "区划代码",
        filters=[_digits],
        validators=[
            InputRequired("请填写区划代码。"),
            Regexp(
                r"([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12}|[0-9]{15})\Z",
                message="区划代码应为 2、4、6、9、12 或 15 位数字。",
            ),
        ],
    )

    department = StringField("部门", filters=[_plain], validators=[Length(max=60, message="部门名称须为 1–60 个字。")])

    @property
    def unit_code(self) -> int:
        """The code as its padded 15-digit number."""
        return int((self.unit.data or "").ljust(15, "0"))


class AccountForm(PostForm):
    """新建账号: who, and their first post."""

    username = StringField(
        "用户名",
        filters=[_plain],
        validators=[
            InputRequired("请填写用户名。"),
            Regexp(
                r"[a-z0-9][a-z0-9._-]{1,39}\Z",
                message="用户名由 2–40 位小写字母、数字、点、横线组成，以字母或数字开头。",
            ),
        ],
    )
    name = StringField(
        "姓名",
        filters=[_plain],
        validators=[InputRequired("请填写姓名。"), Length(min=1, max=60, message="姓名须为 1–60 个字。")],
    )


class AddressForm(Form):
    """通知地址: by which channel, where."""

    channel = SelectField(
        "方式",
        choices=[
            SelectChoice(channel.value, name) for channel, name in CHANNEL_NAMES.items() if channel is not Channel.PUSH
        ],
    )
    address = StringField(
        "地址",
        filters=[_plain],
        validators=[InputRequired("请填写地址。"), Length(max=500, message="地址至多 500 个字符。")],
    )
