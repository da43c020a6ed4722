"""The numbers: what each figure is, how it is counted, and how it is shown to Prometheus.

`definitions` says each formula once, `intervals` counts the core's records into quarters of an hour, `outside` takes what
Hotline cannot count, `periods` are the stretches of time and `dimensions` the keys that figures are shown by, `figures` puts
counts and formulas together for the API and the demo's summary, `columns` and `reports` for reports; `why` says what may
explain a figure out of its band (with the formulas of `erlang`), `queue_log` reads and tells Asterisk's queue_log. All of these
are pure: no clock, no I/O. `exporter` writes the live figures for Prometheus. docs/metrics.md explains all of it to those who
read the numbers.
May import acd and agents; knows nothing of Asterisk, HTTP or SQL.
"""
