"""Holds the numbers against each other: live, stored, counted again from the facts; and the facts against Asterisk's diary.

It changes nothing but what has not been counted yet. Differences are listed one by one, in words."""

from engine.audit.commands import add_commands

__all__ = ["add_commands"]
