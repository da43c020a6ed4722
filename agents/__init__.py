"""Who answers: the roster, the state table of an agent, his recent workload, and the tokens that let people in.

Pure (no I/O, no clock) except `accounts`, which keeps the file of tokens. Imports nothing of the project; every other package
may import it.
"""
