"""What docs/studies.md promises: results open in one line with pandas, polars and xarray."""

import json
from pathlib import Path

import numpy as np
import pandas
import polars
import pytest
import xarray
from dermaroll.geometry.region import rectangle
from dermaroll.roller import Study, Technique, read_results, run_study, treat

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The folder of a sweep of several parts, and the rows that it returned."""
    folder = tmp_path_factory.mktemp("sweep")
    study = Study(
        axes={"site": ["cheek", "back"], "length_mm": [0.25, 0.5, 1.5]},
        fixed={"device": "generic-1mm", "passes": 2},
        region="6x6",
        replicates=2,
        part_seconds=0.01,
    )
    return folder, run_study(study, folder, workers=1)


def test_pandas_and_polars_open_a_folder_of_parts_in_one_line(results):
    folder, rows = results
    by_pandas, by_polars = pandas.read_parquet(folder / "parts"), polars.read_parquet(folder / "parts")
    assert len(list((folder / "parts").iterdir())) > 1
    pandas.testing.assert_frame_equal(by_pandas, read_results(folder))
    pandas.testing.assert_frame_equal(by_pandas, rows)
    assert by_polars.columns == list(by_pandas.columns)
    for name in by_pandas.columns:
        assert (
            by_polars[name].to_list() == by_pandas[name].astype(object).where(by_pandas[name].notna(), None).to_list()
        )


def test_xarray_opens_a_treatment_in_one_line(tmp_path):
    done = treat("mf-8", "cheek", Technique(passes=2), region=rectangle(6, 6), depths_um=[0.0, 500.0], replicates=2)
    done.to_netcdf(tmp_path / "coverage.nc")
    with xarray.open_dataset(tmp_path / "coverage.nc", engine="scipy") as opened:
        np.testing.assert_array_equal(opened["coverage"], done.values["coverage"])
        assert opened["depth"].attrs["units"] == "um"


def test_the_example_notebook_is_kept_without_outputs():
    """It is run, as the study scripts are, by .ci/run."""
    notebook = json.loads((ROOT / "docs" / "example.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert cells
    assert not any(cell["outputs"] or cell["execution_count"] for cell in cells)
