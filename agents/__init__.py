"""Who answers: the roster, the state table of an agent, his recent workload.

Pure: no I/O, no clock. Imports nothing of the project; every other package may import it.
"""
