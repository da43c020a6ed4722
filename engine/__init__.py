"""Wiring only: builds the parts, starts and stops them, and owns the commands. May import every other package."""
