"""The picture is an SVG that says what it shows, of one set of rules or of two."""

from xml.etree import ElementTree

from planning.compare import Curve
from planning.picture import Labels, picture

OLD = Curve(
    at_s=[n * 1800.0 for n in range(16, 22)],
    offered=[0.0, 20.0, 30.0, 10.0, 5.0, 0.0],
    service_level=[None, 0.9, 0.5, None, 1.0, None],
    asa_s=[None, 10.0, 95.0, 20.0, 0.0, None],
)
NEW = Curve(at_s=OLD.at_s, offered=OLD.offered, service_level=[None, 1.0, 0.7, 0.8, 1.0, None], asa_s=[1.0] * 6)


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("text")]  # noqa: S314


def test_both_lines_are_named_and_both_panels_have_their_figure() -> None:
    svg = picture(OLD, NEW, Labels(title="a day", old="rules & one", new="rules <two>", target=0.8))
    said = texts(svg)
    assert {"旧 old: rules & one", "新 new: rules <two>", "目标 target 80%"} <= set(said)
    assert any("服务水平 Service level" in text for text in said)
    assert any("平均应答速度" in text for text in said)
    assert svg.count("#1d6fd6") > 6


def test_hours_without_callers_are_left_off_and_gaps_break_the_line() -> None:
    svg = picture(OLD, None, Labels(title="a day", old="one"))
    said = texts(svg)
    assert "09:00" in said
    assert "08:00" not in said
    assert svg.count("<circle") == 3 + 4
    assert svg.count("<polyline") == 2  # the service level's second stretch is a single dot
    assert "new" not in " ".join(said)


def test_day_without_callers_is_an_empty_picture() -> None:
    nothing = Curve(at_s=[0.0], offered=[0.0], service_level=[None], asa_s=[None])
    assert "00:00" in texts(picture(nothing, None, Labels(title="", old="one")))
