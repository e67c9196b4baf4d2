"""A worker's models: the run's own, those that later frames need, and the one that is made ready beside the work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from eclips4d.core.errors import EclipsError
from eclips4d.core.instrument import Instrument
from eclips4d.core.log import get_logger
from eclips4d.core.messages import (
    MOST_TEXT,
)
from eclips4d.core.model_messages import Prepared
from eclips4d.inference.models import Model, load_model
from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.model_snapshot import where_it_lies
from eclips4d.pipeline.warm_up import Warm, warm_networks, warm_up_inference

MOST_KEPT = 2
"""The model that goes and the one that comes; whoever needs another loads it again."""


class ModelShelf:
    """Models by the names that the store's owner gives them.

    Parameters
    ----------
    config : RunConfig
    instrument : Instrument
    warm : Warm, optional
        What is ready of the run's own model.
    """

    def __init__(self, config: RunConfig, instrument: Instrument, warm: Warm | None = None) -> None:
        self._config, self._instrument = config, instrument
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._coming: dict[str, Future[Model]] = {}
        warm = warm or Warm()
        own = warm.model_for(instrument) or load_model(
            where_it_lies(config.model, config.out), instrument, config.engine, warm.networks
        )
        self._models: dict[str, Model] = {config.model: own}
        _tell("model loaded", config.model, own)

    def of(self, name: str) -> Model:
        """A model, at once if it is ready.

        Raises
        ------
        InputError
            It cannot be used.
        """
        if name in self._coming:
            self._put(name, self._coming.pop(name).result())
        elif name not in self._models:
            self._put(name, self._ready(name))
        return self._models[name]

    def prepare(self, name: str, done: Callable[[], None] = lambda: None) -> None:
        """Begin to make a model ready in a thread of its own; `done` is called there."""
        if name not in self._coming:
            self._coming[name] = self._aside.submit(self._ready, name)
        self._coming[name].add_done_callback(lambda _: done())

    def prepared(self) -> Iterator[Prepared]:
        """What has become ready, or cannot be used, since the last time."""
        for name in [name for name, future in self._coming.items() if future.done()]:
            future = self._coming.pop(name)
            try:
                model = future.result()
            except (EclipsError, ArithmeticError, ValueError, LookupError, RuntimeError, OSError) as error:
                get_logger().error("model not usable", model=name, error=str(error))
                yield Prepared(name=name, refused=" ".join(str(error).split())[:MOST_TEXT] or type(error).__name__)
                continue
            self._put(name, model)
            _tell("model ready", name, model)
            yield Prepared(name=name, fingerprint=model.fingerprint)

    def close(self) -> None:
        """Wait for what is being made ready."""
        self._aside.shutdown(wait=True, cancel_futures=True)

    def _ready(self, name: str) -> Model:
        """Read, compiled for the run's frames, and tried on a made-up one."""
        config = self._config.model_copy(update={"model": where_it_lies(name, self._config.out)})
        return warm_up_inference(config, warm_networks(config), self._instrument)

    def _put(self, name: str, model: Model) -> None:
        self._models.pop(name, None)
        while len(self._models) >= MOST_KEPT:
            del self._models[next(iter(self._models))]
        self._models[name] = model


def _tell(what: str, name: str, model: Model) -> None:
    get_logger().info(what, model=name, fingerprint=model.fingerprint, engine=model.engine)
