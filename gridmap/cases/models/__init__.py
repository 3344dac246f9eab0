"""Tables of cases: the case with its photos, words and categories, and its course."""

from gridmap.cases.models.appointments import Appointment, AppointmentDesk, AppointmentStep
from gridmap.cases.models.case import Case, CasePhoto, CaseWords, CaseWordsWaiting, Category, CategoryVersion
from gridmap.cases.models.charge import CaseCharge, CaseChargeDuty, CaseChargeRecord, ChargeTemplate
from gridmap.cases.models.course import CaseOrder, CaseStep
from gridmap.cases.models.documents import CaseDocument, DocumentNumber, DocumentTemplate
from gridmap.cases.models.escalation import CaseAppeal, CaseEscalation, CaseExtension
from gridmap.cases.models.limits import CaseLimit, CaseTimer
from gridmap.cases.models.links import LinkTry, RevisitLink
from gridmap.cases.models.mediation import (
    Mediation,
    MediationAgreement,
    MediationDuty,
    MediationPack,
    MediationReminder,
    MediationRoom,
    MediationSession,
    MediationTemplate,
    MediationTier,
)
from gridmap.cases.models.meetings import CaseDecision, JointMeeting, JointMeetingCase, JointMeetingDepartment
from gridmap.cases.models.parties import CaseParty
from gridmap.cases.models.quiet import QuietVersion
from gridmap.cases.models.routing import RoutingRule
from gridmap.cases.models.tasks import CaseTask
from gridmap.cases.models.whistles import CaseWhistle, CaseWhistleCall
from gridmap.cases.models.work import CaseSeen, SavedFilter

__all__ = [
    "Appointment",
    "AppointmentDesk",
    "AppointmentStep",
    "Case",
    "CaseAppeal",
    "CaseCharge",
    "CaseChargeDuty",
    "CaseChargeRecord",
    "CaseDecision",
    "CaseDocument",
    "CaseEscalation",
    "CaseExtension",
    "CaseLimit",
    "CaseOrder",
    "CaseParty",
    "CasePhoto",
    "CaseSeen",
    "CaseStep",
    "CaseTask",
    "CaseTimer",
    "CaseWhistle",
    "CaseWhistleCall",
    "CaseWords",
    "CaseWordsWaiting",
    "Category",
    "CategoryVersion",
    "ChargeTemplate",
    "DocumentNumber",
    "DocumentTemplate",
    "JointMeeting",
    "JointMeetingCase",
    "JointMeetingDepartment",
    "LinkTry",
    "Mediation",
    "MediationAgreement",
    "MediationDuty",
    "MediationPack",
    "MediationReminder",
    "MediationRoom",
    "MediationSession",
    "MediationTemplate",
    "MediationTier",
    "QuietVersion",
    "RevisitLink",
    "RoutingRule",
    "SavedFilter",
]
