import pytest
import torch
from torch import nn

from eclips4d.training.optimiser import BETAS, Kind, inner_convolutions, optimiser


def small_net(channels_last: bool = False) -> nn.Module:
    torch.manual_seed(1)
    net = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.GELU(),
        nn.Conv2d(8, 12, 3, padding=1),
        nn.GELU(),
        nn.Conv2d(12, 12, 3, padding=1, groups=12),
        nn.Conv2d(12, 2, 1),
    )
    return net.to(memory_format=torch.channels_last) if channels_last else net


def loss_of(net: nn.Module, seed: int = 0) -> torch.Tensor:
    planes = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(seed))
    smooth = nn.functional.avg_pool2d(planes, 3, stride=1, padding=1)
    return nn.functional.mse_loss(net(planes), smooth[:, :2] - smooth[:, 1:])


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("kind", ["muon", "adamw"])
def test_the_loss_falls(kind: Kind, channels_last: bool) -> None:
    net = small_net(channels_last)
    steps = optimiser(net, kind, 5e-3, 1e-4)
    first = loss_of(net).item()
    for _ in range(60):
        steps.zero_grad()
        loss_of(net).backward()
        steps.step()
    assert loss_of(net).item() < 0.3 * first


@pytest.mark.parametrize("channels_last", [False, True])
def test_a_step_of_muon_is_nearly_orthogonal(channels_last: bool) -> None:
    net = small_net(channels_last)
    weight = net[2].weight
    before = weight.detach().clone()
    steps = optimiser(net, "muon", 1e-2, 0.0)
    loss_of(net).backward()
    steps.step()
    change = (before - weight.detach()).flatten(1)
    spread = torch.linalg.svdvals(change / (0.2 * 72**0.5 * 1e-2))
    # Five Newton-Schulz iterations in bfloat16 leave the singular values near one, not at it.
    assert spread.min() > 0.5 and spread.max() < 1.4
    # Orthogonalised, but the same direction as the gradient.
    assert torch.sum(change * weight.grad.flatten(1)) > 0
    assert torch.linalg.cond(weight.grad.flatten(1)) > 3 * spread.max() / spread.min()


def test_both_layouts_take_the_same_step() -> None:
    nets = [small_net(), small_net(channels_last=True)]
    for net in nets:
        steps = optimiser(net, "muon", 1e-2, 1e-2)
        for seed in range(3):
            steps.zero_grad()
            loss_of(net, seed).backward()
            steps.step()
    for one, other in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=2e-3, rtol=0)


def test_biases_grouped_first_and_last_layers_go_by_adamw() -> None:
    nets = [small_net(), small_net()]
    assert [weight.shape for weight in inner_convolutions(nets[0])] == [(12, 8, 3, 3)]
    both = optimiser(nets[0], "muon", 1e-2, 0.0)
    reference = torch.optim.AdamW(nets[1].parameters(), lr=1e-2, betas=BETAS, weight_decay=0.0)
    for net, steps in zip(nets, (both, reference), strict=True):
        loss_of(net).backward()
        steps.step()
    for name, parameter in nets[0].named_parameters():
        same = torch.allclose(parameter, nets[1].get_parameter(name), atol=1e-6)
        assert same == (name != "2.weight"), name


@pytest.mark.parametrize("kind", ["muon", "adamw"])
def test_the_state_goes_on_where_it_was(kind: Kind) -> None:
    net = small_net()
    steps = optimiser(net, kind, 5e-3, 1e-2)

    def go_on(net: nn.Module, steps: object, first: int, last: int) -> None:
        for seed in range(first, last):
            steps.set_lr(1.0 / (1 + seed))
            steps.zero_grad()
            loss_of(net, seed).backward()
            steps.step()

    go_on(net, steps, 0, 4)
    kept_net = {name: value.clone() for name, value in net.state_dict().items()}
    kept = torch.utils._pytree.tree_map(lambda x: x.clone() if torch.is_tensor(x) else x, steps.state_dict())
    go_on(net, steps, 4, 8)
    again = small_net()
    again.load_state_dict(kept_net)
    resumed = optimiser(again, kind, 5e-3, 1e-2)
    resumed.load_state_dict(kept)
    go_on(again, resumed, 4, 8)
    for one, other in zip(net.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)


def test_the_rate_is_a_factor_of_the_first() -> None:
    def change(factor: float) -> torch.Tensor:
        net = small_net()
        before = net[2].weight.detach().clone()
        steps = optimiser(net, "muon", 1e-2, 0.0)
        steps.set_lr(0.1)
        steps.set_lr(factor)
        loss_of(net).backward()
        steps.step()
        return before - net[2].weight.detach()

    torch.testing.assert_close(change(0.5), 0.5 * change(1.0), atol=1e-6, rtol=1e-4)


def test_a_state_of_another_kind_is_refused() -> None:
    state = optimiser(small_net(), "adamw", 1e-3, 0.0).state_dict()
    with pytest.raises(ValueError):
        optimiser(small_net(), "muon", 1e-3, 0.0).load_state_dict(state)
