"""The principal-image decomposition as a peer: gradients from the segments' covariance, one scale factor.

Restated from Neggers et al. (Ultramicroscopy 227, 113200) and from what the public tool sem2surface says of itself:
the segments' second moments are decomposed; the second and third principal image over the first one are the gradient
along two perpendicular directions, up to one rotation and one factor. Means are taken off, and, as the tool takes a
paraboloid off the height, a ramp. No knowledge of the detector enters, and no calibration but the factor.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from eclips4d.core.frame import RawArray

F64 = NDArray[np.float64]


def principal_gradients(data: RawArray) -> F64:
    """Two gradient images, [2, y, x], in an unknown orientation and unit."""
    raw = np.asarray(data, dtype=np.float64)
    flat = raw.reshape(len(raw), -1)
    vectors = np.linalg.svd(flat @ flat.T)[0]
    first, second, third = (np.tensordot(vectors[:, i], raw, axes=1) for i in range(3))
    first = np.where(first == 0.0, first.mean(), first)
    return without_ramp(np.stack([second / first, third / first]))


def without_ramp(gradients: F64) -> F64:
    """Least-squares plane off each of them, the steep tenth left out: what a paraboloid off the height does."""
    rows, columns = gradients.shape[1:]
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    centred = gradients - np.median(gradients, axis=(1, 2), keepdims=True)
    steepness = gaussian_filter(np.hypot(*centred), 4.0)
    flat = steepness < np.percentile(steepness, 90)
    design = np.stack([np.ones_like(x), x, y])
    left = []
    for part in gradients:
        plane = np.linalg.lstsq(design[:, flat].T, part[flat], rcond=None)[0]
        left.append(part - np.tensordot(plane, design, axes=1))
    return np.stack(left)


def face_steepness(gradients: F64, faces: NDArray[np.bool_]) -> F64:
    """Length of the median gradient of each face, float64 [faces]."""
    return np.array([np.hypot(*np.median(gradients[:, mask], axis=1)) for mask in faces])


def scaled_angles(steepness: F64, angle_deg: float) -> F64:
    """Angles after the one factor that fits all faces best, degrees."""
    tangent = np.tan(np.radians(angle_deg))
    factor = float((steepness * tangent).sum() / (steepness**2).sum())
    return np.asarray(np.degrees(np.arctan(factor * steepness)))
