"""The endless, seeded stream of batches: settings, surfaces, images, exposures."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.training.recipe import Recipe
from eclips4d.training.slopes.example import Example, example
from eclips4d.training.slopes.pool import Pool
from eclips4d.training.slopes.rendered import Rendered, render
from eclips4d.training.slopes.setting import Setting, random_setting

_DOSE_BINS = 6
_USUAL_FORGETS = 0.05


class Batch(NamedTuple):
    """What one step learns from.

    Attributes
    ----------
    images : int64 [batch]
        Numbers of the rendered images.
    planes : float32 [batch, C, y, x]
    gradient, rotation, target : float32 [batch, 2, y, x]
    electrons : float64 [batch]
    """

    images: NDArray[np.int64]
    planes: NDArray[np.float32]
    gradient: NDArray[np.float32]
    rotation: NDArray[np.float32]
    target: NDArray[np.float32]
    electrons: NDArray[np.float64]


class Stream:
    """Batches one after the other; the next one is made while the network learns from the last.

    Used as a context manager; step k gives the same batch whenever and wherever it is made, as long as the losses
    that were reported before are the same.

    Parameters
    ----------
    recipe
        Its data, mining, pre-training and seed.
    start
        Step to begin with.
    state
        Of a stream that was to give this step next.
    """

    def __init__(self, recipe: Recipe, start: int = 0, state: dict[str, Any] | None = None) -> None:
        data = recipe.data
        self._recipe, self._seed = recipe, recipe.seed
        self._afm_images = recipe.pre_training.share > 0.0
        self._setting = lru_cache(maxsize=data.settings)(self._new_setting)
        self._pool: Pool[Rendered] = Pool(
            self._image,
            data.pool,
            data.batch / data.replays,
            first=2 * data.batch,
            start=start,
            exponent=recipe.mining.exponent if recipe.mining.on else 0.0,
        )
        self._usual = np.zeros(_DOSE_BINS)
        self._coming_afm: bool | None = None
        if state is not None:
            self._pool.restore(state["pool"])
            self._usual[:] = state["usual"]
            self._coming_afm = state["afm"]
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="expose")
        self._coming: Future[Batch] | None = None

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._pool.close()

    def batch(self, step: int, *, afm: bool) -> Batch:
        """The batch of a step, and begin the next one.

        Parameters
        ----------
        afm
            Labels with an AFM's errors; holds for the batch that is begun.
        """
        coming = self._coming or self._begin(step, afm if self._coming_afm is None else self._coming_afm)
        found = coming.result()
        self._coming, self._coming_afm = self._begin(step + 1, afm), afm
        return found

    def learnt(self, batch: Batch, losses: NDArray[np.float64]) -> None:
        """Report the losses of a batch's images, so that hard ones come back sooner."""
        bins = _dose_bin(batch.electrons)
        for one, loss in zip(bins.tolist(), losses.tolist(), strict=True):
            self._usual[one] += _USUAL_FORGETS * (loss - self._usual[one])
        self._pool.learnt(batch.images, losses - self._usual[bins])

    def state(self) -> dict[str, Any]:
        """What it takes to go on with the next step as if nothing had been in between."""
        return {"usual": self._usual.tolist(), "pool": self._pool.state(), "afm": self._coming_afm}

    def _begin(self, step: int, afm: bool) -> Future[Batch]:
        random = np.random.default_rng((self._seed, 2, step))
        numbers, images = self._pool.draw(step, self._recipe.data.batch, random)
        return self._executor.submit(self._exposed, step, numbers, images, afm)

    def _exposed(self, step: int, numbers: NDArray[np.int64], images: list[Rendered], afm: bool) -> Batch:
        made: list[Example] = []
        for i, image in enumerate(images):
            random = np.random.default_rng((self._seed, 3, step, i))
            made.append(example(random, image, afm=afm, electrons=self._recipe.data.electrons))
        return Batch(
            images=numbers,
            planes=np.stack([one.planes for one in made]),
            gradient=np.stack([one.gradient for one in made]),
            rotation=np.stack([one.rotation for one in made]),
            target=np.stack([one.target for one in made]),
            electrons=np.array([one.electrons for one in made]),
        )

    def _image(self, number: int) -> Rendered:
        random = np.random.default_rng((self._seed, 1, number))
        setting = self._setting(int(random.integers(self._recipe.data.settings)))
        return render(random, setting, afm=self._afm_images, families=self._recipe.data.families)

    def _new_setting(self, index: int) -> Setting:
        random = np.random.default_rng((self._seed, 0, index))
        segments = self._recipe.data.segments
        chosen = int(random.choice(segments)) if segments else None
        return random_setting(random, self._recipe.data.field_px, self._recipe.data.fine, chosen)


def _dose_bin(electrons: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.clip(np.log2(electrons / 64.0).astype(np.int64) // 2 + 1, 0, _DOSE_BINS - 1)
