"""The numbers: what each figure is, how it is counted, and how it is shown to Prometheus.

`definitions` says each formula once, `intervals` counts the core's records into half hours, `figures` puts the two together
for the API, reports and the demo's summary (all three pure: no clock, no I/O); `exporter` writes them for Prometheus.
May import acd and agents; knows nothing of Asterisk, HTTP or SQL.
"""
