"""A frame as registration sees it: its channels, and what is made of them when another frame is compared with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.frame import RawArray
from eclips4d.registration import steps, tangents
from eclips4d.registration.channels import Joined, binning_for, form_channels, joined, mixing_matrix
from eclips4d.registration.lines import Lines, find_lines
from eclips4d.registration.pair import Instruments, Pair, Patch, columns_of, instruments, places, whole_pair
from eclips4d.registration.robust import BLOCK_PX
from eclips4d.registration.slopes import near_slopes, stands_out
from eclips4d.registration.template import Template, filtered_gradient, prepare
from eclips4d.registration.tiles import FEW, Tile, tiles_of

Vector = NDArray[np.float64]
FIT_PX = 512
"""Frames longer than this are fitted at half, quarter, … resolution."""
SEARCH_PX = 256
"""The same for the search."""
DETAIL_ROWS = 2048
"""The same for what lies between the steps: roughness and gaps between steps do not survive binning."""


@dataclass(frozen=True, slots=True)
class Eye:
    """How the frames of a run are looked at: the same for all of them.

    Attributes
    ----------
    matrix, offset : float64 [channels, n], float64 [n]
        Segments to channels.
    shape : tuple of int
        Of the raw frame.
    binning, further : int
        Full frame to the fit's channels, those to the search's.
    detail : int
        Full frame to the channels in which one looks between the steps.
    tiles : tuple of Tile
        Of the detail, where one looks; the first few at first.
    noise_correlation : float
        Pixels that share one noise value.
    """

    matrix: Vector
    offset: Vector
    shape: tuple[int, ...]
    binning: int
    further: int
    detail: int
    tiles: tuple[Tile, ...]
    noise_correlation: float

    def look(self, raw: RawArray) -> Look:
        """The channels of a frame."""
        whole = joined(raw, self.matrix, self.offset, self.binning)
        return Look(self, whole, None if self.detail == self.binning else Shown(self, raw, whole.means))

    @property
    def detail_shape(self) -> tuple[int, int]:
        """Rows and columns of the detail."""
        return self.shape[1] // self.detail, self.shape[2] // self.detail

    @property
    def few(self) -> tuple[Tile, ...]:
        """Where one looks first."""
        return self.tiles[:FEW]

    def rows_from_to(self, binning: int) -> tuple[float, float]:
        """Where first and last row of the full frame lie in rows of channels that are binned like this."""
        first = -(binning - 1) / (2 * binning)
        return first, first + (self.shape[1] - 1) / binning


def open_eye(shape: tuple[int, ...], means: Vector, calibration: Calibration) -> Eye:
    """How to look at frames of this shape.

    Parameters
    ----------
    shape : tuple of int
        n, rows, columns.
    means : float64 [n]
        Mean of each segment in the run's first frame, adu.
    calibration : Calibration

    Raises
    ------
    InputError
        The calibration is for another number of segments.
    """
    if shape[0] != len(calibration.flat):
        raise InputError(f"{shape[0]} segments, but the calibration has {len(calibration.flat)}")
    binning = binning_for(shape, FIT_PX)
    further = binning_for((shape[1] // binning, shape[2] // binning), SEARCH_PX)
    offset = np.asarray(calibration.offset_adu, np.float64)
    correlation = max(calibration.noise_correlation_px, 1.0)
    detail = binning_for((shape[1], shape[1]), DETAIL_ROWS)
    tiles = tiles_of((shape[1] // detail, shape[2] // detail))
    return Eye(mixing_matrix(calibration, means), offset, shape, binning, further, detail, tiles, correlation)


class Shown:
    """The pixels of a frame that its detail is made of, tile by tile.

    Parameters
    ----------
    eye : Eye
    raw : uint8 or uint16 [n, y, x]
    means : float64 [n]
        Of its segments, adu.
    """

    def __init__(self, eye: Eye, raw: RawArray, means: Vector) -> None:
        self._eye, self._means = eye, means
        self._raw: RawArray | None = raw
        self._kept: dict[Tile, RawArray] = {}

    def settle(self) -> None:
        """From now on the frame is only compared with: nothing is kept but the tiles where they are."""
        if self._raw is not None:
            self._kept = {tile: self._part(self._raw, tile, (0, 0)) for tile in self._eye.tiles}
            self._raw = None

    def channels(self, tile: Tile, place: tuple[int, int]) -> NDArray[np.float32]:
        """Of a tile that is read at a place."""
        pixels = self._kept[tile] if self._raw is None else self._part(self._raw, tile, place)
        return form_channels(pixels, self._eye.matrix, self._eye.offset, self._eye.detail, self._means)

    def _part(self, raw: RawArray, tile: Tile, place: tuple[int, int]) -> RawArray:
        """Read-only as arrays off the wire are: kernels are compiled for that already."""
        rows, columns = (
            slice(s.start * self._eye.detail, s.stop * self._eye.detail)
            for s in tile.around(place, self._eye.detail_shape)
        )
        part = raw[:, rows, columns].copy()
        part.flags.writeable = False
        return part


class Detail:
    """What a frame shows of a tile and around it, between the steps.

    Parameters
    ----------
    channels : float32 [c, y, x]
    first : tuple of int
        Row and column of the frame at which they begin.
    """

    def __init__(self, channels: NDArray[np.float32], first: tuple[int, int]) -> None:
        self.channels, self.first = channels, first

    @cached_property
    def fine(self) -> NDArray[np.float32]:
        """The fine structure, steps and their tails included."""
        return steps.fine_structure(self.channels)

    @cached_property
    def lines(self) -> Lines:
        """Where steps are and are not."""
        return find_lines(self.channels)

    def roughness(self, tile: Tile) -> NDArray[np.float32]:
        """Gradients that steps cannot pull, zero where steps are, [2, c, y, x]: the part that is the tile's own."""
        clear = stands_out(self.fine, self.lines.terraces)
        gradient = near_slopes(self.fine) if clear else filtered_gradient(self.fine)
        gradient *= self.lines.terraces
        return tangents.without_mean_along(gradient, self.lines.across, self.lines.terraces, self._own(tile))

    def of(self, tile: Tile, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        """The part of planes, […, y, x], that is the tile's own."""
        return np.ascontiguousarray(planes[..., *self._own(tile)])

    def _own(self, tile: Tile) -> tuple[slice, slice]:
        row, column = (f - g for f, g in zip(tile.first, self.first, strict=True))
        return slice(row, row + tile.shape[0]), slice(column, column + tile.shape[1])


class Look:
    """One frame; everything is made of its pixels on first use, and only when another frame needs it.

    Parameters
    ----------
    eye : Eye
    whole : Joined
        All of it, at the resolution of the fit.
    shown : Shown, optional
        What the detail is made of, where `whole` is too coarse for it.
    """

    def __init__(self, eye: Eye, whole: Joined, shown: Shown | None) -> None:
        self._eye, self._shown = eye, shown
        self._whole: Joined | None = whole
        self._details: dict[tuple[Tile, tuple[int, int]], Detail] = {}
        self._instruments: dict[Tile, Instruments] = {}

    def settle(self) -> None:
        """From now on the frame is only compared with: what else it shows is forgotten."""
        if self._shown is not None:
            self._shown.settle()
        self._details = {at: detail for at, detail in self._details.items() if at[1] == (0, 0)}

    @cached_property
    def coarse(self) -> NDArray[np.float32]:
        """Channels of the search."""
        return self.channels if self._eye.further == 1 else self._joined.channels(self._eye.further)

    @cached_property
    def channels(self) -> NDArray[np.float32]:
        """Channels of the fit; of a scene that evolves hardly ever asked for."""
        made = self._joined.channels()
        if self._eye.further > 1:
            _ = self.coarse
        self._whole = None
        return made

    @property
    def _joined(self) -> Joined:
        assert self._whole is not None, "its channels have been made of it"
        return self._whole

    @cached_property
    def template(self) -> Template:
        """To be searched for."""
        return prepare(self.coarse)

    @cached_property
    def everything(self) -> Instruments:
        """All structure there is."""
        return instruments(
            self.channels, filtered_gradient(self.channels), self._places(self.channels, self._eye.binning)
        )

    @cached_property
    def everything_coarse(self) -> Instruments:
        """The same at the resolution of the search."""
        if self._eye.further == 1:
            return self.everything
        place = self._places(self.coarse, self._eye.binning * self._eye.further)
        return instruments(self.coarse, filtered_gradient(self.coarse), place)

    @cached_property
    def _passed(self) -> Instruments:
        """By which one tells where something passes: at the search's resolution, in blocks of the same places."""
        place = self._places(self.coarse, self._eye.binning * self._eye.further)
        return instruments(self.coarse, near_slopes(self.coarse), place, block=BLOCK_PX // self._eye.further)

    def passing(self, other: Look) -> tuple[Pair, int]:
        """Everything beside another frame, by which one tells where something passes; and the side of its pixels."""
        if len(self._eye.tiles) == 1 or self._eye.further == 1:
            return whole_pair(self.everything, other.channels), self._eye.binning
        return whole_pair(self._passed, other.coarse), self._eye.binning * self._eye.further

    def detail(self, tile: Tile, shift: tuple[int, int] = (0, 0)) -> Detail:
        """What it shows of a tile whose content lies about so much further."""
        place = tile.read_at(shift)
        if (tile, place) not in self._details:
            rows, columns = tile.around(place, self._eye.detail_shape)
            seen = self.channels[:, rows, columns] if self._shown is None else self._shown.channels(tile, place)
            self._details[tile, place] = Detail(np.ascontiguousarray(seen), (rows.start, columns.start))
        return self._details[tile, place]

    @cached_property
    def fine_template(self) -> Template:
        """The roughness between the steps of a frame that is one tile, to be searched for."""
        return prepare(self.between)

    @property
    def between(self) -> NDArray[np.float32]:
        """The fine structure between the steps of a frame that is one tile."""
        detail = self.detail(self._eye.tiles[0])
        return detail.fine * detail.lines.terraces

    def between_steps(self, other: Look, shift: tuple[int, int], tiles: tuple[Tile, ...]) -> Pair:
        """What lies between the steps of this frame and of another, whose content lies `shift` pixels further."""
        return Pair([self._patch(other.detail(tile, shift), shift, tile) for tile in tiles], tiles[0].blocks)

    def _patch(self, there: Detail, shift: tuple[int, int], tile: Tile) -> Patch | None:
        origin = there.first[0] - tile.first[0], there.first[1] - tile.first[1]
        if min(there.channels.shape) == 0:
            return None
        begin = shift[0] - origin[0], shift[1] - origin[1]
        return Patch(self._own(tile).masked(there.lines.terraces, begin), there.fine, origin)

    def _own(self, tile: Tile) -> Instruments:
        """What the tile shows between its steps."""
        if tile not in self._instruments:
            detail, (rows, columns) = self.detail(tile), self._eye.detail_shape
            place = places(rows, *self._eye.rows_from_to(self._eye.detail))
            here = [slice(f, f + s) for f, s in zip(tile.first, tile.shape, strict=True)]
            fine, roughness = detail.of(tile, detail.fine), detail.roughness(tile)
            self._instruments[tile] = instruments(fine, roughness, place[here[0]], columns_of(columns)[here[1]])
        return self._instruments[tile]

    def parts_near(
        self, other: Look, shift: tuple[int, int], tiles: tuple[Tile, ...]
    ) -> list[tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], tuple[int, int]]]:
        """Of each tile what lies between its steps, and where another frame shows it, for `nearest`."""
        parts = []
        for tile in tiles:
            there, here = other.detail(tile, shift), self.detail(tile)
            begin = tile.first[0] + shift[0] - there.first[0], tile.first[1] + shift[1] - there.first[1]
            if min(there.channels.shape) > 0:
                parts.append((here.of(tile, here.fine), here.of(tile, here.lines.terraces), there.fine, begin))
        return parts

    def _places(self, channels: NDArray[np.float32], binning: int) -> Vector:
        """Where the rows of channels that are binned like this lie between the full frame's first and last."""
        return places(channels.shape[1], *self._eye.rows_from_to(binning))
