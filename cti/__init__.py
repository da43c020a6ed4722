"""The two edges of the engine: callers arrive over FastAGI, agents' phones are watched and commanded over AMI.

This package decides nothing about calls. It turns what Asterisk says into typed values (`cti.translate`, `cti.agi`),
carries commands the other way, and never lets a raw AMI message or an AGI line get further in.
It may import recordings, metrics, planning, ivr, acd and agents; the engine alone may import it.
"""
