"""What the caller hears: the flow he is led through, opening hours, prompts, and the session that does it on his leg.

`flow`, `hours`, `check`, `entry` and `speech` are pure; `prompts` and `audio` read files; `session` is the coroutine of one
caller and speaks to Asterisk and to the core through the two ports of `ports`. May import: acd, agents.
"""
