"""Forms of signing in and of passwords."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length


class LoginForm(FlaskForm):
    """用户名 and 密码."""

    username = StringField(
        "用户名", validators=[InputRequired("请填写用户名。"), Length(max=40, message="用户名过长。")]
    )
    password = PasswordField("密码", validators=[InputRequired("请填写密码。"), Length(max=128, message="密码过长。")])
    next = HiddenField()


class PasswordForm(FlaskForm):
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
            raise ValueError("两次输入的新密码不一致。")
