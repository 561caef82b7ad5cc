"""``train``: one network, trained here and kept as a run. Its flags are the settings."""

from contextlib import closing

from mnist_core.cli.common import (
    INTERRUPTED,
    Printing,
    as_json_fields,
    download_line,
    first_interrupt,
    given,
    print_json,
    with_flags,
)
from mnist_core.config.fields import FIELDS, parse_config
from mnist_core.config.share import as_text
from mnist_core.data.events import DataReady, Downloading
from mnist_core.nn.events import EpochEnd, Event, Finished, Progress, Started
from mnist_core.nn.machine import check_machine


@with_flags(
    {
        name: (as_text(spec.default), f"{spec.label}: {spec.help} It {spec.allowed}.")
        for name, spec in FIELDS.items()
    }
)
class Train(Printing):
    """Train a network and keep it."""

    def __call__(self) -> int:
        """Train, print each event, and keep what was learnt, also after Ctrl-C."""
        config = parse_config(given(self, FIELDS))

        from mnist_core.data.catalog import check_known
        from mnist_core.nn.device import available_devices, resolve_device
        from mnist_core.runs.execution import execute
        from mnist_core.runs.store import RunStore

        check_known(config.dataset)  # before there is a run
        resolve_device(config.device)
        check_machine(config, [device.name for device in available_devices()])
        store = RunStore()
        result: Finished | None = None
        with first_interrupt() as interrupted:
            run_id = store.create(config)
            # Closed at a second Ctrl-C, it marks the run as interrupted.
            with closing(execute(run_id, store)) as events:
                for event in events:
                    self.tell(as_json_fields(event), _as_line(event), interrupted)
                    if isinstance(event, Finished):
                        result = event
                    elif interrupted:
                        store.request_stop(run_id)  # execute() looks, and keeps what was learnt
        if result is None:  # it was stopped before training had begun
            return INTERRUPTED
        if self.as_json:
            print_json(
                {"run": run_id, "test_accuracy": result.test_accuracy, "seconds": result.seconds}
            )
        else:
            print(f"Run {run_id}, {result.seconds:.2f} s of training")
        return INTERRUPTED if result.outcome == "stopped" else 0


def _as_line(event: Event) -> str | None:
    """The event for a person; None where a line would be too much."""
    match event:
        case Downloading():
            return download_line(event)
        case DataReady():
            return event.notice or f"Data: {event.source}"
        case Started():
            sizes = "-".join(str(size) for size, _ in event.layers)
            return (
                f"{sizes}-{event.layers[-1][1]}, {event.parameters:,} parameters, on "
                f"{event.device}; {event.train_examples:,} pictures to train, "
                f"{event.val_examples:,} to validate"
            )
        case EpochEnd():
            return (
                f"Epoch {event.epoch}: training loss {event.train_loss:.4f}, validation loss "
                f"{event.val_loss:.4f}, validation accuracy {event.val_accuracy:.2%}, "
                f"{event.seconds:.2f} s"
            )
        case Finished():
            return f"{event.outcome.capitalize()}: test accuracy {event.test_accuracy:.2%}"
        case Progress():
            return None
