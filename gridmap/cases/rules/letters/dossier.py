"""一案一卷: a whole case as one HTML for the PDF: cover, contents with page numbers, facts, history, orders, photos, papers, map."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from gridmap.cases.rules.letters.kinds import plain, printable
from gridmap.cases.rules.letters.printing import SHEET

DOSSIER_SHEET = (
    SHEET
    + """
@page { margin: 30mm 25mm 28mm 28mm; }
@page cover { @bottom-center { content: none; } }
@page contents { @bottom-center { content: none; } }
@page paper { margin: 37mm 26mm 35mm 28mm; }
html { font-size: 12pt; line-height: 20pt; }
h1, h2, h3 { font-family: "黑体", "SimHei", "Noto Sans CJK SC", sans-serif; font-weight: bold; margin: 0; }
.cover { page: cover; text-align: center; padding-top: 30mm; break-after: page; }
.cover .centre { color: #c81010; font: bold 26pt/40pt "方正小标宋简体", "Noto Serif CJK SC", serif; }
.cover .name { font: bold 40pt/60pt "方正小标宋简体", "Noto Serif CJK SC", serif; letter-spacing: 12pt; padding: 16mm 0 20mm; }
.cover table { margin: 0 auto; width: 130mm; font-size: 15pt; line-height: 26pt; border-collapse: collapse; text-align: left; }
.cover th { width: 34mm; font-weight: normal; vertical-align: top; padding: 2mm 0; }
.cover td { border-bottom: 0.75pt solid #000; padding: 2mm 2mm; overflow-wrap: anywhere; }
.contents { page: contents; break-after: page; }
.contents h2 { text-align: center; font: bold 20pt/36pt "方正小标宋简体", "Noto Serif CJK SC", serif; letter-spacing: 20pt; padding-bottom: 8mm; }
.contents p { line-height: 28pt; font-size: 14pt; }
.contents .sub { margin-left: 12mm; font-size: 12pt; line-height: 22pt; }
.contents a { color: inherit; text-decoration: none; }
.contents a::after { content: leader(".") target-counter(attr(href), page); }
.part { break-before: page; }
.part h2 { font-size: 16pt; line-height: 30pt; padding-bottom: 4mm; break-after: avoid; }
.grid { width: 100%; border-collapse: collapse; table-layout: fixed; }
.grid th, .grid td { box-sizing: border-box; border: 0.75pt solid #000; padding: 1.2mm 2mm; text-align: left; vertical-align: top; font-weight: normal; overflow-wrap: anywhere; }
.grid th { font-family: "黑体", "SimHei", "Noto Sans CJK SC", sans-serif; background: #f2f2f2; }
.grid thead { display: table-header-group; }
.grid tr { break-inside: auto; }
.facts th { width: 28mm; }
.small { font-size: 10.5pt; line-height: 16pt; color: #333; }
.photo { break-inside: avoid; margin: 0 0 6mm; text-align: center; }
.photo img { max-width: 156mm; max-height: 105mm; }
.missing { border: 1pt dashed #888; padding: 14mm 4mm; color: #a00; text-align: center; }
.paper { page: paper; break-before: page; font-size: 16pt; line-height: 28pt; }
.map { text-align: center; }
"""
)


@dataclass(frozen=True)
class Step:
    """A line of the history: when, what, who, and what was said (lines)."""

    at: str
    what: str
    who: str
    said: tuple[str, ...]


@dataclass(frozen=True)
class Order:
    """A department's order."""

    department: str
    kind: str
    status: str
    task: str
    times: str
    result: str


@dataclass(frozen=True)
class Tier:
    """A tier of a mediation: its name, what is known of it (lines), and its sessions: (heading, lines) each."""

    name: str
    about: tuple[str, ...]
    sessions: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Paper:
    """A paper: its name and number, and its HTML twin, or why it is not here."""

    name: str
    number: str
    html: str
    missing: str = ""


@dataclass(frozen=True)
class Photo:
    """A photo: JPEG bytes, ``None`` when the file is missing on disk; and when it was added."""

    content: bytes | None
    at: str
    sha256: str


@dataclass(frozen=True)
class Dossier:
    """Everything of a case, as plain words."""

    centre: str
    title: str
    cover: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    parties: tuple[tuple[str, str], ...]  # role and what is known, masked
    parties_fault: str
    steps: tuple[Step, ...]
    orders: tuple[Order, ...]
    mediation: tuple[Tier, ...]
    photos: tuple[Photo, ...]
    papers: tuple[Paper, ...]
    map_svg: str
    map_words: tuple[str, ...]


PARTS = ("基本情况", "当事人", "办理记录", "部门办理", "调解", "现场照片", "文书", "位置图")
_NUMERALS = "一二三四五六七八"


def dossier_html(of: Dossier) -> str:
    """Return the body of the file."""
    bodies = (
        _table(of.facts),
        _parties(of),
        _history(of.steps),
        _orders(of.orders),
        _mediation(of.mediation),
        _photos(of.photos),
        _papers(of.papers),
        _map(of),
    )
    parts = []
    for number, (name, body) in enumerate(zip(PARTS, bodies, strict=True)):
        heading = f'<h2 id="part-{number}">{_NUMERALS[number]}、{name}</h2>'
        parts.append(f'<section class="part">{heading}{body}</section>')
    return _cover(of) + _contents(of) + "".join(parts)


def text(words: str) -> str:
    """Return words as HTML, without control characters; lines stay lines."""
    return escape(printable(plain(words))).replace("\n", "<br>")


def _cover(of: Dossier) -> str:
    rows = "".join(f"<tr><th>{text(name)}</th><td>{text(value)}</td></tr>" for name, value in of.cover)
    return (
        f'<section class="cover"><p class="centre">{text(of.centre)}</p><p class="name">一案一卷</p>'
        f"<table>{rows}</table></section>"
    )


def _contents(of: Dossier) -> str:
    lines = []
    for number, name in enumerate(PARTS):
        lines.append(f'<p><a href="#part-{number}">{_NUMERALS[number]}、{name}</a></p>')
        if name == "文书":
            lines += [
                f'<p class="sub"><a href="#paper-{n}">{text(paper.name)}　{text(paper.number)}</a></p>'
                for n, paper in enumerate(of.papers)
                if paper.html
            ]
    return f'<section class="contents"><h2>目录</h2>{"".join(lines)}</section>'


def _table(rows: Sequence[tuple[str, str]]) -> str:
    inner = "".join(f"<tr><th>{text(name)}</th><td>{text(value)}</td></tr>" for name, value in rows)
    return f'<table class="grid facts">{inner}</table>'


def _parties(of: Dossier) -> str:
    if of.parties_fault:
        return f"<p>{text(of.parties_fault)}</p>"
    if not of.parties:
        return "<p>没有登记当事人。</p>"
    return (
        _table(of.parties)
        + '<p class="small">姓名、号码和地址按规定隐去一部分；查看完整信息须在系统中说明用途，并有记录。</p>'
    )


def _mediation(tiers: Sequence[Tier]) -> str:
    if not tiers:
        return "<p>没有进行调解。</p>"
    shown = []
    for tier in tiers:
        about = "".join(f'<p class="small">{text(line)}</p>' for line in tier.about)
        rows = "".join(
            f"<tr><td>{text(heading)}</td><td>{'<br>'.join(text(line) for line in said)}</td></tr>"
            for heading, said in tier.sessions
        )
        columns = "".join(f'<col style="width:{mm}mm">' for mm in (46, 111))
        table = f'<table class="grid small"><colgroup>{columns}</colgroup><tbody>{rows}</tbody></table>' if rows else ""
        shown.append(f"<h3>{text(tier.name)}</h3>{about}{table}")
    return "".join(shown)


def _history(steps: Sequence[Step]) -> str:
    if not steps:
        return "<p>没有逐步的办理记录（由数据导入）。</p>"
    rows = "".join(
        f"<tr><td>{number}</td><td>{text(step.at)}</td><td>{text(step.what)}</td><td>{text(step.who)}</td>"
        f"<td>{'<br>'.join(text(line) for line in step.said)}</td></tr>"
        for number, step in enumerate(steps, 1)
    )
    wide = (10, 30, 24, 36, 57)
    columns = "".join(f'<col style="width:{mm}mm">' for mm in wide)
    return (
        f'<table class="grid small"><colgroup>{columns}</colgroup><thead><tr><th>序</th><th>时间</th><th>环节</th>'
        f"<th>办理人</th><th>内容</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _orders(orders: Sequence[Order]) -> str:
    if not orders:
        return "<p>没有派给部门的单。</p>"
    rows = "".join(
        f"<tr><td>{text(order.department)}</td><td>{text(order.kind)}</td><td>{text(order.status)}</td>"
        f"<td>{text(order.times)}</td><td>{text(order.task)}{'<br>结果：' + text(order.result) if order.result else ''}</td></tr>"
        for order in orders
    )
    columns = "".join(f'<col style="width:{mm}mm">' for mm in (34, 14, 18, 44, 47))
    return (
        f'<table class="grid small"><colgroup>{columns}</colgroup><thead><tr><th>部门</th><th>类别</th><th>状态</th>'
        f"<th>时间</th><th>要求和结果</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _photos(photos: Sequence[Photo]) -> str:
    if not photos:
        return "<p>没有照片。</p>"
    shown = []
    for number, photo in enumerate(photos, 1):
        words = f'<p class="small">照片 {number}（{text(photo.at)}添加）</p>'
        if photo.content is None:
            missing = f"照片 {number} 的文件缺失，请从备份恢复（指纹 {escape(photo.sha256[:16])}）。"
            shown.append(f'<div class="photo"><div class="missing">{missing}</div>{words}</div>')
        else:
            data = base64.b64encode(photo.content).decode()
            shown.append(
                f'<div class="photo"><img alt="照片 {number}" src="data:image/jpeg;base64,{data}">{words}</div>'
            )
    return "".join(shown)


def _papers(papers: Sequence[Paper]) -> str:
    if not papers:
        return "<p>没有出具文书。</p>"
    rows = "".join(
        f"<tr><td>{number}</td><td>{text(paper.name)}</td><td>{text(paper.number)}</td><td>{text(paper.missing) or '附后'}</td></tr>"
        for number, paper in enumerate(papers, 1)
    )
    columns = "".join(f'<col style="width:{mm}mm">' for mm in (10, 38, 71, 38))
    bodies = "".join(
        f'<div id="paper-{number}">{paper.html}</div>' for number, paper in enumerate(papers) if paper.html
    )
    return (
        f'<table class="grid small"><colgroup>{columns}</colgroup><thead><tr><th>序</th><th>文书</th><th>编号</th>'
        f"<th>备注</th></tr></thead><tbody>{rows}</tbody></table>{bodies}"
    )


def _map(of: Dossier) -> str:
    lines = "".join(f'<p class="small">{text(line)}</p>' for line in of.map_words)
    return f'<div class="map">{of.map_svg}</div>{lines}'
