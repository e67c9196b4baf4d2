"""Several processes that train one network: each learns from images of its own, all step along their mean gradient.

Started by torch's launcher, which tells each process its rank: `torchrun --nproc-per-node 2 -m eclips4d.pipeline train
slopes`. A step of so many processes with a batch each is the step of one process with all of their images, since every
loss is a mean over images; weights, momenta and averages stay the same everywhere without being sent.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import distributed, nn

from eclips4d.core.errors import InputError

OTHER_IMAGES = 1_000_003
"""Between the seeds of neighbouring ranks."""


@dataclass(frozen=True, slots=True)
class Team:
    """One process of a team; a team of one does nothing together."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process reports, keeps checkpoints and writes weights."""
        return self.rank == 0

    def seed(self, seed: int) -> int:
        """For the images of this process; the leader's are those of a training alone."""
        return seed + OTHER_IMAGES * self.rank

    def average(self, network: nn.Module) -> None:
        """Replace the gradients by their means over the team."""
        if self.size == 1:
            return
        gradients = [weight.grad for weight in network.parameters() if weight.grad is not None]
        together = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(together)
        together /= self.size
        means = torch.split(together, [gradient.numel() for gradient in gradients])
        for gradient, mean in zip(gradients, means, strict=True):
            gradient.copy_(mean.view_as(gradient))

    def told(self, share: float) -> float:
        """The leader's share of the budget: all end after the same step, whatever their clocks say."""
        if self.size == 1:
            return share
        said = torch.tensor([share], dtype=torch.float64, device=self._place)
        distributed.broadcast(said, 0)
        return float(said)

    def any(self, asked: bool) -> bool:
        """Whether any of the team was asked to stop: all stop after the same step."""
        if self.size == 1:
            return asked
        count = torch.tensor([int(asked)], device=self._place)
        distributed.all_reduce(count)
        return bool(count)

    @property
    def _place(self) -> torch.device:
        on_gpu = distributed.get_backend() == "nccl"
        return torch.device("cuda", torch.cuda.current_device()) if on_gpu else torch.device("cpu")


ALONE = Team()


@contextmanager
def team(device: str) -> Iterator[tuple[Team, str]]:
    """The team that torch's launcher has started, for the block, and this process' device.

    Parameters
    ----------
    device
        `cpu` or `cuda`: each process of a host has a GPU of its own then.

    Raises
    ------
    InputError
        More processes on this host than GPUs.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield ALONE, device
        return
    local = int(os.environ.get("LOCAL_RANK", "0"))
    if device == "cuda":
        if local >= torch.cuda.device_count():
            cure = f"start {torch.cuda.device_count()} processes on this host, or give --device cpu"
            raise InputError(f"no GPU for process {local}", where="--device", cure=cure)
        torch.cuda.set_device(local)
    distributed.init_process_group("nccl" if device == "cuda" else "gloo")
    try:
        yield Team(distributed.get_rank(), size), f"cuda:{local}" if device == "cuda" else device
    finally:
        distributed.destroy_process_group()
