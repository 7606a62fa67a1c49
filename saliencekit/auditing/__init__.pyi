from .result import AuditResult as AuditResult
from .result import Records as Records
from .result import load_audit as load_audit
from .run import run_audit as run_audit
from .settings import AuditSettings as AuditSettings
