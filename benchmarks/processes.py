"""What all processes of an app take."""

import psutil

from tests.helpers.app import App


def family(app: App) -> list[psutil.Process]:
    """The server, and all that it started."""
    server = psutil.Process(app.process.pid)
    return [server, *server.children(recursive=True)]


def memory(processes: list[psutil.Process]) -> float:
    """Their memory in MB; what several share counts once."""
    return sum(process.memory_full_info().pss for process in processes) / 2**20


def seconds(processes: list[psutil.Process]) -> float:
    """The time that they had a core for."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)
