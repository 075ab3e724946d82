"""A session belongs to one process, and a number used again by another is not it."""

import os
from dataclasses import replace

from sandbox.store.state import this_process


def test_this_process_is_alive_and_ours():
    assert this_process().pid == os.getpid()
    assert this_process().alive and this_process().ours


def test_another_process_with_the_same_number_is_not_it():
    earlier = replace(this_process(), started=this_process().started - 3600)
    assert not earlier.alive and not earlier.ours


def test_what_another_machine_runs_is_neither_dead_nor_ours():
    there = replace(this_process(), host="another-machine")
    assert there.alive and not there.ours and not there.here
    assert str(there) == f"process {os.getpid()} on another-machine"


def test_a_record_from_before_machines_were_kept_means_this_one():
    before = replace(this_process(), host="")
    assert before.here and before.ours
    assert not replace(before, started=before.started - 3600).alive
