"""The Status page."""

import logging

from mnist_core.jobs.logs import keep_log
from mnist_core.settings import Settings
from tests.helpers.pages import open_page, said, wait_for
from tests.helpers.workers import Workers


def test_it_says_what_the_app_does_takes_and_keeps(workers: Workers) -> None:
    keep_log()
    logging.getLogger("mnist_core.x").warning("*late* again", extra={"run": "r1"})
    page = wait_for(open_page("status"), lambda page: len(page.dataframe) == 4)
    assert len(page.metric) == 4
    figures = {metric.label: metric.value for metric in page.metric}
    assert (figures["Training"], figures["Waiting"]) == ("0", "0")
    assert figures["Memory of the app"].endswith("B")
    assert Settings().home.name in said(page)
    tables = {frame.value.columns[0]: frame.value for frame in page.dataframe}
    (problem,) = tables["When (UTC)"].to_dict("records")
    assert (problem["What"], problem["Run"]) == ("*late* again", "r1")
    (worker,) = tables["Machine"].to_dict("records")
    assert worker["Address"].startswith("tls://127.0.0.1:")
    assert "torch" in list(tables["Package"]["Package"])
    assert "runs.db" in list(tables["In the home folder"]["In the home folder"])
