"""The command line as a process of its own."""

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from mnist_core.cli.common import ENDINGS, first_interrupt, print_json
from mnist_core.cli.main import MnistLab, main
from mnist_core.config.fields import FIELDS
from mnist_core.config.share import as_text
from mnist_core.config.train import TrainConfig
from mnist_core.data.datasets import load_sample
from mnist_core.nn.machine import APP_MEMORY
from mnist_core.nn.state import TrainState
from mnist_core.runs.store import RunStore
from mnist_core.sweep.listed import study_names
from mnist_core.sweep.storage import open_storage
from mnist_core.sweep.study import load_study, open_jobs, trials_left
from tests.helpers.files import write_lines, write_mnist
from tests.helpers.gate import Gate
from tests.helpers.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "mnist_core"]

BAD_VALUES = {"choice": "other", "sizes": "32, many", "text": "gpu", "int": "1.5", "float": "1e9"}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", FIELDS)
def test_a_bad_value_is_named_in_one_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    field = FIELDS[name]
    flag, value = "--" + name.replace("_", "-"), BAD_VALUES[field.kind]
    with pytest.raises(SystemExit) as caught:
        main(["train", f"{flag}={value}"])
    assert caught.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert flag in line
    assert value in line
    assert field.allowed in line


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "COMMAND"),
        (["fly"], "fly"),
        (["train", "--speed", "3"], "--speed"),
        (["train", "--epoch", "3"], "--epoch"),
        (["train", "--epochs"], "--epochs"),
        (["train", "--epochs", "0"], "--epochs '0': must be a whole number from 1 to 1000"),
        (["train", "--dataset", "own:gone-01"], "own:gone-01': is not on this machine"),
        (["sweep", "--epochs", "1,2", "--dataset", "own:gone-01"], "is not on this machine"),
        (["predict", "digit.png"], "--run"),
        (["data", "digits"], "dataset 'digits': must be one of mnist, fashion_mnist"),
        (["score-drawings", "pen.tra"], "--run --shipped"),
        (["score-drawings", "pen.tra", "--run", "x", "--shipped"], "--run --shipped"),
        (
            ["sweep", "--epochs", "1,2", "--sampler", "best"],
            "--sampler 'best': must be one of grid,",
        ),
        (
            ["sweep", "--epochs", "1,2", "--trials", "0"],
            "--trials '0': must be a whole number from 1",
        ),
        (["sweep", "--resume", "x", "--trials", "64"], "--trials '64': cannot be given"),
    ],
)
def test_a_bad_command_is_one_line(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert named in line


def test_help_lists_every_flag_with_what_it_takes() -> None:
    text = " ".join(run("train", "--help").stdout.split())
    for name, field in FIELDS.items():
        assert "--" + name.replace("_", "-") in text
        assert field.allowed in text
        assert f"(default: {as_text(field.default)})" in text


@pytest.mark.parametrize("command", MnistLab.model_fields)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    name = command.replace("_", "-")
    for arguments, said in (
        (["--help"], f"    {name}  "),
        ([name, "--help"], f"mnist-lab {name} "),
    ):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 0
        assert said in capsys.readouterr().out


def test_values_are_what_was_typed(capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("None", "null", '"3', "[3", "{3}", "3,4", " ", "-3"):
        with pytest.raises(SystemExit):
            main(["train", f"--epochs={text}"])
        assert f"--epochs {text!r}: must be" in capsys.readouterr().err


def test_somebody_elses_variables_are_no_arguments(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("train", "data", "epochs", "JSON", "TRAIN__EPOCHS"):
        monkeypatch.setenv(name, "3")
    with pytest.raises(SystemExit):
        main([])
    assert "COMMAND" in capsys.readouterr().err
    assert main(["predict", "none.png", "--run", "x"]) == 1


def test_help_and_bad_values_do_not_wait_for_pytorch() -> None:
    for arguments in (["train", "--help"], ["train", "--epochs", "0"]):
        code = (
            "import sys\nfrom mnist_core.cli.main import main\n"
            f"try:\n    main({arguments})\nexcept SystemExit:\n    pass\n"
            "sys.exit('torch' in sys.modules)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False
        )
        assert done.returncode == 0


@pytest.mark.slow
@pytest.mark.usefixtures("sample_data")
def test_train_then_predict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = run("train", "--hidden-sizes", "32", "--epochs", "5", "--seed", "3", "--json")
    assert done.returncode == 0, done.stderr
    *events, last = [json.loads(line) for line in done.stdout.splitlines()]
    epochs = [e["epoch"] for e in events if e["event"] == "EpochEnd"]
    assert epochs == [0, 1, 2, 3, 4, 5]
    assert [events[0]["event"], events[1]["event"]] == ["DataReady", "Started"]
    assert events[-1]["event"] == "Finished"
    assert set(last) == {"run", "test_accuracy", "seconds"}
    assert last["test_accuracy"] == events[-1]["test_accuracy"] > 0.85
    kept = RunStore().get(last["run"])
    assert kept.state == "completed"
    assert kept.config.seed == 3

    sample = load_sample()
    read = []
    for digit in (0, 1, 7):
        picture = sample.test_images[sample.test_labels == digit][0]
        path = tmp_path / f"{digit}.png"
        Image.fromarray(picture).resize((280, 280)).save(path)
        assert main(["predict", str(path), "--run", last["run"], "--json"]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-5)
        read.append(answer["digit"])
    assert read == [0, 1, 7]


@pytest.mark.slow
@pytest.mark.usefixtures("sample_data")
def test_a_run_that_diverges_prints_json_all_the_same() -> None:
    done = run("train", "--learning-rate", "10", "--activation", "none",
               "--hidden-sizes", "512,512,512", "--epochs", "3", "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[-2]["outcome"] == "diverged"
    assert events[-2]["test_loss"] is None


@pytest.mark.slow
@pytest.mark.usefixtures("sample_data")
def test_lines_for_people() -> None:
    done = run("train", "--epochs", "2")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines if line.startswith("Epoch")] == [
        "Epoch 0",
        "Epoch 1",
        "Epoch 2",
    ]
    assert lines[-1].startswith("Run ")


@pytest.mark.slow
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.usefixtures("sample_data")
def test_interrupted_training_keeps_what_was_learnt(gate: Gate, ending: signal.Signals) -> None:
    gate.allow(2)
    arguments = ["train", "--json"]
    before = signal.signal(ending, signal.SIG_DFL)  # tests behind `nohup` or `&` have it ignored
    with subprocess.Popen(
        [*COMMAND, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        signal.signal(ending, before)
        assert process.stdout is not None
        assert any(json.loads(line).get("epoch") == 2 for line in process.stdout)
        process.send_signal(ending)
        output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, errors
    *_, finished, last = [json.loads(line) for line in output.splitlines()]
    assert finished["outcome"] == "stopped"
    run_ = RunStore().get(last["run"])
    assert run_.state == "stopped"
    assert run_.checkpoint
    assert finished["test_accuracy"] > 0.5


@pytest.mark.usefixtures("data")
def test_a_second_interrupt_leaves_the_run_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line that is printed comes with a Ctrl-C."""
    monkeypatch.setattr(
        "mnist_core.cli.train._as_line", lambda event: signal.raise_signal(signal.SIGINT)
    )
    assert main(["train"]) == 130
    (run_,) = RunStore().newest()
    assert (run_.state, run_.stop_requested) == ("interrupted", True)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_whatever_asks_a_process_to_end_is_noted_once_and_then_raises() -> None:
    before = [signal.signal(number, signal.SIG_DFL) for number in ENDINGS]  # nohup ignores one
    try:
        for number in ENDINGS:
            with first_interrupt() as caught:
                signal.raise_signal(number)
                assert caught == [number]
                with pytest.raises(KeyboardInterrupt):
                    signal.raise_signal(signal.SIGTERM)
        assert [signal.getsignal(number) for number in ENDINGS] == [signal.SIG_DFL] * len(ENDINGS)
    finally:
        for number, handler in zip(ENDINGS, before, strict=True):
            signal.signal(number, handler)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="has no terminals that are closed")
def test_a_signal_that_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with first_interrupt() as caught:
            signal.raise_signal(signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    assert caught == []


@pytest.mark.usefixtures("data")
def test_a_second_interrupt_leaves_no_trial_running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "mnist_core.cli.sweep._as_line", lambda event: signal.raise_signal(signal.SIGINT)
    )
    arguments = ["--name", "s", "--learning-rate", "0.1,0.2", "--hidden-sizes", "4"]
    assert main(["sweep", *arguments]) == 130
    study, config = load_study("s", open_storage())
    assert open_jobs(study) == {}
    assert trials_left(study, config) == 2


def test_a_network_too_large_for_this_machine_is_refused_before_a_run_is_made(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("mnist_core.nn.machine.usable_memory", lambda: APP_MEMORY + 2**20)
    with pytest.raises(SystemExit):
        main(["train", "--hidden-sizes", "4096,4096", "--device", "cpu"])
    assert re.search(r"--hidden-sizes '4096, 4096': needs 0\.3 GB", capsys.readouterr().err)
    assert RunStore().newest() == []


def error_line(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line that a failing command prints."""
    assert main(list(arguments)) == 1
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_errors_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "none.png"
    text = tmp_path / "letter.txt"
    text.write_text("Dear Sir")
    for path in (missing, text, tmp_path):
        assert f"{path}: " in error_line(capsys, "predict", str(path), "--run", "x")
        assert f"{path}" in error_line(capsys, "score-drawings", str(path), "--shipped")
    blank, picture = tmp_path / "white.png", tmp_path / "one.png"
    paper = Image.new("L", (28, 28), 255)
    paper.save(blank)
    paper.paste(0, (13, 4, 16, 24))
    paper.save(picture)
    assert "blank" in error_line(capsys, "predict", str(blank), "--run", "x")
    assert "nobody" in error_line(capsys, "predict", str(picture), "--run", "nobody")
    waiting = RunStore().create(TrainConfig())
    assert "no network yet" in error_line(capsys, "predict", str(picture), "--run", waiting)
    photos = TrainState(TrainConfig(), 3072, 10, torch.device("cpu"))
    RunStore().save_checkpoint(waiting, photos.checkpoint())
    assert "3072" in error_line(capsys, "predict", str(picture), "--run", waiting)


def test_a_device_that_is_not_here_is_said_before_anything_is_made(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "cuda:7" in error_line(capsys, "train", "--device", "cuda:7")
    assert RunStore().newest() == []
    arguments = ["--learning-rate", "0.1,0.2", "--device", "cuda:7"]
    assert "cuda:7" in error_line(capsys, "sweep", *arguments)
    assert study_names(open_storage()) == []


def test_a_damaged_data_set_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = tmp_path / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\3")
    monkeypatch.setenv("MNIST_LAB_DATA", str(tmp_path / "data"))
    for command in ("data", "train", "bench"):
        assert str(raw) in error_line(capsys, command)


def test_data_says_where_a_data_set_is(sample_data: Path) -> None:
    done = run("data", "mnist", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "event": "DataReady",
        "dataset": "mnist",
        "source": str(sample_data),
        "notice": "",
    }


@pytest.mark.parametrize("arguments", [["data"], ["data", "--json"]])
def test_a_reader_that_has_gone_ends_it_without_a_traceback(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_mnist(tmp_path / "data")
    monkeypatch.setenv("MNIST_LAB_DATA", str(tmp_path / "data"))
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert done.returncode == 1
    assert done.stderr == b""


@pytest.mark.slow
@pytest.mark.usefixtures("sample_data")
@pytest.mark.parametrize("reader", ["a pipe", "a terminal"])
def test_training_whose_reader_has_gone_keeps_what_was_learnt(gate: Gate, reader: str) -> None:
    reading, writing = os.pipe() if reader == "a pipe" else os.openpty()
    gate.allow(2)
    with subprocess.Popen(
        [*COMMAND, "train", "--epochs", "1000"],
        cwd=ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(writing)
        with os.fdopen(reading) as lines:
            assert any(line.startswith("Epoch 2") for line in lines)
        gate.open()
        _, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said) == (130, "")
    (run,) = RunStore().newest()
    assert run.state == "stopped"
    assert run.ready
    assert run.saved_epoch >= 2


def test_letters_that_a_terminal_has_not_end_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_mnist(tmp_path / "größe")
    monkeypatch.setenv("MNIST_LAB_DATA", str(tmp_path / "größe"))
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    assert main(["data"]) == 0
    terminal.seek(0)
    assert r"gr\xf6\xdfe" in terminal.read()


def test_json_has_no_infinity(capsys: pytest.CaptureFixture[str]) -> None:
    inf = float("inf")
    print_json({"loss": inf, "values": (inf, 1.0, -inf), "best": [{"loss": float("nan")}]})
    said = json.loads(capsys.readouterr().out)
    assert said == {"loss": None, "values": [None, 1.0, None], "best": [{"loss": None}]}


@pytest.fixture
def strokes(tmp_path: Path) -> Path:
    """Pen strokes in the UCI original format: an upright line, a 1, and a flat one called a 3."""
    upright, flat = (250, 400, 250, 100), (100, 250, 400, 250)
    return write_lines(tmp_path / "pen.tra", (1, 1, upright), (3, 1, flat))


@pytest.mark.slow
def test_score_drawings_with_the_network_of_the_library(strokes: Path) -> None:
    done = run("score-drawings", str(strokes), "--shipped", "--json")
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["source"] for row in found] == ["pixels", "strokes"]
    assert [list(row["by_pen"]) for row in found] == [["8", "12", "18", "26"], []]
    assert [row["overall"]["total"] for row in found] == [8, 2]
    for row in found:
        assert row["by_digit"]["1"]["accuracy"] == 1
        assert row["by_digit"]["3"]["accuracy"] == 0  # a flat line is none


def test_score_drawings_with_a_run_and_of_a_missing_file(
    strokes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = RunStore()
    config = TrainConfig(hidden_sizes=(4,))
    run_id = store.create(config)
    assert main(["score-drawings", str(strokes), "--run", run_id]) == 1
    assert "has no network yet" in capsys.readouterr().err
    state = TrainState(config, 784, 10, torch.device("cpu"))
    store.save_checkpoint(run_id, state.checkpoint())
    assert main(["score-drawings", str(strokes), "--run", run_id]) == 0
    printed = capsys.readouterr().out
    assert "pen of 26 px" in printed
    assert "digit 3" in printed
    assert main(["score-drawings", str(strokes.with_name("no.tra")), "--shipped"]) == 1
    assert "no.tra" in capsys.readouterr().err


def test_an_objective_of_earlier_versions_is_not_offered(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for arguments in (["sweep", "--help"], ["sweep", "--epochs", "1,2", "--objective", "best"]):
        with pytest.raises(SystemExit):
            main(arguments)
    printed = capsys.readouterr()
    for text in (printed.out, printed.err):
        words = " ".join(text.split())
        assert "val_accuracy, val_loss, accuracy_vs_parameters" in words
        assert "accuracy_vs_seconds" not in words
