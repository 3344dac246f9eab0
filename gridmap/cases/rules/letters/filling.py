"""Checking a DOCX template and filling it: docxtpl in a sandbox, the same bytes for the same values."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from gridmap.cases.rules.letters.kinds import FIELDS, sample
from gridmap.cases.rules.letters.parts import FIELD, MOST_BYTES, check_parts
from gridmap.cases.rules.letters.twin import twin
from gridmap.errors import BadInput

__all__ = ["MOST_BYTES", "check_template", "environment", "fill", "used_fields", "without_clock"]

_DATED = (1980, 1, 1, 0, 0, 0)  # the least that a ZIP can say: no clock in the file
_MADE = datetime(2026, 1, 1)  # noqa: DTZ001 - python-docx writes it as it stands
_PLAIN = (nodes.Output, nodes.TemplateData, nodes.Name, nodes.If, nodes.Template, nodes.Compare, nodes.Operand)
_LOGIC = (nodes.And, nodes.Or, nodes.Not, nodes.Const)


def environment() -> SandboxedEnvironment:
    """Return what fills templates: nothing but values, XML escaped, no silence about what is missing."""
    return SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)


def check_template(content: bytes) -> None:
    """Try a template out with sample data. Raises ``BadInput`` that names the field or part at fault and the remedy."""
    check_parts(content)
    try:
        template = DocxTemplate(io.BytesIO(content))
        template.init_docx()
        body = template.patch_xml(template.get_xml())
    except Exception as fault:
        raise BadInput("文件打不开，可能已损坏：请用 Word 或 WPS 另存为 .docx 后再上传。", field=FIELD) from fault
    _check_words(body)
    try:
        filled = fill(content, sample())
    except TemplateError as fault:
        raise BadInput(f"模板填不出来：{fault}。请检查 {{{{ }}}} 和 {{% %}} 是否成对。", field=FIELD) from fault
    except Exception as fault:
        raise BadInput(
            "模板填出的文件打不开：请检查字段是否写在同一段文字里、{% 如果 %} 是否跨了表格。", field=FIELD
        ) from fault
    try:
        shown = twin(filled)
    except Exception as fault:
        raise BadInput(
            "模板的排版里有无法识别的值（如字号、行距、边框），PDF 印不出来：请清除格式后重新设置，另存再上传。",
            field=FIELD,
        ) from fault
    if not shown:
        raise BadInput("模板是空的，请检查文件。", field=FIELD)


def fill(content: bytes, values: Mapping[str, str]) -> bytes:
    """Return the DOCX of a template with its fields filled; lines of a value become paragraphs. The same values, the same bytes."""
    template = DocxTemplate(io.BytesIO(content))
    paragraphs = {name: re.sub(r"\n+", "\a", value) for name, value in values.items()}
    template.render(paragraphs, environment(), autoescape=True)
    about = template.docx.core_properties
    about.author, about.last_modified_by, about.title = values.get("发文机关", ""), "", values.get("文号", "")
    for name in ("category", "comments", "content_status", "identifier", "keywords", "subject", "version"):
        setattr(about, name, "")  # what the template's author left there does not go out with every paper
    about.created = about.modified = _MADE
    about.revision = 1
    out = io.BytesIO()
    template.save(out)
    return without_clock(out.getvalue())


def without_clock(content: bytes) -> bytes:
    """Return a DOCX packed anew in a fixed order without times."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as new,
    ):
        names = old.namelist()
        for name in sorted(names, key=lambda item: (item != "[Content_Types].xml", item)):
            part = zipfile.ZipInfo(name, _DATED)
            part.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(part, old.read(name))
    return out.getvalue()


def _check_words(body: str) -> None:
    """Refuse broken marks, fields that the system does not have, and anything beyond fields and conditions."""
    try:
        tree = environment().parse(body)
    except TemplateSyntaxError as fault:
        near = "".join(re.findall(r"\{[{%].{0,40}?[}%]?\}|\{[{%][^<]{0,30}", body)[-1:])
        raise BadInput(
            f"模板中的标记写坏了（{fault.message}{'，在“' + near + '”附近' if near else ''}）："
            "字段应写成 {{ 事件标题 }}，两边各两个花括号。",
            field=FIELD,
        ) from fault
    for node in _walk(tree):
        if isinstance(node, nodes.Name) and node.name not in FIELDS:
            raise BadInput(
                f"模板中有系统没有的字段“{node.name}”。请改用下列字段之一：{'、'.join(FIELDS)}。", field=FIELD
            )
        if not isinstance(node, (*_PLAIN, *_LOGIC)):
            raise BadInput(
                f"模板中用了不支持的写法（{type(node).__name__}）：只能用字段 {{{{ 事件标题 }}}} 和条件 {{% if 字段 %}}…{{% endif %}}。",
                field=FIELD,
            )
    if not any(isinstance(node, nodes.Name) for node in _walk(tree)):
        raise BadInput("模板里一个字段也没有，填出来的文书都会一样：请至少写一个，如 {{ 事件编号 }}。", field=FIELD)


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _walk(child)


def used_fields(content: bytes) -> list[str]:
    """Return the fields that a checked template uses, in the order of ``FIELDS``."""
    template = DocxTemplate(io.BytesIO(content))
    found: Any = template.get_undeclared_template_variables(environment())
    return [name for name in FIELDS if name in found]
