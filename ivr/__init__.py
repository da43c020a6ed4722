"""What the caller hears: the flow he is led through, opening hours, prompts, and the session that does it on his leg.

`flow` and what it is made of, `hours`, `survey`, `check`, `entry` and `speech` are pure; `prompts` and `audio` read sound
files, `polish` and `convert` make them; `session` is the coroutine of one caller and speaks to Asterisk and to the core through
the two ports of `ports`. May import: acd, agents.
"""
