"""Import of codes and outlines: upload, preview (nothing stored), confirm (a checked draft version)."""

from __future__ import annotations

from flask import flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.errors import BadInput, TooLarge
from gridmap.units.actions import import_divisions, import_outlines
from gridmap.units.forms.limits import configured_limits
from gridmap.units.forms.preview import preview_features, preview_report, read_upload
from gridmap.units.forms.uploads import Upload, find_upload, keep_upload
from gridmap.units.forms.web import DATUM_MISSING, UploadForm
from gridmap.units.queries.review import present_features
from gridmap.units.views.door import blueprint
from gridmap.web import actor, requires, session, takes, wants_json

MARGIN_BYTES = 2**20  # of the form around the file


@blueprint.route("/units/import", methods=["GET", "POST"])
@requires(Permission.UNIT_IMPORT)
@takes(lambda: configured_limits().file_bytes + MARGIN_BYTES)
def upload() -> Response | str | tuple[str, int]:
    """Choose a file and say what it is; a file that can be read leads to its preview."""
    form = UploadForm()
    if request.method == "GET":
        form.start(request.args)
        return _form(form)
    try:
        form.require()
        kept = keep_upload(form.file.data, account_id=actor.account_id, kind=form.kind.data, options=form.options())
        _preview(kept)
    except (BadInput, TooLarge) as fault:
        if wants_json():
            raise
        return _form(form, fault), fault.status
    return redirect(url_for(".preview", token=kept.token))


def _form(form: UploadForm, fault: BadInput | TooLarge | None = None) -> str:
    return render_template(
        "units/import.html",
        form=form,
        fault=fault,
        limit_mb=configured_limits().file_bytes // 2**20,
        datum_missing=DATUM_MISSING,
    )


def _preview(kept: Upload) -> None:
    """Read the file and work out what would change; forget the file when it cannot be used."""
    try:
        file = read_upload(kept)
        report = (
            import_divisions(session, actor, file=file, dry_run=True)
            if kept.kind == "divisions"
            else import_outlines(session, actor, files=[file], dry_run=True)
        )
        kept.write("report", preview_report(report, file))
        kept.write("shapes", preview_features(report, file, present_features(session, [r.code for r in report.rows])))
    except Exception:
        kept.remove()
        raise
    finally:
        session.rollback()


@blueprint.get("/units/import/<token>")
@requires(Permission.UNIT_IMPORT)
def preview(token: str) -> Response | str:
    """What the file would change, by row and on the map."""
    kept = find_upload(token, account_id=actor.account_id)
    report = kept.read("report")
    if wants_json():
        return jsonify(report)
    return render_template("units/preview.html", upload=kept, report=report)


@blueprint.get("/units/import/<token>/shapes")
@requires(Permission.UNIT_IMPORT)
def preview_shapes(token: str) -> Response:
    """GeoJSON of the new outlines over the present ones, and of the faults that publishing would meet."""
    return jsonify(find_upload(token, account_id=actor.account_id).read("shapes"))


@blueprint.post("/units/import/<token>")
@requires(Permission.UNIT_IMPORT)
def confirm(token: str) -> Response:
    """Make the version; the file is read again, so that what changed meanwhile counts."""
    kept = find_upload(token, account_id=actor.account_id)
    file = read_upload(kept)
    if kept.kind == "divisions":
        report = import_divisions(session, actor, file=file)
        words = "区划代码已导入，新增 {added} 个，变更 {changed} 个。"
    else:
        report = import_outlines(session, actor, files=[file], origin=request.form.get("origin", "").strip()[:200])
        words = "草稿版本已建立：新增 {added} 个边界，变更 {changed} 个。请核对问题后发布。"
    session.commit()
    kept.remove()
    flash(words.format(**report.counts) if report.has_changes else "文件内容与系统中的完全相同，没有任何改动。")
    target = url_for(".version", version_id=report.version_id) if report.version_id else url_for(".index")
    return redirect(target)


@blueprint.post("/units/import/<token>/cancel")
@requires(Permission.UNIT_IMPORT)
def cancel_import(token: str) -> Response:
    """Forget an upload."""
    find_upload(token, account_id=actor.account_id).remove()
    flash("已取消，系统中的内容没有改动。")
    return redirect(url_for(".upload"))
