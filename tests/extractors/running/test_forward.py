"""A forward that is watched switches off what it switched on, when it ends and when it never does."""

import pytest
import torch

from saliencekit.extractors.running.forward import Forward


class Looking:
    """An observer that notes when it looks."""

    cut = False

    def __init__(self):
        self.said = []

    def install(self, stack):
        self.said.append("on")
        stack.callback(self.said.append, "off")


def test_it_ends_once_and_gives_who_looked_on():
    forward, looking = Forward(), Looking()
    assert forward.end() is None
    with torch.inference_mode():
        forward.leave_inference()
        forward.begin(looking, twice=False)
        assert not torch.is_inference_mode_enabled()
        forward.close()
        assert torch.is_inference_mode_enabled()
        assert looking.said == ["on", "off"]
        assert forward.end() is looking
        assert forward.end() is None
    assert looking.said == ["on", "off"]


def test_one_that_fails_gives_nobody_but_what_failed_before_does_not_count():
    forward, looking = Forward(), Looking()

    def fail():
        raise IndexError("in the model")

    def run(failing):
        forward.begin(looking, twice=False)
        try:
            failing()
        except IndexError:
            return forward.end()
        return forward.end()

    assert run(fail) is None
    assert run(lambda: None) is looking
    try:
        fail()
    except IndexError:  # the caller tries again while it handles that
        assert run(lambda: None) is looking
        assert run(fail) is None


@pytest.mark.parametrize("recording", [True, False])
def test_it_knows_whether_the_caller_records(recording):
    forward = Forward()
    with torch.set_grad_enabled(recording):
        forward.begin(Looking(), twice=False)
        assert forward.records == recording
        forward.close()


def test_attention_is_twice_differentiable_until_it_ends():
    forward = Forward()
    forward.begin(Looking(), twice=True)
    assert not torch.backends.cuda.flash_sdp_enabled()
    forward.close()
    assert torch.backends.cuda.flash_sdp_enabled()


@pytest.mark.parametrize("inside", [True, False])
def test_one_that_never_ends_is_forgotten(inside):
    """Where inference mode has been left meanwhile, it is not entered again."""
    forward, looking = Forward(), Looking()

    def interrupted():
        with torch.inference_mode():
            forward.leave_inference()
            forward.begin(looking, twice=False)
            torch.set_grad_enabled(True)
            raise KeyboardInterrupt

    with torch.inference_mode() if inside else torch.no_grad():
        recording = torch.is_grad_enabled()
        with pytest.raises(KeyboardInterrupt), forward.settled():
            interrupted()
        assert looking.said == ["on", "off"]
        assert torch.is_inference_mode_enabled() == inside
        assert torch.is_grad_enabled() == recording
        assert not forward.drop(inferring=inside)
    assert not torch.is_inference_mode_enabled()
