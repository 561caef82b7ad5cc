"""The scheduler and the nannies of this machine's workers, in one process.

``LocalWorkers`` starts it as a module, with the workers' options as JSON, and reads one line: the
scheduler's address, or why there is none.
"""

import asyncio
import json
import logging
import os
import signal
import sys
from contextlib import AsyncExitStack
from typing import Any

from distributed import Nanny, Scheduler

from mnist_core.jobs.worker import exit_with_parent

LOCAL: dict[str, Any] = {"host": "127.0.0.1", "protocol": "tls"}


def say(**what: str) -> None:
    """The one line. After it what is printed, here or by a worker, goes where errors go."""
    print(json.dumps(what), flush=True)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


async def serve(workers: list[dict[str, Any]]) -> None:
    """Until the scheduler ends."""
    async with AsyncExitStack() as stack:
        try:
            scheduler = await stack.enter_async_context(
                Scheduler(port=0, dashboard=False, dashboard_address="127.0.0.1:0", **LOCAL)
            )
        except Exception as error:
            say(error=f"{type(error).__name__}: {error}")
            raise
        say(address=scheduler.address)
        nannies = [Nanny(scheduler.address, **LOCAL, **options) for options in workers]
        await asyncio.gather(*map(stack.enter_async_context, nannies))
        await scheduler.finished()


if __name__ == "__main__":
    # Ctrl-C in the terminal is for the app, with which this ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    exit_with_parent()
    logging.getLogger("distributed").setLevel(logging.WARNING)
    logging.getLogger("distributed.scheduler").setLevel(
        logging.ERROR
    )  # a worker that comes or goes
    asyncio.run(serve(json.loads(sys.argv[1])))
