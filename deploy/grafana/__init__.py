"""Grafana's dashboards as code: `python -m deploy.grafana.build` writes dashboards/zh/ and dashboards/en/, which Grafana loads
and nobody edits.

`words` are the two languages, `panels` the few kinds of panels we use, `board` a dashboard that is filled from top to bottom,
`figures` what PromQL and colours a figure of metrics.definitions has; one module per dashboard says what is on it.
"""
