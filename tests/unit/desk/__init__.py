"""Work items, their steps and who sees them."""
