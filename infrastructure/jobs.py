"""Jobs of the job engine: enqueue one at a time, and delete those that a killed worker left behind."""

import json
from typing import Any, Final, LiteralString

from django.db import connection, transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app

# The engine deletes a worker that has sent no heartbeat for 30 s, which sets the column to null. A worker that was
# only frozen for so long still runs its jobs, so this condition suits jobs that may run twice.
WORKER_IS_GONE: Final[LiteralString] = "job.worker_id IS NULL"


def enqueue(task: str, *, lock: str, **arguments: str) -> None:
    """Enqueue a job in the current transaction.

    Args:
        task: The task's name.
        lock: A name that no waiting job has.
        arguments: The arguments of the task.

    Raises:
        procrastinate.exceptions.AlreadyEnqueued: A job with this lock is waiting; the transaction cannot continue.
    """
    app.configure_task(task, queueing_lock=lock).defer(**arguments)


def enqueue_once(task: str, *, lock: str, **arguments: str) -> None:
    """Enqueue a job in the current transaction, unless a job with this lock is waiting already."""
    try:
        # The savepoint keeps the caller's transaction usable after the unique index has refused the job.
        with transaction.atomic():
            enqueue(task, lock=lock, **arguments)
    except exceptions.AlreadyEnqueued:
        # The worker that takes the waiting job reads the current state.
        return


def delete_stalled(task: str, *, where: LiteralString = WORKER_IS_GONE) -> list[dict[str, Any]]:
    """Delete jobs that a killed worker left as "doing": the engine itself never ends them.

    Args:
        task: The task's name.
        where: SQL condition on the table alias `job` that holds only if no worker needs the job's row any more.

    Returns:
        The arguments of the deleted jobs.
    """
    statement = f"""
        DELETE FROM procrastinate_jobs job
        WHERE job.task_name = %(task)s AND job.status = 'doing' AND ({where})
        RETURNING job.args
    """  # noqa: S608 - the condition is a literal of ours
    with connection.cursor() as cursor:
        cursor.execute(statement, {"task": task})
        # Django leaves JSON columns of plain SQL as text.
        return [json.loads(arguments) for (arguments,) in cursor.fetchall()]
