"""A small telephone network for the demonstration and the tests: a second Asterisk that is carrier, callers and phones.

Real SIP and RTP against the first one; nothing of the first one is replaced or known here but its address.
"""

from engine.network.calls import Phone, PhoneCall, PlacedCall
from engine.network.network import NetworkSettings, TelephoneNetwork

__all__ = ["NetworkSettings", "Phone", "PhoneCall", "PlacedCall", "TelephoneNetwork"]
