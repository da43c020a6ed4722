"""Asterisk's queues.conf (app_queue) read and turned into our queues.yaml and agents.yaml, with every difference named."""

from engine.queues_conf.command import import_queues
from engine.queues_conf.convert import Converted, Note, convert
from engine.queues_conf.read import ConfFile, NotReadable, read_conf

__all__ = ["ConfFile", "Converted", "NotReadable", "Note", "convert", "import_queues", "read_conf"]
