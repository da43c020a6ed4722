"""The demonstration's story, its news and its picture, without a telephone."""
