import numpy

from saliencekit.data.duplicates import equal_rows


def rows(*values):
    return numpy.array([[value, 255 - value, 7] for value in values], dtype=numpy.uint8)


def counted(*places, of):
    mask = numpy.zeros(of, dtype=bool)
    mask[list(places)] = True
    return mask


def test_groups_in_rising_order():
    found = equal_rows(rows(5, 1, 5, 9, 1, 5), numpy.ones(6, dtype=bool))
    assert found == [[0, 2, 5], [1, 4]]


def test_rows_that_do_not_count_are_equal_to_none():
    assert equal_rows(rows(0, 0, 0), counted(0, 2, of=3)) == [[0, 2]]
    assert equal_rows(rows(0, 0, 0), counted(1, of=3)) == []
    assert equal_rows(rows(0, 0, 0), counted(of=3)) == []


def test_nothing_twice():
    assert equal_rows(rows(*range(200)), numpy.ones(200, dtype=bool)) == []


def test_against_a_loop():
    random = numpy.random.default_rng(0)
    table = random.integers(0, 3, (200, 3)).astype(numpy.uint8)
    expected = {}
    for place, row in enumerate(table):
        expected.setdefault(tuple(row), []).append(place)
    found = equal_rows(table, numpy.ones(200, dtype=bool))
    assert found == sorted(group for group in expected.values() if len(group) > 1)
