"""What the voice is given for a text."""

from tools.prompts.spoken import spoken_zh


def test_digits_are_spoken_as_the_keys_they_name() -> None:
    assert spoken_zh("报修请按1，人工服务请按0。") == "报修请按一，人工服务请按零。"
