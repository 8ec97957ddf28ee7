"""The provider lab: both payment APIs with a driven clock, a truth log, faults and an auditor."""

from paylab.audit_report import AuditReport
from paylab.auditor import audit
from paylab.claims import Delivery
from paylab.clock import LabClock, SideBySide
from paylab.lab import Lab
from paylab.messages import Damage, Request, Response
from paylab.payments import LabPayment
from paylab.people import leaks
from paylab.population import Size, populate
from paylab.request_log import RequestLog, Served
from paylab.server import LabServer
from paylab.standings import Tick
from paylab.transport import LabTransport
from paylab.truth import Amendment, Transition, TruthLog
from paylab.world import World

__all__ = [
    "Amendment",
    "AuditReport",
    "Damage",
    "Delivery",
    "Lab",
    "LabClock",
    "LabPayment",
    "LabServer",
    "LabTransport",
    "Request",
    "RequestLog",
    "Response",
    "Served",
    "SideBySide",
    "Size",
    "Tick",
    "Transition",
    "TruthLog",
    "World",
    "audit",
    "leaks",
    "populate",
]
