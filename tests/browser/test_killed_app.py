"""The whole app is killed: at the next start its run is there, whole, and can be resumed."""

import os
import signal

import psutil
import pytest
from playwright.sync_api import Page, expect

from mnist_core.runs.store import RunStore
from tests.helpers.app import App
from tests.helpers.gate import Gate
from tests.helpers.waiting import wait_until


def kill(app: App) -> None:
    """SIGKILL to the app's process alone; its scheduler and workers must end by themselves."""
    family = psutil.Process(app.process.pid).children(recursive=True)
    assert len(family) >= 3  # a scheduler, a nanny, a worker
    os.kill(app.process.pid, signal.SIGKILL)
    app.process.wait()
    app.log.close()
    wait_until(lambda: not any(p.is_running() for p in family), "all its processes have ended")


@pytest.mark.own_workers
def test_kill_the_app_and_resume(page: Page, app: App, gate: Gate) -> None:
    page.goto(f"{app.url}/?epochs=9")
    expect(page.get_by_label("Epochs", exact=True)).to_have_value("9")
    gate.allow(4, checkpoints=2)
    page.get_by_role("button", name="Start training").click()
    store = RunStore(f"sqlite:///{app.home / 'runs.db'}")
    wait_until(store.newest, "a run is there")
    (run,) = store.newest()
    wait_until(lambda: len(store.history(run.id)) == 5, "there are rows after its checkpoint")
    rows = store.history(run.id)
    page.goto("about:blank")  # the page itself would complain of its lost server
    kill(app)
    kept = store.history(run.id)
    assert kept[: len(rows)] == rows

    app.start()
    page.goto(app.url)
    expect(page.get_by_role("main").get_by_text("Interrupted")).to_be_visible()
    assert store.get(run.id).state == "interrupted"
    assert store.history(run.id)[: len(kept)] == kept
    gate.allow(6)
    page.get_by_role("button", name="Resume").click()
    wait_until(lambda: len(store.history(run.id)) == 7, "it has got further")
    expect(page.get_by_text("Training was broken off")).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("Stopped; what it has learnt is kept")).to_be_visible()
    end = store.get(run.id)
    assert end.restarts == (2,)
    after = store.history(run.id)
    assert after[: len(kept)] == kept
    assert [row["epoch"] for row in after] == list(range(len(after)))
