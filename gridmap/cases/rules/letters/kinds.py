"""The nine kinds of papers, their numbers, and the fields that a template may use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from gridmap.cases.rules.acts import Document

DOCUMENT_NAMES = {
    Document.REGISTRATION: "受理单",
    Document.ORDER: "交办单",
    Document.REFERRAL: "转办单",
    Document.SUPERVISION: "督办单",
    Document.REMINDER: "提示函",
    Document.SUGGESTION: "建议函",
    Document.DECLINING: "不予受理告知书",
    Document.AGREEMENT: "调解协议书",
    Document.COMPLETION: "办结告知书",
}
# What stands between the issuing unit and the year in a number (机关代字).
_MARKS = {
    Document.REGISTRATION: "受理",
    Document.ORDER: "交办",
    Document.REFERRAL: "转办",
    Document.SUPERVISION: "督办",
    Document.REMINDER: "提示",
    Document.SUGGESTION: "建议",
    Document.DECLINING: "不受",
    Document.AGREEMENT: "调协",
    Document.COMPLETION: "办结",
}
# Papers that somebody writes by hand, as against those that a step of the course makes by itself.
WRITTEN = (Document.REFERRAL, Document.SUPERVISION, Document.REMINDER, Document.SUGGESTION)
NAMING = frozenset({Document.AGREEMENT})  # papers whose text may name people (当事人)

# name in the template → (what it is, what it looks like): the second column fills a template that is tried out.
FIELDS: dict[str, tuple[str, str]] = {
    "发文机关": ("出具文书的综治中心", "幸福乡综治中心"),
    "文号": ("编号，按年份和文种连续", "幸福乡综治中心受理〔2026〕第 12 号"),
    "成文日期": ("出具的日期", "2026年11月22日"),
    "主送": ("收文的单位或人员", "司法所"),
    "事件编号": ("一案一码", "220102-2026-0000123"),
    "事件标题": ("", "某小区三号楼排水管堵塞"),
    "事件类别": ("大类和类别", "社会民生 › 邻里纠纷"),
    "来源渠道": ("", "来访"),
    "五事五办": ("", "操心事抓紧办"),
    "规模": ("", "个体性"),
    "风险等级": ("", "中"),
    "所属区划": ("", "幸福乡幸福社区第一网格"),
    "事件地址": ("", "幸福路示例小区三号楼"),
    "情况描述": ("", "住户反映排水管堵塞两日，影响一至三层用水。"),
    "反映时间": ("接到反映的时间", "2026年11月20日08时50分"),
    "受理时间": ("登记受理的时间；没有受理的为“无”", "2026年11月20日09时30分"),
    "办理期限": ("", "2026年11月25日09时30分"),
    "承办单位": ("主办部门", "司法所"),
    "协办单位": ("没有时为“无”", "派出所、社区居委会"),
    "办理要求": ("派单时写的要求", "三日内到场处理并反馈。"),
    "办理结果": ("最近一次反馈的结果", "已疏通排水管，住户用水恢复。"),
    "满意程度": ("最近一次回访", "满意"),
    "正文": ("出具时写的内容；不予受理时为理由", "请贵单位于三日内核实并将处理情况书面反馈。"),
    "法定途径": ("不予受理时告知的渠道", "向人民法院提起诉讼"),
    "经办人": ("出具文书的人", "何静"),
    "当事人": ("调解协议书：各方当事人，一人一段", "申请人：何静，身份证号 220102198001010018"),
    "对方当事人": ("调解协议书：登记时写的身份或代称", "12 号商铺"),
    "协议内容": ("调解协议书", "双方确认以界沟为界，各自管护。"),
    "履行事项": ("调解协议书：一项一段，含期限", "1. 2026年12月1日前，对方当事人支付 1,000.00 元。"),
    "调解员": ("调解协议书", "白平"),
    "司法确认": ("调解协议书：是否申请", "双方同意共同申请司法确认"),
    "签名处": ("调解协议书：一人一段", "申请人何静：＿＿＿＿＿＿＿＿"),
}
NOTHING = "无"
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\ufeff]")
_PICTURES = re.compile("[\U0001f000-\U0001faff][\U0001f000-\U0001faff\u200d\ufe0e\ufe0f]*")
_UNREADABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def number_text(issuer: str, kind: Document, year: int, number: int) -> str:
    """Return the number of a paper as it is printed, e.g. 幸福乡综治中心交办〔2026〕第 12 号."""
    return f"{issuer}{_MARKS[kind]}〔{year}〕第 {number} 号"


def day_text(on: date) -> str:
    """Return a date as official papers write it: 2026年11月22日."""
    return f"{on.year}年{on.month}月{on.day}日"


def plain(text: str) -> str:
    """Return text as it may be printed: no control characters, no marks that turn the order of what stands beside it."""
    return _UNREADABLE.sub("", _TURNING.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))).strip()


def printable(text: str) -> str:
    """Return text for the PDF, whose faces have no pictographs: a run of them becomes the words 〔表情〕 instead of empty boxes."""
    return _PICTURES.sub("〔表情〕", text)


def sample() -> dict[str, str]:
    """Return a value for every field, to try a template out."""
    return {name: value for name, (_, value) in FIELDS.items()}


def completed(values: Mapping[str, str]) -> dict[str, str]:
    """Return a printable value for every field; what is not known is 无. Raises ``KeyError`` for a field that is none."""
    unknown = set(values) - set(FIELDS)
    if unknown:
        raise KeyError(sorted(unknown)[0])
    return {name: plain(values.get(name) or "") or NOTHING for name in FIELDS}
