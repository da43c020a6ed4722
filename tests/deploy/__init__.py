"""Tests of what ships and installs: the command ./hotline, the lock files, Docker Compose."""
