import pytest

from saliencekit.errors import UsageError
from saliencekit.evaluation import EvaluationSettings


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"batch_size": 0}, "expected `batch_size` of at least 1, got 0"),
        ({"resamples": -1}, "expected `resamples` of at least 0, got -1"),
        ({"workers": -2}, "expected `workers` of at least -1"),
        ({"limit": 0}, "expected `limit` of at least 1, got 0"),
        ({"threshold": 1.5}, "expected `threshold` between 0 and 1, got 1.5"),
        ({"max_unreadable": -0.1}, "expected `max_unreadable` between 0 and 1"),
        ({"score": "logit"}, "unknown score 'logit'"),
        ({"threshold_rule": "best"}, "unknown threshold rule 'best'"),
        ({"precision": "64"}, "unknown precision '64'"),
    ],
)
def test_mistakes(given, sentence):
    with pytest.raises(UsageError, match=sentence):
        EvaluationSettings(**given)
