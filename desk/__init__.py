"""What people have to do after the calls: spoken messages, wishes to be called back, callers who gave up, comments on a talk.

Each is a work item with an owner and a state, and every step of its life is kept with its time and its author. `items` decides
which steps there are and who may take them (pure); `tables` and `store` keep them in SQL. May import: recordings, metrics, ivr,
acd, agents.
"""
