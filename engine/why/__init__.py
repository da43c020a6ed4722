"""Asks the stored intervals why a figure is out of its band: which days are comparable, what is known of each, for the API, the
wallboard and `./hotline why`. What the data says is worked out in metrics.why.
"""
