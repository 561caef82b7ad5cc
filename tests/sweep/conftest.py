"""Where the tests' studies are kept."""

from collections.abc import Iterator

import pytest
from optuna.storages import BaseStorage

from mnist_core.sweep.storage import open_storage


@pytest.fixture
def storage() -> Iterator[BaseStorage]:
    opened = open_storage()
    yield opened
    opened.remove_session()
    opened.engine.dispose()
