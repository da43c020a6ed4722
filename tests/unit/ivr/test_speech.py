"""Spoken values: what the pieces say together, and that it is what was meant."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.speech import PIECES, speak
from ivr.speech.values import LARGEST

LANGUAGES = ("zh", "en")
NUMBERS = st.one_of(st.integers(0, LARGEST), st.builds(lambda a, b: a * 10**b, st.integers(0, 9999), st.integers(0, 4)))


def words(item: str, language: str) -> str:
    """What is heard. An end of a group is a comma."""
    said = [PIECES[language][piece] + ("，" if piece.endswith("-end") else "") for piece in speak(item, language)]
    return "".join(said).rstrip("，") if language == "zh" else " ".join(said).rstrip("，").replace("，", ",")


# -- Numbers are read back by readers that know nothing of how they were made


def read_zh(text: str) -> int:
    """A Chinese number: sections of 万, in each a digit before its unit."""
    units = {"十": 10, "百": 100, "千": 1000}
    total = section = digit = 0
    for sign in text.replace("两", "二"):
        if sign == "万":
            total, section, digit = (section + digit) * 10_000, 0, 0
        elif sign in units:
            section, digit = section + (digit or 1) * units[sign], 0
        else:
            digit = "零一二三四五六七八九".index(sign)
    return total + section + digit


def read_en(text: str) -> int:
    ones = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    ones += " seventeen eighteen nineteen"
    tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    total = section = 0
    for word in re.split("[ -]", text):
        if word == "hundred":
            section *= 100
        elif word in ("thousand", "million"):
            total, section = total + section * (1000 if word == "thousand" else 1_000_000), 0
        else:
            section += 20 + 10 * tens.index(word) if word in tens else ones.split().index(word)
    return total + section


@given(NUMBERS)
def test_number_is_heard_as_itself_in_both_languages(number: int) -> None:
    assert read_zh(words(f"{{number:{number}}}", "zh")) == number
    assert read_en(words(f"{{number:{number}}}", "en")) == number


def test_every_number_up_to_20000_is_heard_as_itself() -> None:
    for number in range(20_001):
        assert read_zh(words(f"{{number:{number}}}", "zh")) == number
        assert read_en(words(f"{{number:{number}}}", "en")) == number


@given(NUMBERS)
def test_mandarin_number_has_its_zeros_twos_and_tens_where_they_belong(number: int) -> None:
    said = words(f"{{number:{number}}}", "zh")
    assert "零零" not in said
    assert not said.endswith("零") or number == 0
    assert not re.search("二[百千]|^二万|两$|两十", said), said
    assert not re.match("一十", said), said
    assert not re.search("[百千万零]十", said), said


@given(st.integers(0, 100 * 3600 - 1))
def test_duration_is_heard_as_itself_in_both_languages(seconds: int) -> None:
    hours, minutes, rest = re.fullmatch(
        "(?:(.+)小时)?(?:(.+)分钟?)?(?:(.+)秒)?", words(f"{{duration:{seconds}}}", "zh")
    ).groups(default="零")  # type: ignore[union-attr]
    assert read_zh(hours) * 3600 + read_zh(minutes) * 60 + read_zh(rest) == seconds
    parts = re.findall(r"([a-z -]+?) (hour|minute|second)s?", words(f"{{duration:{seconds}}}", "en"))
    sizes = {"hour": 3600, "minute": 60, "second": 1}
    assert sum(read_en(amount.strip()) * sizes[unit] for amount, unit in parts) == seconds


@given(st.integers(0, 12_000), st.integers(0, 12_000))
def test_range_holds_the_wait_it_was_made_of(one: int, other: int) -> None:
    low, high = sorted((one, other))
    said = words(f"{{range:{low}-{high}}}", "en")
    amounts = re.findall("([a-z-]+)(?= to | minute| hour)", said.removeprefix("up to ").replace("a minute", ""))
    numbers = [read_en(amount) for amount in amounts]
    unit = 3600 if "hour" in said else 60
    if said == "less than a minute":
        assert high <= 60
    elif said.startswith("up to"):
        assert high <= numbers[0] * unit
    elif said.startswith("more than"):
        assert numbers[0] * unit <= low
    else:
        assert numbers[0] * unit <= low
        assert high <= numbers[-1] * unit


# -- Each kind of value in words


@pytest.mark.parametrize(
    ("item", "zh", "en"),
    [
        ("{digits:400123}", "四零零一，二三", "four zero zero one, two three"),
        ("{digits:12345}", "一二三四五", "one two three four five"),
        (
            "{phone:13800138000}",
            "幺三八，零零幺三，八零零零",
            "one three eight, zero zero one three, eight zero zero zero",
        ),
        (
            "{phone:+8613800138000}",
            "幺三八，零零幺三，八零零零",
            "one three eight, zero zero one three, eight zero zero zero",
        ),
        (
            "{phone:02166668888}",
            "零二幺，六六六六，八八八八",
            "zero two one, six six six six, eight eight eight eight",
        ),
        (
            "{phone:+862166668888}",
            "零二幺，六六六六，八八八八",
            "zero two one, six six six six, eight eight eight eight",
        ),
        (
            "{phone:05718888777}",
            "零五七幺，八八八，八七七七",
            "zero five seven one, eight eight eight, eight seven seven seven",
        ),
        (
            "{phone:4008001234}",
            "四零零，八零零，幺二三四",
            "four zero zero, eight zero zero, one two three four",
        ),
        ("{phone:95588}", "九五五八八", "nine five five eight eight"),
        ("{phone:66668888}", "六六六六，八八八八", "six six six six, eight eight eight eight"),
        ("{number:0}", "零", "zero"),
        ("{number:2}", "二", "two"),
        ("{number:10}", "十", "ten"),
        ("{number:12}", "十二", "twelve"),
        ("{number:22}", "二十二", "twenty-two"),
        ("{number:105}", "一百零五", "one hundred five"),
        ("{number:115}", "一百一十五", "one hundred fifteen"),
        ("{number:200}", "两百", "two hundred"),
        ("{number:2002}", "两千零二", "two thousand two"),
        ("{number:20000}", "两万", "twenty thousand"),
        ("{number:100015}", "十万零一十五", "one hundred thousand fifteen"),
        (
            "{number:99999999}",
            "九千九百九十九万九千九百九十九",
            "ninety-nine million nine hundred ninety-nine thousand nine hundred ninety-nine",
        ),
        ("{position:2}", "第二位", "number two"),
        ("{position:3}", "第三位", "number three"),
        ("{position:120}", "第一百二十位", "number one hundred twenty"),
        ("{duration:0}", "零秒", "zero seconds"),
        ("{duration:1}", "一秒", "one second"),
        ("{duration:90}", "一分三十秒", "one minute thirty seconds"),
        ("{duration:120}", "两分钟", "two minutes"),
        ("{duration:62}", "一分零二秒", "one minute two seconds"),
        ("{duration:3600}", "一小时", "one hour"),
        ("{duration:3630}", "一小时零三十秒", "one hour thirty seconds"),
        ("{duration:7500}", "两小时零五分钟", "two hours five minutes"),
        ("{range:120-300}", "两到五分钟", "two to five minutes"),
        ("{range:10-60}", "不到一分钟", "less than a minute"),
        ("{range:30-170}", "三分钟以内", "up to three minutes"),
        ("{range:120-120}", "两分钟左右", "about two minutes"),
        ("{range:60-60}", "不到一分钟", "less than a minute"),
        ("{range:1200-1790}", "二十到三十分钟", "twenty to thirty minutes"),
        ("{range:3000-9000}", "五十分钟以上", "more than fifty minutes"),
        ("{range:7200-9000}", "两小时以上", "more than two hours"),
        ("{range:30-9000}", "三小时以内", "up to three hours"),
        ("{time:00:00}", "凌晨零点", "twelve a.m."),
        ("{time:08:30}", "上午八点三十分", "eight thirty a.m."),
        ("{time:12:00}", "中午十二点", "twelve p.m."),
        ("{time:14:05}", "下午两点零五分", "two oh five p.m."),
        ("{time:18:00}", "晚上六点", "six p.m."),
        ("{time:24:00}", "晚上十二点", "twelve a.m."),
        ("{date:2026-10-01}", "二零二六年十月一日", "October first twenty twenty-six"),
        ("{date:2005-02-22}", "二零零五年二月二十二日", "February twenty-second two thousand five"),
        ("{date:1900-12-31}", "一九零零年十二月三十一日", "December thirty-first nineteen hundred"),
        ("{date:1905-01-20}", "一九零五年一月二十日", "January twentieth nineteen oh five"),
        ("{date:02-29}", "二月二十九日", "February twenty-ninth"),
        ("{money:12.05}", "十二元零五分", "twelve point zero five yuan"),
        ("{money:2.5}", "两元五角", "two point five yuan"),
        ("{money:2.22}", "两元两角两分", "two point two two yuan"),
        ("{money:0}", "零元", "zero yuan"),
        ("{money:0.20}", "两角", "zero point two yuan"),
        ("{money:200.00}", "两百元", "two hundred yuan"),
        ("{key:1}", "一", "one"),
        ("{key:*}", "星号键", "star"),
        ("{key:#}", "井号键", "pound"),
    ],
)
def test_value_in_words(item: str, zh: str, en: str) -> None:
    assert (words(item, "zh"), words(item, "en")) == (zh, en)


def test_prompt_is_itself() -> None:
    assert speak("welcome", "zh") == ("welcome",)
    assert speak("anything at all", "fr") == ("anything at all",)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("{number:100000000}", "a whole number from 0 to 99999999"),
        ("{number:-1}", "a whole number"),
        ("{number:1e3}", "a whole number"),
        ("{number:٣}", "a whole number"),
        ("{number:}", "a whole number"),
        ("{position:0}", "a whole number from 1"),
        ("{digits:12a}", "digits"),
        ("{digits:}", "digits"),
        ("{phone:1}", "a phone number"),
        ("{phone:anonymous}", "a phone number"),
        ("{duration:360000}", "seconds, from 0 to 359999"),
        ("{range:300-120}", "the smaller first"),
        ("{range:300}", "the smaller first"),
        ("{time:25:00}", "from 00:00 to 24:00"),
        ("{time:24:01}", "from 00:00 to 24:00"),
        ("{time:8:60}", "from 00:00 to 24:00"),
        ("{date:2026-02-29}", "a day"),
        ("{date:1800-01-01}", "a day of the years 1900 to 2099"),
        ("{money:1.234}", "yuan"),
        ("{money:-1}", "yuan"),
        ("{key:A}", "one of the keys"),
        ("{weather:fine}", "digits, phone, number, position, duration, range, time, date, money, key"),
        ("{number:5", "a value {KIND:...}"),
        ("number:5}", "a value {KIND:...}"),
        ("{}", "a value {KIND:...}"),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(item: str, expected: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f'"{item}": expected ')) as refused:
        speak(item, "zh")
    assert expected in str(refused.value)


def test_language_without_pieces_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match='"fr"; expected zh or en'):
        speak("{number:1}", "fr")


# -- Every piece is there, and each is needed


def every_value() -> list[str]:
    numbers = [*range(1000), *range(1000, 10_000, 111), 10_000, 20_000, 1_000_000, 2_000_000]
    kinds = ("number", "position", "duration")
    values = [
        f"{{{kind}:{number or 1}}}" for kind in kinds for number in numbers if number < 100_000 or kind == "number"
    ]
    values += ["{number:0}", "{duration:7325}"]
    values += [f"{{time:{hour:02}:{minute:02}}}" for hour in range(24) for minute in range(60)]
    values += [f"{{date:{month:02}-{day:02}}}" for month in (1, 3, 5, 7, 8, 10, 12) for day in range(1, 32)]
    values += [f"{{date:{year}-{month:02}-28}}" for year in range(1900, 2100) for month in range(1, 13)]
    values += [f"{{money:{fen // 100}.{fen % 100:02}}}" for fen in range(2000)]
    values += [f"{{range:{low}-{high}}}" for low in range(0, 9000, 450) for high in range(low, 9000, 150)]
    values += [f"{{{kind}:{digit}1{digit}1{digit}}}" for kind in ("digits", "phone") for digit in range(10)]
    return (
        values + [f"{{{kind}:123451}}" for kind in ("digits", "phone")] + [f"{{key:{key}}}" for key in "0123456789*#"]
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_pieces_are_just_those_that_values_need(language: str) -> None:
    used = {piece for value in every_value() for piece in speak(value, language)}
    assert used == PIECES[language].keys()
