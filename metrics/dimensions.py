"""By what the figures can be told apart."""

from enum import StrEnum

__all__ = ["STORED", "Dimension"]


class Dimension(StrEnum):
    """A figure is one of the whole site or of one key of these: a queue's id, an agent's number, a VIP level, a dialled
    number, a choice in the menu (the last node of the caller's path before his first queue), a group or a skill."""

    SITE = "site"
    QUEUE = "queue"
    AGENT = "agent"
    VIP = "vip"
    DID = "did"
    MENU = "menu"
    GROUP = "group"
    SKILL = "skill"


STORED = (Dimension.SITE, Dimension.QUEUE, Dimension.AGENT, Dimension.VIP, Dimension.DID, Dimension.MENU)
"""Counted and stored by interval; a group's and a skill's figures are the sums of their agents'."""
