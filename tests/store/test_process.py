"""A session belongs to one process, and a number used again by another is not it."""

import os
from dataclasses import replace

from sandbox.store.process import this_process


def test_this_process_is_alive_and_ours():
    assert this_process().pid == os.getpid()
    assert this_process().alive and this_process().ours


def test_another_process_with_the_same_number_is_not_it():
    earlier = replace(this_process(), started=this_process().started - 3600)
    assert not earlier.alive and not earlier.ours
