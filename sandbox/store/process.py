"""Which process runs a session: its number and its start, so that a reused number is not mistaken for it."""

import os
from dataclasses import dataclass
from functools import lru_cache

import psutil

_SLACK = 5.0
"""Seconds: the start time is derived from the boot time, which clock corrections move a little."""


@dataclass(frozen=True, slots=True)
class Process:
    """`started` is in seconds since 1970, as the operating system tells it."""

    pid: int
    started: float

    @property
    def alive(self) -> bool:
        try:
            process = psutil.Process(self.pid)
            return (
                abs(process.create_time() - self.started) < _SLACK
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:
            return True

    @property
    def ours(self) -> bool:
        return self.pid == os.getpid() and abs(this_process().started - self.started) < _SLACK


@lru_cache(maxsize=4)
def _process(pid: int) -> Process:
    return Process(pid, psutil.Process(pid).create_time())


def this_process() -> Process:
    return _process(os.getpid())
