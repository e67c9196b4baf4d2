"""A pool of rendered images that is renewed all the time: nothing is stored, everything follows from the seed.

Rendering an image exactly costs more than learning from it once, so each is exposed anew many times before it makes
room. Image m is always the same, and so is the pool at step k, whatever runs ahead in the background.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Image = TypeVar("Image")

_AHEAD: Final = 12
_FORGET: Final = 0.3
"""Weight of the newest loss in an image's running loss."""
_RANGE: Final = 4.0
"""The hardest image is drawn at most so many times as often as a typical one."""


class Pool(Generic[Image]):
    """Images that are drawn by how hard they are.

    Parameters
    ----------
    make
        `make(m)` gives image m; called in a thread.
    size
        Images held at most.
    fresh
        Images that come new per step; a fraction means one every few steps.
    first
        Images before the first step.
    start
        Number of the step it begins with: a training that goes on.
    exponent
        0 draws all alike; 1 in proportion to exp(loss).
    """

    def __init__(
        self,
        make: Callable[[int], Image],
        size: int,
        fresh: float,
        first: int,
        start: int = 0,
        exponent: float = 0.0,
    ) -> None:
        self._make = make
        self._size, self._fresh, self._first = size, fresh, min(first, size)
        self._exponent = exponent
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="render")
        self._coming: deque[Future[Image]] = deque()
        self._images: deque[Image] = deque(maxlen=size)
        self._hardness: deque[float] = deque(maxlen=size)
        self._before: list[float] = []
        self._after: list[float] = []
        due = self._due(start)
        self._next = max(0, due - size)
        self._numbers: deque[int] = deque(maxlen=size)
        self._arrive(due)

    def _due(self, step: int) -> int:
        return self._first + int(step * self._fresh)

    def _arrive(self, due: int) -> None:
        while self._next < due:
            self._request(min(_AHEAD, due - self._next + _AHEAD))
            self._images.append(self._coming.popleft().result())
            self._hardness.append(0.0)
            self._numbers.append(self._next)
            self._next += 1
        self._request(_AHEAD)

    def _request(self, ahead: int) -> None:
        while len(self._coming) < ahead:
            self._coming.append(self._executor.submit(self._make, self._next + len(self._coming)))

    def draw(self, step: int, count: int, random: np.random.Generator) -> tuple[NDArray[np.int64], list[Image]]:
        """Numbers and images of the batch of a step."""
        self._arrive(self._due(step))
        weight = np.exp(np.clip(self._exponent * np.array(self._hardness), -np.log(_RANGE), np.log(_RANGE)))
        if self._after:
            self._hardness.extend(self._after)
            self._after = []
        picked = random.choice(len(self._images), count, replace=len(self._images) < count, p=weight / weight.sum())
        return np.array([self._numbers[i] for i in picked], np.int64), [self._images[i] for i in picked]

    def learnt(self, numbers: NDArray[np.int64], losses: NDArray[np.float64]) -> None:
        """Tell how hard images were: losses less what is usual for their like."""
        self._before = list(self._hardness)
        first = self._numbers[0]
        for number, loss in zip(numbers.tolist(), losses.tolist(), strict=True):
            if (place := number - first) >= 0:
                self._hardness[place] += _FORGET * (loss - self._hardness[place])

    def state(self) -> dict[str, list[float]]:
        """How hard images are, without the losses that came last and with them: the next batch is drawn by then."""
        return {"before": self._before, "after": list(self._hardness)}

    def restore(self, state: dict[str, list[float]]) -> None:
        """Go on where `state` was taken; the pool was made with the step that comes next."""
        self._hardness.extend(state["before"])
        self._after = state["after"]

    def close(self) -> None:
        """Stop rendering; wait for the image under way."""
        self._executor.shutdown(wait=True, cancel_futures=True)
