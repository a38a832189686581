"""The rows: SQLAlchemy 2 typed mappings, no decisions.

Times are aware UTC datetimes. Texts of a caller live here and nowhere else. Numbers of callers are kept as
dialled digits with an optional leading +; an empty string means the caller is anonymous.
"""

from cases.model.base import Base, Moment
from cases.model.bookkeeping import AppliedFact, Change, Counter
from cases.model.calls import Call, CallEvent, DeskNote, Leg, Recording, Transcript
from cases.model.cases import CallBack, Case, CaseEvent
from cases.model.citizens import MessageOut, ShownMessage, Survey
from cases.model.city import LoadedCity, Matter, Unit
from cases.model.handling import Assignment, Extension, Holiday, Photo
from cases.model.money import Contract, ContractEvent, Fee, FreeClaim, Household, Price, Statement
from cases.model.people import AuditEntry, AuditHead, User
from cases.model.reports import Report, ReportMail
from cases.model.search import CaseSearch, Unindexed
from cases.model.sorting import Burst, BurstMember, Example, FirmTurn, RepeatOffer
from cases.model.supervision import (
    Accountability,
    Escalation,
    ReceptionDay,
    ReceptionItem,
    SpecialReport,
    StaffNotice,
    Watch,
)

__all__ = [
    "Accountability",
    "AppliedFact",
    "Assignment",
    "AuditEntry",
    "AuditHead",
    "Base",
    "Burst",
    "BurstMember",
    "Call",
    "CallBack",
    "CallEvent",
    "Case",
    "CaseEvent",
    "CaseSearch",
    "Change",
    "Contract",
    "ContractEvent",
    "Counter",
    "DeskNote",
    "Escalation",
    "Example",
    "Extension",
    "Fee",
    "FirmTurn",
    "FreeClaim",
    "Holiday",
    "Household",
    "Leg",
    "LoadedCity",
    "Matter",
    "MessageOut",
    "Moment",
    "Photo",
    "Price",
    "ReceptionDay",
    "ReceptionItem",
    "Recording",
    "RepeatOffer",
    "Report",
    "ReportMail",
    "ShownMessage",
    "SpecialReport",
    "StaffNotice",
    "Statement",
    "Survey",
    "Transcript",
    "Unindexed",
    "Unit",
    "User",
    "Watch",
]
