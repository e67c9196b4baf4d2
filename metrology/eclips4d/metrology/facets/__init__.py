"""Facets: flat parts of the surface, their orientation, what planes of a crystal they are, and angles between them.

`find_facets` cuts a surface, `follow` gives a table over a run. `assign` names planes or says that a facet is none of
them; `estimate_orientation` finds how the crystal lies when that is not known. `wulff_test` asks whether all angles fit
one crystal. `in_plane_angles` and `dihedral_angles` are of facets, `straight_edge` of steps that move while they are
scanned. `orientation_histogram` and `stereogram` are for looking.
"""

from eclips4d.metrology.facets.angles import dihedral_angles, in_plane_angle, in_plane_angles
from eclips4d.metrology.facets.assign import Assignment, Belief, assign
from eclips4d.metrology.facets.edge_points import Near
from eclips4d.metrology.facets.edges import StraightEdge, straight_edge
from eclips4d.metrology.facets.estimate import Estimate, estimate_orientation
from eclips4d.metrology.facets.facet import Facet, Facets
from eclips4d.metrology.facets.find import find_facets
from eclips4d.metrology.facets.follow import follow
from eclips4d.metrology.facets.histogram import OrientationHistogram, orientation_histogram
from eclips4d.metrology.facets.lattice import CUBIC, Lattice, Planes, planes_of
from eclips4d.metrology.facets.orientation import Orientation, from_directions, from_euler, from_matrix
from eclips4d.metrology.facets.propagate import Systematic, systematic_of
from eclips4d.metrology.facets.segment import Flatness
from eclips4d.metrology.facets.stereogram import stereogram
from eclips4d.metrology.facets.wulff import WulffTest, pair_angles, wulff_test

__all__ = [
    "CUBIC",
    "Assignment",
    "Belief",
    "Estimate",
    "Facet",
    "Facets",
    "Flatness",
    "Lattice",
    "Near",
    "Orientation",
    "OrientationHistogram",
    "Planes",
    "StraightEdge",
    "Systematic",
    "WulffTest",
    "assign",
    "dihedral_angles",
    "estimate_orientation",
    "find_facets",
    "follow",
    "from_directions",
    "from_euler",
    "from_matrix",
    "in_plane_angle",
    "in_plane_angles",
    "orientation_histogram",
    "pair_angles",
    "planes_of",
    "stereogram",
    "straight_edge",
    "systematic_of",
    "wulff_test",
]
