"""A Celery worker with one task that does nothing, and reports of it as `src/bin/worker/report.rs` does."""

import sys
import threading
import time
from multiprocessing import Value

from celery import Celery
from celery.signals import worker_ready

redis = sys.argv[1]
app = Celery("tasks", broker=redis, backend=redis)
# A task that is acknowledged when it has ended survives its process, as those of the service do.
app.conf.update(task_acks_late=True, broker_connection_retry_on_startup=True)

# The processes that run tasks are forks, and share these with their parent.
jobs = Value("L", 0)
latency = Value("Q", 0)


@app.task(name="noop")
def noop(enqueued: int) -> None:
    latency.value = max(0, time.time_ns() - enqueued)
    with jobs.get_lock():
        jobs.value += 1


def report() -> None:
    reported = 0
    while True:
        if jobs.value != reported:
            reported = jobs.value
            print(reported, latency.value, file=sys.__stderr__, flush=True)
        time.sleep(0.001)


@worker_ready.connect
def start(**_: object) -> None:
    threading.Thread(target=report, daemon=True).start()


app.worker_main(["worker", "--pool=prefork", f"--concurrency={sys.argv[2]}", "--loglevel=ERROR"])
