"""What becomes of a recorded talk: which calls are recorded, where the sound lies, and the ledger that knows of each one.

Asterisk writes two mono legs while the talk goes on; `keeper` makes one stereo file of them (caller left, agent right) when it
is over and says so in the ledger. `policy` is pure. May import: ivr, acd, agents.
"""
