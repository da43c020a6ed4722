"""The core under a virtual clock, against what queueing theory says."""
