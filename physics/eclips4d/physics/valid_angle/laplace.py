"""Laplace's equation with axial symmetry: finite volumes around the nodes of a graded mesh, solved directly."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from scipy.sparse.linalg import splu

from eclips4d.core.errors import InputError

F64 = NDArray[np.float64]


def solve_laplace(r: F64, z: F64, fixed: NDArray[np.bool_], value: F64) -> F64:
    """Potential at the nodes of a mesh: `(1/r) ∂(r ∂U/∂r)/∂r + ∂²U/∂z² = 0` where it is not fixed.

    Each node's volume reaches half-way to its neighbours; the flux through a face is its area times the difference of
    the two potentials over their distance. Through the mesh's border, and through the axis, nothing flows: there the
    normal derivative is zero unless the node is fixed. Second order in the spacing on a smoothly graded mesh.

    Parameters
    ----------
    r, z
        Node positions, rising; r[0] is the axis or an inner cylinder [R], [Z].
    fixed
        Electrodes [R, Z].
    value
        Their potentials; ignored elsewhere [R, Z].

    Raises
    ------
    InputError
        No node is fixed, so the potential is open.
    """
    if not fixed.any():
        raise InputError("no electrode, so the potential is open", where="fixed", cure="fix at least one node")
    shape = (r.size, z.size)
    number = np.arange(r.size * z.size).reshape(shape)
    r_face, r_width = (r[1:] + r[:-1]) / 2.0, _widths(r)
    ring = r_width * _ring_radius(r)
    across = (r_face / np.diff(r))[:, None] * _widths(z)  # through faces of constant r
    along = ring[:, None] / np.diff(z)  # through faces of constant z
    first = np.concatenate([number[:-1].ravel(), number[:, :-1].ravel()])
    second = np.concatenate([number[1:].ravel(), number[:, 1:].ravel()])
    link = np.concatenate([across.ravel(), along.ravel()])
    total = number.size
    coupling = sparse.coo_array((link, (first, second)), shape=(total, total)).tocsr()
    coupling = coupling + coupling.T
    matrix = sparse.csc_array(sparse.diags_array(np.asarray(coupling.sum(axis=1))) - coupling)
    free = ~fixed.ravel()
    potential = np.where(fixed, value, 0.0).ravel()
    if free.any():
        open_ = matrix[free][:, free]
        # symmetric and positive, so no pivoting: less fill
        factors = splu(
            open_.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
        )
        potential[free] = factors.solve(-(matrix @ potential)[free])
    return np.asarray(potential.reshape(shape))


def _widths(nodes: F64) -> F64:
    step = np.diff(nodes)
    return np.concatenate([[step[0] / 2.0], (step[1:] + step[:-1]) / 2.0, [step[-1] / 2.0]])


def _ring_radius(r: F64) -> F64:
    """Mean radius of every node's ring, between its inner and its outer face."""
    face = np.concatenate([[r[0]], (r[1:] + r[:-1]) / 2.0, [r[-1]]])
    return np.asarray((face[1:] + face[:-1]) / 2.0)
