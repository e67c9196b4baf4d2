"""Check that the wheel holds all of eclips4d and nothing else. Usage: check_wheel.py WHEEL SDIST."""

import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

WEIGHTS = "eclips4d/inference/networks/weights/"
NETWORKS = ("slopes-live", "slopes-best", "integrator-live", "integrator-best")
MOST_WEIGHT_BYTES = 8_000_000
PACKED = ("README.md", "LICENSE", "CHANGELOG.md", "Makefile", "pyproject.toml", "tests/conftest.py")


def expected(root: Path) -> set[str]:
    """Every file of every source root, as the wheel should name it."""
    stages = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["dev-mode-dirs"]
    roots = [root / stage for stage in stages]
    files = {file.relative_to(base) for base in roots for file in (base / "eclips4d").rglob("*") if file.is_file()}
    return {f.as_posix() for f in files if "__pycache__" not in f.parts} | {f"eclips4d/{s}/py.typed" for s in stages}


def main(wheel: Path, sdist: Path) -> None:
    """Exit with one line per problem."""
    want = expected(Path.cwd())
    with zipfile.ZipFile(wheel) as archive:
        have = {name for name in archive.namelist() if ".dist-info/" not in name}
        heavy = sum(entry.file_size for entry in archive.infolist() if entry.filename.startswith(WEIGHTS))
    with tarfile.open(sdist) as archive:
        packed = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    problems = [f"not in the wheel: {name}" for name in sorted(want - have)]
    problems += [f"in the wheel, but not in the source: {name}" for name in sorted(have - want)]
    wanted = [f"{WEIGHTS}{name}.{ending}" for name in NETWORKS for ending in ("onnx", "toml")]
    problems += [f"weights not in the wheel: {name}" for name in wanted if name not in have]
    if heavy >= MOST_WEIGHT_BYTES:
        problems.append(f"weights of {heavy / 1e6:.1f} MB, more than {MOST_WEIGHT_BYTES / 1e6:g} MB")
    problems += [f"not in the sdist: {name}" for name in PACKED if name not in packed]
    if problems:
        sys.exit("\n".join(problems))
    sys.stdout.write(f"{wheel.name}: {len(have)} files, all of the source; weights {heavy / 1e6:.1f} MB\n")


main(Path(sys.argv[1]), Path(sys.argv[2]))
