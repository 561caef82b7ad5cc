"""Running a study: Optuna chooses the trials, populations train them, events report them."""

import time
from collections.abc import Callable, Iterator

import torch
from optuna.study import Study
from optuna.trial import TrialState

from mnist_core.config.sweep import SweepConfig
from mnist_core.data.resident import ResidentDataset
from mnist_core.nn.state import TrainState
from mnist_core.population.train import MEMORY_BUDGET, PopulationProgress
from mnist_core.sweep.cost import population_size
from mnist_core.sweep.events import StudyEnd, StudyEvent, StudyProgress, StudyStarted
from mnist_core.sweep.population import EarlierTrial, TrialPopulation
from mnist_core.sweep.study import ask_trials, recover, trials_left


def run_study(
    study: Study,
    config: SweepConfig,
    data: ResidentDataset,
    device: torch.device,
    memory_budget: int = MEMORY_BUDGET,
    jobs: int = 1,
    stop: Callable[[], bool] = lambda: False,
    earlier: Callable[[int], EarlierTrial | None] = lambda trial: None,
    states: dict[int, TrainState] | None = None,
) -> Iterator[StudyEvent]:
    """Run the trials that are left, a population at a time.

    Stopped, closed early or on an error, it gives the trials under way back to the study, which
    asks for them again when it goes on; trials that a crash left running need ``recover`` first.
    Several processes may run the same study at once, each with populations of its own.

    Args:
        study, config, data, device: what to run, on what.
        memory_budget: see ``train_population``.
        jobs: how many processes run the study, so that none leaves nothing to the others.
        stop: is asked several times a second; once it says yes, TrialLeft reports each trial
            that has trained for an epoch, and the study ends without StudyEnd.
        earlier: the epochs and the network of a trial that was left; or None, and the trial in
            its place begins anew.
        states: is kept filled with the networks of the population that trains, by trial. At each
            event of a trial its network is as that event says.

    A trial whose loss is no longer finite counts as pruned and has the attribute ``diverged``;
    one that is not above twice the accuracy of guessing has ``learned`` = False.
    """
    states = {} if states is None else states
    left = trials_left(study, config)
    yield StudyStarted(config.name, config.planned, left)
    began, before = time.perf_counter(), 0
    most = min(population_size(config, data), -(-config.planned // jobs))
    while trials := ask_trials(study, config, most):
        count, left = len(trials), len(trials) + trials_left(study, config)
        running = TrialPopulation(study, config, trials, data, device)
        events = running.train(memory_budget, earlier, states)
        try:
            for event in events:
                if isinstance(event, PopulationProgress):
                    if stop():
                        yield from running.leave(events)
                        return
                    done, pace = running.count_done(), time.perf_counter() - began
                    work = before + max(done, event.fraction * count)
                    yield StudyProgress(
                        done=config.planned - left + done,
                        planned=config.planned,
                        models_per_second=work / pace,
                        seconds_left=(before + left - work) * pace / work,
                    )
                else:
                    yield event
            before += count
        finally:
            # Not those that somebody else has given back, who took this job for lost.
            recover(study, {trial.number for trial in running.open.values()})
    yield StudyEnd(config.name, best_trials(study))


def best_trials(study: Study) -> tuple[int, ...]:
    """Numbers of the trials on the Pareto front; of a single objective the best; or none."""
    if not study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
        return ()
    if len(study.directions) == 1:
        return (study.best_trial.number,)
    return tuple(trial.number for trial in study.best_trials)
