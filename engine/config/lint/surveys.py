"""Surveys nobody is asked to take, and prompts that callers of another language would hear in a foreign one."""

from collections.abc import Iterator
from typing import Final

from engine.config.check import Examined
from engine.config.source import Problem
from engine.config.survey_models import prompts_of
from engine.words import say

__all__ = ["survey_doubts"]

LANGUAGES: Final = {"zh": ("中文", "Chinese"), "en": ("英文", "English")}


def survey_doubts(examined: Examined) -> Iterator[Problem]:
    """Of all surveys."""
    source, prompts = examined.sources["queues"], examined.configuration.script.prompts
    used = {queue.survey.use for queue in examined.queues.queues.values() if queue.survey is not None}
    for name, survey in examined.queues.surveys.items():
        if name not in used:
            yield source.problem(("surveys", name), say("没有队列使用此评价", "no queue asks its callers to take it"))
        for path, prompt in prompts_of(survey).items():
            for language, (zh, en) in LANGUAGES.items():
                if name in used and prompt not in prompts.in_language(language):
                    message = say(f'提示音 "{prompt}" 没有{zh}版本', f'prompt "{prompt}" is not spoken in {en}')
                    yield source.problem(("surveys", name, *path), message)
