from .result import Explanation as Explanation
from .result import load_explanation as load_explanation
from .run import run_explanation as run_explanation
from .settings import ExplanationSettings as ExplanationSettings
from .workflow import explain as explain
