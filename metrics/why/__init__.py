"""Why a figure is out of its band: what the same data says, as sentences with the numbers in them.

`stretch` is what is known of a stretch of time, `usual` what the comparable days before were like, `load` what the figure would
be if one thing were as usual, `standing_out` what can be said of the stretch alone, `explain` puts these together and ranks
them by how much of the figure each accounts for, `words` says them (`chinese`, `english`), `answers`
puts numbers and words into one.

All pure. May import metrics' definitions and formulas; knows nothing of SQL, HTTP or the live floor.
"""

from metrics.definitions import Side
from metrics.why.answers import Answer, answer
from metrics.why.cause import Cause, Kind
from metrics.why.explain import Explanation, explain
from metrics.why.stretch import Part, Pause, Stretch
from metrics.why.telling import Names
from metrics.why.words import headline, sentences

__all__ = [
    "Answer",
    "Cause",
    "Explanation",
    "Kind",
    "Names",
    "Part",
    "Pause",
    "Side",
    "Stretch",
    "answer",
    "explain",
    "headline",
    "sentences",
]
