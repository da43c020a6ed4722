"""What ops write (YAML files) and what the surroundings say (environment variables), checked and frozen."""

from engine.config.check import BadConfiguration, Configuration, load
from engine.config.environment import ENVIRONMENT
from engine.config.source import Problem

__all__ = ["ENVIRONMENT", "BadConfiguration", "Configuration", "Problem", "load"]
