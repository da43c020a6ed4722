"""Rule tests: what ops expect of their rules, in YAML beside them, held against the production core under a virtual clock.

A test is a situation (agents, callers, what happens) and what is expected of it. `./hotline check` runs all of `tests/*.yaml`
in the configuration's folder; a test that fails names its line, what happened instead, and why the core decided so.
"""

from engine.ruletests.run import Failure, Report, run_tests

__all__ = ["Failure", "Report", "run_tests"]
