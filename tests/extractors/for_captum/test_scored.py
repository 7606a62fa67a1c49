import torch
from torch import nn

from saliencekit.extractors.for_captum.scored import Scored
from saliencekit.extractors.for_captum.turns import Turns


def test_one_logit_has_two_scores():
    net = nn.Sequential(nn.Flatten(), nn.Linear(4, 1))
    images = torch.rand(3, 1, 2, 2)
    logit = net(images)
    torch.testing.assert_close(Scored(net)(images), torch.cat((-logit, logit), 1))
    torch.testing.assert_close(Scored(net).logits(images), logit)


def test_a_network_may_write_into_its_images():
    images = torch.rand(2, 1, 2, 2, requires_grad=True)
    Scored(nn.Sequential(nn.Hardtanh(-0.1, 0.1, inplace=True), nn.Flatten(), nn.Linear(4, 2)))(images).sum().backward()
    assert images.grad is not None


def test_separated_networks_compute_the_same():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc, self.relu = nn.Linear(4, 4), nn.ReLU(inplace=True)

        def forward(self, x):
            for _ in range(3):
                x = torch.tanh(self.relu(self.fc(x.flatten(1))))
            return x

    torch.manual_seed(0)
    net, images = Net(), torch.rand(2, 1, 2, 2)
    expected = net(images.clone())
    scored = Scored(net)
    scored.separate(images)
    for _ in range(2):
        torch.testing.assert_close(scored(images), expected)
    assert isinstance(net.relu, Turns)
    assert len(net.relu.each) == 3
    assert [len(pool.each) for pool in scored.pools] == [3]
