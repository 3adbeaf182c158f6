"""Worker processes end when their parent does."""

import os
import signal
import subprocess
import sys
import time

PARENT = """
import multiprocessing, os, time
from reporter.workers import become_worker

def work(began):
    become_worker()
    began.set()
    time.sleep(60)

fork = multiprocessing.get_context("fork")
began = fork.Event()
worker = fork.Process(target=work, args=(began,))
worker.start()
began.wait()
print(worker.pid, flush=True)
time.sleep(60)
"""


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:  # noqa: PTH123 - proc is no ordinary path
        return stat.read().rpartition(")")[2].split()[0] != "Z"


def test_worker_leaves_interrupts_to_its_parent_and_does_not_outlive_it() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        worker = int(parent.stdout.readline())
        os.kill(worker, signal.SIGINT)
        time.sleep(0.2)
        assert is_running(worker)
        parent.kill()
        parent.wait()
        end = time.monotonic() + 10
        while is_running(worker) and time.monotonic() < end:
            time.sleep(0.01)
        assert not is_running(worker)


def test_process_that_nobody_forked_leaves_interrupts_alone_too() -> None:
    code = (
        "import os, signal; from reporter.workers import become_worker\n"
        "become_worker(); os.kill(os.getpid(), signal.SIGINT); print('still here')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "still here\n"
