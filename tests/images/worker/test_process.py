"""The start and end of a worker process."""

import pytest

from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_worker_that_is_stopped_while_it_connects_ends() -> None:
    # The moment of the stop varies, so some of these workers are stopped in the middle of a connection attempt.
    for _ in range(10):
        WorkerThread().start().stop()
