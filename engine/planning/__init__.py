"""The commands `simulate`, `replay` and `staffing`: files in, `planning`'s models, tables and pictures out."""
