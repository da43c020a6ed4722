"""`./hotline shadow`: a second version of the rules looks on while the live ones decide, and says where it would have decided
otherwise. A process of its own that only reads the journal: no caller can notice it.

`tail` follows the journal; `judge` has the two floors and compares them, pure but for a line in the log when one of them fails;
`words` says it to people; `command` runs it.
"""
