"""A real Dask cluster on the loopback: a scheduler and workers in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.app.helpers import ROOT, _free_port


class Cluster:
    """`dask scheduler` and `dask worker --no-nanny`, as one starts them by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []

    def mend(self, workers: int = 2) -> Cluster:
        """Start what is not there."""
        if self.scheduler is None or self.scheduler.poll() is not None:
            self.start_scheduler()
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        while len(self.workers) < workers:
            self.add_worker()
        return self

    def start_scheduler(self) -> None:
        self.scheduler = self._dask("scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-show",
                                    "--dashboard-address", "127.0.0.1:0")  # fmt: skip

    def add_worker(self) -> subprocess.Popen[bytes]:
        worker = self._dask("worker", self.address, "--no-nanny", "--nthreads", "1", "--host", "127.0.0.1",
                            "--no-dashboard", "--local-directory", str(self.folder))  # fmt: skip
        self.workers.append(worker)
        return worker

    def kill_scheduler(self) -> None:
        """Its workers would leave by themselves, in their own time."""
        self.close()

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        self.workers.remove(worker)

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            if process is not None:
                process.kill()
                process.wait()
        self.workers.clear()

    def _dask(self, *arguments: str) -> subprocess.Popen[bytes]:
        env = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
        log = (self.folder / "dask.log").open("ab")
        with log:
            return subprocess.Popen([sys.executable, "-m", "dask", *arguments], cwd=self.folder, env=env, stdout=log,
                                    stderr=log)  # fmt: skip
