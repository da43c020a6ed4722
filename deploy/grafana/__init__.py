"""Grafana's dashboards as code: `python -m deploy.grafana.build` writes dashboards/*.json, which Grafana loads and
nobody edits.

`panels` are the few kinds of panels we use, one module per dashboard says what is on it. Titles are Chinese · English.
"""
