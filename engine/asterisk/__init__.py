"""One Asterisk instance of ours: what it loads (settings, render, music), how it runs (process) and its console.

An instance lives in a folder of its own and touches nothing outside it, so several run side by side from one
installation. Nothing here knows about calls.
"""
