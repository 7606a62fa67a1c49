"""Records small enough to work their numbers out by hand."""

import json
import math

import pandas as pd

from saliencekit.auditing import summary, summary_of_sets

NAN = float("nan")


def entropy_records(entropies, *, labels=None, predicted=None, groups=None, degenerate=None):
    count = len(entropies)
    return pd.DataFrame(
        {
            "index": range(count),
            "image": list("abcdefghij"[:count]),
            "group": pd.Series(groups or [None] * count, dtype="string"),
            "label": pd.Series(labels or [None] * count, dtype="string"),
            "predicted": pd.Series(predicted or ["real"] * count, dtype="string"),
            "score": [0.75] * count,
            "entropy": [float(each) for each in entropies],
            "entropy_normalized": [each / 4 for each in entropies],
            "effective_area": [math.exp(each) for each in entropies],
            "histogram_entropy": [0.5] * count,
            "degenerate": degenerate or [False] * count,
        }
    )


def known_of(records):
    """What an audit knows of each image: as it makes it of the entropy records."""
    known = records.set_index("image")
    known["correct"] = (known["label"] == known["predicted"]).where(known["label"].isin(["real", "fake"]))
    return known


def rows_of(conditions, **values):
    """Records of conditions by images, each value a list with one row an image and one column a condition."""
    count = len(next(iter(values.values())))
    frame = pd.DataFrame(
        [{"image": "abcdefghij"[each], **condition} for each in range(count) for condition in conditions]
    )
    for name, table in values.items():
        frame[name] = [float(value) for row in table for value in row]
    frame["degenerate"] = False
    return frame


def pieces_of(records):
    """The records cut between images, two images a piece: where they are cut must not matter."""
    numbers = records.groupby("image", sort=False).ngroup() // 2
    return (piece for _, piece in records.groupby(numbers))


def summarise(measure, records, known, **settings):
    return summary.summarise(measure, pieces_of(records), known, **settings)


def summarise_sets(measure, records, known, **settings):
    return summary_of_sets.summarise_sets(measure, pieces_of(records), known, **settings)


def as_json(entry):
    """As the file holds it; NaN is refused."""
    return json.loads(json.dumps(entry, allow_nan=False))


NOISE = ({"set": "salt-and-pepper", "amount": 0.0}, {"set": "salt-and-pepper", "amount": 0.5})


def out_of_set(**sets):
    """Images a and b, of entropy 1 and 2, and sets of the entropies given; their names begin with a as well."""
    noise = rows_of(
        NOISE,
        entropy=[[1, 3], [2, 3.5]],
        ssim=[[1, 0.4], [1, 0.8]],
        score=[[0.9, 0.5], [0.8, 0.6]],
        ssim_null=[[0.1, 0.2], [0.3, 0.4]],
    )
    others = [
        rows_of(
            ({"set": name, "amount": NAN},),
            **{
                column: [[each if column == "entropy" else NAN] for each in values]
                for column in ("entropy", "ssim", "score", "ssim_null")
            },
        )
        for name, values in sets.items()
    ]
    return pd.concat([noise, *others])
