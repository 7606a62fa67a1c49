import pytest
import torch

from saliencekit.auditing.crew import Crew, gather_crew
from saliencekit.errors import EnvironmentFault

CPU = torch.device("cpu")


class Broken:
    """A connection whose other end is gone."""

    def barrier(self):
        raise RuntimeError("Connection closed by peer")

    def broadcast(self, word, src):
        raise RuntimeError("Connection closed by peer")


def test_alone_there_is_nobody_to_wait_for(monkeypatch):
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    crew = gather_crew("cpu")
    assert (crew.rank, crew.world, crew.device, crew.leads) == (0, 1, CPU, True)
    crew.wait()
    assert (crew.agree("go"), crew.agree(None)) == ("go", None)


def test_a_world_of_others_is_none_without_a_place_in_it(monkeypatch):
    """A cluster may set WORLD_SIZE for programs that torchrun has not started."""
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    assert gather_crew("cpu").world == 1


def test_the_device_of_the_model_is_what_auto_means():
    assert gather_crew("auto", here=CPU).device == CPU


def test_only_the_first_leads():
    assert [Crew(rank, 2, CPU).leads for rank in (0, 1)] == [True, False]


def test_an_end_of_the_others_is_told():
    crew = Crew(1, 2, CPU, Broken())
    for call in (crew.wait, lambda: crew.agree("go")):
        with pytest.raises(EnvironmentFault, match=r"^another process of this audit ended .* with --resume$"):
            call()
