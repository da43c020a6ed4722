"""Asterisk's queue_log, read and written: the words of it, calls and agents' hours out of its lines, lines out of the core's
records. Pure: no files, no clock. It may import what metrics may."""

from metrics.queue_log.calls import LoggedCall, LoggedOffer, LoggedStay
from metrics.queue_log.faults import Fault, Faults
from metrics.queue_log.hours import LoggedInterval
from metrics.queue_log.lines import LogLine, log_line
from metrics.queue_log.names import Names
from metrics.queue_log.reader import QueueLogReader
from metrics.queue_log.summary import QueueSummary
from metrics.queue_log.teller import Entry, Memory, Teller, Words

__all__ = [
    "Entry",
    "Fault",
    "Faults",
    "LogLine",
    "LoggedCall",
    "LoggedInterval",
    "LoggedOffer",
    "LoggedStay",
    "Memory",
    "Names",
    "QueueLogReader",
    "QueueSummary",
    "Teller",
    "Words",
    "log_line",
]
