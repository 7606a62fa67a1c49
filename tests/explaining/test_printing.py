from saliencekit.explaining.printing import line


def entry(**more):
    first = {"class": "tabby", "index": 3, "score": 0.5}
    looks = {"cam": {"degenerate": False, "entropy": 2.5}, "grad-cam": {"degenerate": True, "entropy": 3.9}}
    return {"image": "a.png", "predicted": [first], "target": first, "salience": looks, **more}


def test_a_line_says_what_is_known():
    assert line(entry()) == "a.png: tabby 0.500; cam 2.500 nats, grad-cam flat map"


def test_another_class_explained_is_named():
    other = {"class": "lynx", "index": 5, "score": None}
    assert line(entry(target=other)).startswith("a.png: tabby 0.500; explained lynx –; cam")


def test_long_and_hostile_names():
    long = line(entry(image="/very/long" * 9 + "/cat\x1b.png"))
    assert long.startswith("…")
    assert "cat\\x1b.png: tabby" in long
