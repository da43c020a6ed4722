"""Reproducible measurements, run by `./hotline bench NAME [--json]`."""
