"""Stories of calls as tables of events; the language is explained in story.py."""
