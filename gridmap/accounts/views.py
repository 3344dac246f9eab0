"""Sign in, sign out, change the password; notices and where they are sent; the list of accounts."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from gridmap.access import Actor, Permission, Role
from gridmap.accounts import actions, queries
from gridmap.accounts.actions import Attempt
from gridmap.accounts.forms import AccountForm, AddressForm, LoginForm, PasswordForm, PostForm
from gridmap.accounts.rules import (
    CHANNEL_NAMES,
    Channel,
    delivery_words,
    device_of,
    first_password,
    normal_name,
    shown_address,
)
from gridmap.clock import now, today
from gridmap.config import settings
from gridmap.errors import BadInput, NotFound
from gridmap.pages import code, when
from gridmap.web import (
    actor,
    attempt,
    by_person,
    listing,
    page_number,
    polled,
    public,
    requires,
    safe_next,
    session,
    signed_in,
    wants_json,
)

blueprint = Blueprint("accounts", __name__)
PAGE = 50
DEVICE = "gridmap-device"  # opens nothing: it only tells a browser that has signed in before from strangers


class Person(UserMixin):
    """A signed-in person: the token in the cookie and the actor it stands for."""

    def __init__(self, token: str, who: Actor) -> None:
        self.token = token
        self.actor = who

    def get_id(self) -> str:
        """Return what the signed cookie keeps: the revocable token, never the account."""
        return self.token


def install(manager: LoginManager) -> None:
    """Tell Flask-Login how a token becomes a person; writes never trust what was remembered."""

    @manager.user_loader
    def load(token: str) -> Person | None:
        who = queries.actor_of(token, fresh=request.method != "GET", acts=by_person())
        return Person(token, who) if who else None


@blueprint.route("/login", methods=["GET", "POST"])
@public
def login() -> Response | str | tuple[str, int]:
    """Sign in; a new token each time (rotation), the old cookie's contents gone."""
    form = LoginForm()
    if request.method == "GET":
        form.next.data = request.args.get("next", "")
        return (
            redirect(safe_next(form.next.data))
            if current_user.is_authenticated
            else render_template("accounts/login.html", form=form)
        )
    if not form.validate():
        return render_template("accounts/login.html", form=form), 400
    device = device_of(request.cookies.get(DEVICE))
    attempt = actions.count_attempt(
        session, username=normal_name(form.username.data or ""), address=request.remote_addr or "", device=device
    )
    session.commit()  # counted before the password is looked at
    if attempt.refused_s:
        return _wait(form, attempt)
    token, reason = actions.sign_in(
        session, attempt, password=form.password.data or "", agent=request.user_agent.string
    )
    session.commit()
    if token is None:
        form.password.errors = [reason]
        return render_template("accounts/login.html", form=form), 401
    return _enter(token, safe_next(form.next.data), device)


def _wait(form: LoginForm, attempt: Attempt) -> Response:
    form.password.errors = [attempt.refusal]
    response = make_response(render_template("accounts/login.html", form=form), 429)
    response.headers["Retry-After"] = str(attempt.refused_s)
    return response


def _enter(token: str, target: str, device: str) -> Response:
    who = queries.actor_of(token, fresh=True)
    assert who is not None
    cookie.clear()
    login_user(Person(token, who))
    response = redirect(url_for("accounts.password") if who.must_change_password else target)
    response.set_cookie(
        DEVICE,
        device,
        max_age=queries.place_days(session) * 24 * 3600,
        httponly=True,
        secure=settings().secure_cookies,
        samesite="Lax",
        path=url_for("accounts.login"),
    )
    return response


@blueprint.post("/logout")
@signed_in
def logout() -> Response:
    """End this sign-in on the server and forget the cookie."""
    actions.sign_out(session, token=current_user.token)
    queries.forget_actor(current_user.token)
    logout_user()
    cookie.clear()
    return redirect(url_for("accounts.login"))


@blueprint.route("/account/password", methods=["GET", "POST"])
@signed_in
def password() -> Response | str | tuple[str, int]:
    """Change one's own password; forced at the first sign-in."""
    form = PasswordForm()
    if request.method == "GET":
        return render_template("accounts/password.html", form=form)
    if form.validate():
        guess = actions.count_guess(session, actor)
        session.commit()  # counted before the password is looked at
        if guess.refused_s:
            form.old.errors = [f"原密码输错次数过多，请 {guess.wait}后再试。"]
            return render_template("accounts/password.html", form=form), 429
        try:
            actions.change_password(
                session, actor, token=current_user.token, old=form.old.data or "", new=form.new.data or ""
            )
        except BadInput as fault:
            form[fault.field or "new"].errors = [fault.message]
        else:
            queries.forget_actor(current_user.token)
            flash("密码已修改，其他设备上的登录已退出。")
            return redirect(url_for("maps.front"))
    return render_template("accounts/password.html", form=form), 400


@blueprint.get("/notices")
@signed_in
def notices() -> Response | str:
    """Notices to the posts the person holds."""
    page, total = page_number(request.args), queries.count_notices(session, actor)
    rows = queries.list_notices(session, actor, limit=PAGE, offset=(page - 1) * PAGE)
    following = url_for(".notices", page=page + 1) if page * PAGE < total else None
    if wants_json():
        items = [{"kind": n.kind, "body": n.body, "link": n.link, "at": when(n.created_at)} for n in rows]
        return listing(items, total, following)
    return render_template("accounts/notices.html", notices=rows, total=total, page=page, following=following)


@blueprint.post("/notices/read")
@signed_in
def read() -> Response:
    """Mark all notices as read."""
    actions.read_notices(session, actor)
    return redirect(url_for("accounts.notices"))


@blueprint.get("/notices/count")
@signed_in
@polled
def unread() -> Response:
    """How many notices nobody has read, for the badge in the head of the page."""
    response = make_response({"unread": queries.count_notices(session, actor, unread=True)})
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.route("/account/notices", methods=["GET", "POST"])
@signed_in
def addresses() -> Response | str | tuple[str, int]:
    """Where one's own notices are sent besides the page; adding an address."""
    form = AddressForm()
    if request.method == "GET":
        return _addresses(form)
    if form.validate():
        with attempt(form) as tried:
            actions.add_address(session, actor, channel=Channel(form.channel.data), address=form.address.data or "")
        if tried:
            flash("已登记该地址，请发送一条测试通知，确认能收到。")
            return redirect(url_for(".addresses"))
    return _addresses(form), 400


@blueprint.post("/account/notices/<int:address_id>/<any(test, end):what>")
@signed_in
def change_address(address_id: int, what: str) -> Response:
    """Send a test to one of one's own addresses, or send nothing there any more."""
    number = address_id if address_id < 2**63 else 0
    if what == "end":
        actions.end_address(session, actor, address_id=number)
        flash("已停用该地址，今后的通知不再发送到那里。")
    else:
        row = actions.send_test(session, actor, address_id=number)
        flash(f"测试通知已交给后台任务发送到{CHANNEL_NAMES[Channel(row.channel)]}，稍后刷新本页可看到结果。")
    return redirect(url_for(".addresses"))


@blueprint.post("/account/notices/deliveries/<int:delivery_id>/again")
@signed_in
def send_again(delivery_id: int) -> Response:
    """Send once more what may not have arrived: the person has looked and it is not there."""
    actions.send_again(session, actor, delivery_id=delivery_id if delivery_id < 2**63 else 0)
    flash("已交给后台任务重新发送，稍后刷新本页可看到结果。")
    return redirect(url_for(".addresses"))


def _addresses(form: AddressForm) -> str:
    rows = queries.own_addresses(session, actor)
    return render_template(
        "accounts/addresses.html",
        form=form,
        rows=rows,
        last=queries.last_deliveries(session, rows),
        unsure=queries.unsure_deliveries(session, actor),
        shared=bool(actor.may(Permission.ACCOUNT_MANAGE, 0)),
        CHANNEL_NAMES=CHANNEL_NAMES,
        delivery_words=delivery_words,
        shown_address=shown_address,
        mail_ready=bool(settings().smtp_host),
    )


@blueprint.get("/accounts")
@requires(Permission.ACCOUNT_MANAGE)
def index() -> Response | str:
    """Accounts of the units the person manages."""
    words, page = request.args.get("q", "").strip()[:60], page_number(request.args)
    rows, total = queries.list_accounts(session, actor, words=words, limit=PAGE, offset=(page - 1) * PAGE)
    following = url_for(".index", q=words or None, page=page + 1) if page * PAGE < total else None
    if wants_json():
        items = [{"username": a.username, "name": a.name, "unit_code": code(a.unit_code)} for a in rows]
        return listing(items, total, following)
    names = queries.unit_names(session, {p.unit_code for a in rows for p in a.posts} | {a.unit_code for a in rows})
    return render_template(
        "accounts/index.html", accounts=rows, total=total, words=words, page=page, following=following, names=names
    )


@blueprint.route("/accounts/new", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_MANAGE)
def create() -> Response | str | tuple[str, int]:
    """Add a person; the first password is shown once and must be changed."""
    form = AccountForm()
    if request.method == "GET":
        return render_template("accounts/new.html", form=form)
    if form.validate() and _known_unit(form):
        made = first_password()
        with attempt(form) as tried:
            actions.create_account(
                session,
                actor,
                username=form.username.data or "",
                name=form.name.data or "",
                password=made,
                role=Role(form.role.data),
                unit_code=form.unit_code,
                department=form.department.data or "",
            )
        if tried:
            flash(f"已新建账号 {form.username.data}，初始密码 {made}（只显示这一次，首次登录须修改）。")
            return redirect(url_for(".detail", username=form.username.data))
    return render_template("accounts/new.html", form=form), 400


@blueprint.get("/accounts/<username>")
@requires(Permission.ACCOUNT_MANAGE)
def detail(username: str) -> str:
    """One person: posts, and what can be done."""
    return _detail(_account(username), PostForm())


@blueprint.post("/accounts/<username>/posts")
@requires(Permission.ACCOUNT_MANAGE)
def give_post(username: str) -> Response | tuple[str, int]:
    """Give one more post."""
    account, form = _account(username), PostForm()
    if form.validate() and _known_unit(form):
        with attempt(form) as tried:
            actions.give_post(
                session,
                actor,
                account=account,
                role=Role(form.role.data),
                unit_code=form.unit_code,
                department=form.department.data or "",
            )
        if tried:
            flash("已增加岗位。")
            return redirect(url_for(".detail", username=username))
    return _detail(account, form), 400


@blueprint.post("/accounts/<username>/posts/<int:post_id>/end")
@requires(Permission.ACCOUNT_MANAGE)
def end_post(username: str, post_id: int) -> Response:
    """End a post."""
    actions.end_post(session, actor, account=_account(username), post_id=post_id)
    flash("已结束该岗位。")
    return redirect(url_for(".detail", username=username))


@blueprint.post("/accounts/<username>/password")
@requires(Permission.ACCOUNT_MANAGE)
def reset_password(username: str) -> Response:
    """Give a new first password, shown once."""
    made = actions.reset_password(session, actor, account=_account(username))
    flash(f"{username} 的初始密码已重置为 {made}（只显示这一次，首次登录须修改），其所有登录已退出。")
    return redirect(url_for(".detail", username=username))


@blueprint.post("/accounts/<username>/<any(enable, disable):what>")
@requires(Permission.ACCOUNT_MANAGE)
def switch(username: str, what: str) -> Response:
    """Disable or enable an account."""
    actions.switch_account(session, actor, account=_account(username), enabled=what == "enable")
    flash("账号已启用。" if what == "enable" else "账号已停用，其所有登录已退出。")
    return redirect(url_for(".detail", username=username))


@blueprint.post("/accounts/<username>/phones/<int:phone_id>/revoke")
@requires(Permission.ACCOUNT_MANAGE)
def revoke_phone(username: str, phone_id: int) -> Response:
    """Close a phone of a person: the app removes what it keeps."""
    _account(username)
    actions.revoke_phone(session, actor, phone_id=phone_id if phone_id < 2**63 else 0, now=now())
    flash("已停用该手机：它下次联网时清除保存的数据。")
    return redirect(url_for(".detail", username=username))


def _account(username: str) -> Any:
    account = queries.one_account(session, actor, username)
    if account is None:
        raise NotFound("没有找到该账号，可能不存在，或者不在您管理的范围内。")
    return account


def _detail(account: Any, form: PostForm) -> str:
    names = queries.unit_names(session, {post.unit_code for post in account.posts} | {account.unit_code})
    phones = queries.list_phones(session, actor, account.id)
    return render_template("accounts/detail.html", account=account, form=form, names=names, phones=phones)


def _known_unit(form: PostForm) -> bool:
    known = queries.unit_in_force(session, form.unit_code, today())
    if not known:
        form.unit.errors = ["该区划不存在、已经撤销或尚未生效，请核对代码。"]
    return known
