"""Dialogue tests: where ops expect callers to be led, in YAML beside the flow, held against the interpreter without a phone.

A test is a caller (number, time, what is known of him), what other systems answer, how queues stand, what he does, and what is
expected of it. `./hotline ivr test` and `./hotline check` run all of `tests/ivr/*.yaml` in the configuration's folder.
"""

from engine.ivrtests.run import run_dialogues

__all__ = ["run_dialogues"]
