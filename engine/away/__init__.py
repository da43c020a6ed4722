"""What callers can do while the engine is away, and what becomes of it.

`script` puts the dialogue (asterisk-config/agi/away.py) where Asterisk finds it; `spool` reads what callers left with it;
`taking_up` tells the core of that, each entry once.
"""
