"""Writes the tables of docs/metrics.md from the definitions, on a developer's machine. The engine never imports this."""
