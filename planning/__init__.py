"""What would happen if: the production core under a virtual clock.

`simulate` draws callers and talks from distributions, `replay` takes a recorded day under other rules, `staffing` says how many
agents a target needs. Who is given to whom is always decided by `acd.core`, and counted by `metrics`; nothing of either is
written a second time here. No I/O, no clock; chance only from a seeded Random that is handed in.
May import: metrics, acd, agents.
"""
