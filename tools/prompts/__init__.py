"""Makes the spoken prompts under ivr/prompts, once, on a developer's machine. The engine never imports this."""
