import pytest

from saliencekit.errors import UsageError
from saliencekit.explaining.settings import ExplanationSettings


def test_methods_are_listed_once_in_their_order():
    assert ExplanationSettings(salience=" captum:LRP,cam ,,captum:LRP").methods() == ("captum:LRP", "cam")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"topk": 0}, "^expected `topk` of at least 1, got 0$"),
        ({"batch_size": 0}, "^expected `batch_size` of at least 1, got 0$"),
        ({"alpha": 1.5}, "^expected `alpha` between 0 and 1, got 1.5$"),
        ({"alpha": float("nan")}, "^expected `alpha` between 0 and 1, got nan$"),
        ({"colormap": "jet"}, "^unknown colormap 'jet': expected one of viridis, cividis, magma, inferno, plasma"),
        ({"salience": " ,"}, "^expected at least one salience method, got none$"),
    ],
)
def test_what_makes_no_sense(settings, sentence):
    with pytest.raises(UsageError, match=sentence):
        ExplanationSettings(**settings)
