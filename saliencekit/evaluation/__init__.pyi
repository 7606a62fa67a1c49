from .metrics import METRICS as METRICS
from .metrics import Metric as Metric
from .result import Evaluation as Evaluation
from .result import load_evaluation as load_evaluation
from .run import evaluate as evaluate
from .settings import EvaluationSettings as EvaluationSettings
