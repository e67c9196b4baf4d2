"""The table of steps as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from eclips4d.pipeline.drift_report.table import check_target

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["check_target", "write"]


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV or Parquet, by its name."""
    if path.suffix == ".parquet":
        table.to_parquet(path, index=False)
    else:
        table.to_csv(path, index=False, na_rep="NaN", float_format="%.12g")
