"""What MLflow's client is asked, and what it gives."""

import pytest

from mnist_core.config.fields import parse_config
from mnist_core.runs.store import RunStore


@pytest.mark.parametrize("limit", [None, 0, 2, 3, 7, 8, 20])
def test_a_search_gives_all_or_the_first_few_over_several_answers(
    monkeypatch: pytest.MonkeyPatch, limit: int | None
) -> None:
    monkeypatch.setattr("mnist_core.runs.client.MAX_RUNS", 3)
    store = RunStore()
    made = [store.create(parse_config({"seed": seed})) for seed in range(8)]
    order = "attributes.start_time ASC"
    found = store.client.search(store.experiment, limit=limit, order=order)
    ids = [run.info.run_id for run in found]
    assert len(ids) == len(made[:limit])
    assert set(ids) <= set(made)
    assert len(set(ids)) == len(ids)
