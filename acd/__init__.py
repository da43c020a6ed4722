"""Who gets which call.

`core.step(floor, event, now)` decides; everything else here is the words it speaks (events in, commands and records out)
and the state it keeps (the floor). All of it is pure except `runner`, which feeds the core and carries its commands away.
To read: `model`, `rules`, `floor` (what there is), `core` (what may happen); then `matching` (every offer begins there),
`routing` and `strategies` (whom), `offering` (how it ends), `waiting` and `recipes` (a caller's stay), `duty` (agents).
May import: agents.
"""
