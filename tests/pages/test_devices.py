"""The Devices page: measure, stop, look at what is kept, and say what cannot be."""

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.config.measuring import TITLES
from mnist_core.config.train import TrainConfig
from mnist_core.insight.measurements import Measurements
from pages.ui.devices.measuring import SHOWN, measurer
from pages.ui.state import Backend
from tests.helpers.gate import Gate
from tests.helpers.measurements import DOUBLE, GPU, ONE, TWO, measured
from tests.helpers.pages import button, click_old, open_page, said, wait_for
from tests.helpers.waiting import wait_until


def open_devices() -> AppTest:
    page = open_page("devices")
    return wait_for(page, lambda page: any("samples · about" in c.value for c in page.caption))


def values(page: AppTest, text: str) -> AppTest:
    return page.text_input(key="devices.values.units").set_value(text).run()


def tiny(page: AppTest) -> AppTest:
    """A plan of two samples."""
    page.number_input(key="devices.pictures").set_value(100)
    page.number_input(key="devices.repeats").set_value(1)
    page.multiselect(key="devices.settings").set_value([ONE.name])
    return values(page, "4")


def texts(page: AppTest) -> str:
    messages = (*page.info, *page.error, *page.warning)
    return said(page) + "\n".join(message.value for message in messages)


@pytest.mark.usefixtures("app")
def test_without_a_measurement_it_says_what_to_do_and_what_it_takes() -> None:
    page = open_devices()
    assert "Nothing has been measured yet" in texts(page)
    assert "No GPU is present, so thread counts and precisions are compared." in said(page)
    chosen = page.multiselect(key="devices.settings").value
    assert ONE.name in chosen
    assert DOUBLE.name in chosen
    count = 8 * len(chosen) * 3
    assert f"{count} samples · about" in said(page)
    assert "2 samples · about 2.4 s" in said(tiny(page))


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("typed", "problem"),
    [("", "whole numbers with commas"), ("16, x", "'x': must be"), ("0", "0: hidden units must")],
)
def test_a_value_that_is_not_allowed_is_said_and_nothing_starts(typed: str, problem: str) -> None:
    page = values(open_devices(), typed)
    assert problem in texts(page).replace("\\", "")
    assert button(page, "Start measuring").disabled
    assert "samples · about" not in said(page)
    assert not button(values(page, "16"), "Start measuring").disabled


@pytest.mark.usefixtures("app")
def test_nothing_to_compare_is_said() -> None:
    page = open_devices()
    page.multiselect(key="devices.settings").set_value([]).run()
    assert "choose 1 to 6 to compare" in texts(page)
    assert button(page, "Start measuring").disabled


@pytest.mark.usefixtures("app")
def test_each_quantity_can_vary_and_the_others_are_fixed() -> None:
    page = open_devices()
    for varies in TITLES:
        page.selectbox(key="devices.varies").set_value(varies).run()
        assert not button(page, "Start measuring").disabled, varies
        keys = {field.key for field in page.number_input}
        assert keys == {f"devices.{name}" for name in (*TITLES, "repeats") if name != varies}


@pytest.mark.slow
@pytest.mark.usefixtures("app")
def test_the_address_carries_the_form_and_fills_it() -> None:
    page = open_devices()
    assert page.query_params == {}
    said = dict(tiny(page).query_params)
    assert said == {"values": "4", "pictures": "100", "repeats": "1", "settings": ONE.name}
    said |= {"varies": "batch_size", "units": "many", "settings": f"{GPU.name}; {ONE.name}"}
    page = wait_for(
        open_page("devices", **said), lambda page: not button(page, "Start measuring").disabled
    )
    warnings = " ".join(warning.value for warning in page.warning).replace("\\", "")
    assert "Hidden units: must be" in warnings
    assert f"{GPU.name}: not on this machine" in warnings
    assert page.text_input(key="devices.values.batch_size").value == "4"
    assert page.number_input(key="devices.pictures").value == 100
    assert page.multiselect(key="devices.settings").value == [ONE.name]
    assert "2 samples" in texts(page)


@pytest.mark.usefixtures("app")
def test_the_form_is_there_before_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backend, "ready", False)
    monkeypatch.setattr(Backend, "starting", "Starting the trainer: opening the list of runs, 1 s")
    page = open_page("devices")
    assert page.text_input(key="devices.values.units").value.startswith("16, 32")
    assert "Starting the trainer" in texts(page)
    assert "Nothing has been measured yet" not in texts(page)


@pytest.mark.usefixtures("app")
def test_a_double_click_measures_once_and_the_end_is_shown() -> None:
    page = tiny(open_devices())
    widget_id = button(page, "Start measuring").id
    click_old(click_old(page, widget_id), widget_id)
    wait_for(page, lambda page: any("Kept measurements" in m.value for m in page.markdown))
    assert not page.error
    ((found,), _) = Measurements().all()
    assert found.done == 2
    assert "Fastest" not in said(page)  # of one
    assert "Measured once" in said(page).replace("\\", "")
    assert len(page.get("plotly_chart")) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("app")
def test_it_can_be_stopped_and_started_again() -> None:
    page = open_devices()
    button(page, "Start measuring").click().run()
    assert button(page, "Start measuring").disabled
    first = len(page.multiselect(key="devices.settings").value) + 1  # after the peaks
    wait_until(lambda: (now := measurer().now) and now.done >= first, "a point is there")
    button(page, "Stop").click().run()
    wait_until(lambda: measurer().now is None, "it has stopped")
    assert not page.run().error
    ((kept,), _) = Measurements().all()
    ended = f"It ended after {kept.done} of {kept.plan.samples} samples."
    assert ended in said(page).replace("\\", "")
    assert not button(page, "Start measuring").disabled


@pytest.mark.slow
def test_while_a_run_trains_it_says_that_it_waits(app: Backend, gate: Gate) -> None:
    gate.allow(1)
    run_id = app.queue.start(TrainConfig(epochs=3), "patience")
    app.look_again()
    page = tiny(open_devices())
    assert "patience trains now. Measuring begins when it is done." in said(page).replace("\\", "")
    button(page, "Start measuring").click().run()
    wait_for(page, lambda page: "waits until patience is done" in said(page))
    gate.open()
    wait_for(page, lambda page: any("Kept measurements" in m.value for m in page.markdown))
    assert app.store.get(run_id).state == "completed"


@pytest.mark.usefixtures("app")
def test_kept_measurements_are_shown_compared_deleted_and_brought_back() -> None:
    kept = Measurements()
    old = measured({ONE: {16: (1.0,), 64: (2.0,)}, GPU: {16: (3.0,), 64: (1.0,)}})
    new = measured({ONE: {16: (1.0,)}, TWO: {16: (4.0,)}}, batch_size=50)
    layers = measured({ONE: {4: (1.0,)}}, varies="layers")
    for when, one in enumerate((layers, old, new)):
        kept.write(one.model_copy(update={"created": float(when + 1)}))
    page = open_devices()
    assert "Fastest everywhere: CPU, 1 thread, float32." in said(page).replace("\\", "")
    page.session_state[SHOWN] = [old.id, new.id, layers.id]
    page.run()
    text = said(page).replace("\\", "")
    assert "Fastest: CPU, 1 thread, float32 up to 16 hidden units" in text
    assert "overtakes CPU, 1 thread, float32 between 16 and 64 hidden units" in text
    assert "**#1** · " in text
    assert "**#2** · " in text
    assert "These differ in batch size too" in text
    table = next(frame.value for frame in page.dataframe if "Compared" in frame.value)
    assert list(table["Compared"][:2]) == [f"#1 · {ONE.name}", f"#1 · {TWO.name}"]
    assert list(table["Pictures a second"][:2]) == [1000, 250]
    assert "Left out, since something else varies there: 1." in text
    button(page, "Delete").click().run()
    assert kept.all() == ([], [])
    assert "3 measurements deleted." in texts(page)
    assert "Nothing has been measured yet" in texts(page)
    button(page, "Undo").click().run()
    assert len(kept.all()[0]) == 3
    assert not page.exception


@pytest.mark.usefixtures("app")
def test_a_damaged_file_is_named_and_the_others_are_shown() -> None:
    kept = Measurements()
    kept.write(measured({ONE: {16: (1.0,)}}))
    (kept.folder / "bad.json").write_text("{")
    page = open_devices()
    (warning,) = page.warning
    assert "bad.json is no measurement of this app" in warning.value.replace("\\", "")
    assert "Fixed: training pictures 1,000" in said(page).replace("\\", "")


@pytest.mark.usefixtures("app")
def test_with_a_gpu_that_is_compared_with_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    devices = [("cuda:0", "Test GPU, 8 GB"), ("cpu", "CPU, 2 cores")]
    monkeypatch.setattr(Backend, "devices", devices)
    page = open_devices()
    assert GPU.name in page.multiselect(key="devices.settings").value
    assert "No GPU is present" not in said(page)
