"""Makes the pictures under docs/pictures, on a developer's machine. The engine never imports this."""
