"""The core, part by part and as a whole."""
