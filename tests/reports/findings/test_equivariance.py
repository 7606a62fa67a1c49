from saliencekit.reports.findings.equivariance import follows_flips, follows_transforms


def span(value, low, high, **more):
    return {"value": value, "ci_low": low, "ci_high": high, **more}


def level(value, gap, low):
    return span(value, value - 0.05, value + 0.05, over_null=span(gap, low, gap + 0.05), null=value - gap)


def summary(**levels):
    whole = span(0.6, 0.55, 0.65, null=0.2, over_null=span(0.4, 0.35, 0.45))
    return {"measures": {"equivariance": whole | {"groups": {"transform": {**levels}}}}}


def test_a_flip_that_is_not_followed_is_a_warning():
    flips = {"flip-lr": level(0.25, 0.0, -0.05), "flip-tb": level(0.6, 0.4, 0.3)}
    found = follows_flips(summary(**flips))
    assert found.severity == "warning"
    assert (
        "does not follow a flip, as far as can be told: after flip-lr the SSIM is 0.250, 0.000 [−0.050, 0.050]"
        in found.sentence
    )
    assert found.numbers["transform"] == "flip-lr"


def test_a_flip_that_is_hardly_followed_is_a_notice():
    found = follows_flips(summary(**{"flip-tb": level(0.3, 0.1, 0.05)}))  # 0.1 of the way of 0.8
    assert found.severity == "notice"
    assert "hardly follows a flip" in found.sentence


def test_flips_that_are_followed_are_not_mentioned_and_nor_are_absent_ones():
    assert follows_flips(summary(**{"flip-lr": level(0.9, 0.7, 0.6)})) is None
    assert follows_flips(summary(**{"shift": level(0.2, 0.0, -0.1)})) is None
    assert follows_flips(summary(**{"flip-lr": span(0.2, 0.1, 0.3)})) is None  # no null value of its own


def test_the_worst_transform_is_named():
    found = follows_transforms(summary(**{"rotate+90": level(0.3, 0.05, 0.01), "shift": level(0.8, 0.6, 0.5)}))
    assert found.severity == "info"
    assert "worst after rotate+90, 0.300, 0.050 over the null value" in found.sentence
    assert found.numbers["worst"] == "rotate+90"
    assert "worst" not in follows_transforms(summary()).numbers


def test_nothing_measured():
    assert follows_flips({}) is follows_transforms({}) is None
