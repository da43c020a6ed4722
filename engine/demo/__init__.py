"""`./hotline demo`: a whole site and a small telephone network play two minutes of a hotline's day, with real calls.

What is shown is what the HTTP API says; what happens is in `story`, and `acting` lets it happen.
"""

from engine.demo.show import run_demo

__all__ = ["run_demo"]
