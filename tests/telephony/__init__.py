"""Against a real Asterisk, with real SIP and RTP on the loopback."""
