"""`reports` and `smtp` of metrics.yaml: what is refused, and what is said of it."""

from pathlib import Path
from shutil import copytree

import pytest

from engine.config import BadConfiguration, load

CONFIG = Path(__file__).parents[3] / "config"
SMTP = "\nsmtp: {host: smtp.example.com, from: hotline@example.com}\n"


def with_reports(folder: Path, reports: str) -> Path:
    copytree(CONFIG, folder / "config")
    file = folder / "config" / "metrics.yaml"
    file.write_text(file.read_text("utf-8").replace("reports: []", f"reports:\n{reports}"), "utf-8")
    return folder / "config"


def test_reports_are_read_with_what_is_usual(tmp_path: Path) -> None:
    metrics = load(with_reports(tmp_path, "  - {name: floor, to: [a@example.com]}" + SMTP), tmp_path).metrics
    (report,) = metrics.reports
    assert (report.when, report.at, report.by, report.step, report.format) == ("daily", "06:30", "queue", None, "html")
    assert metrics.smtp is not None
    assert (metrics.smtp.port, metrics.smtp.tls, metrics.smtp.sender) == (587, "starttls", "hotline@example.com")


@pytest.mark.parametrize(
    ("reports", "said"),
    [
        ("  - {name: floor}", "a report goes to somebody"),
        ("  - {name: floor, to: [a@example.com]}", "no mail server: smtp is missing"),
        ("  - {name: a, folder: x}\n  - {name: a, folder: y}", "two are called 'a'"),
        ("  - {name: a, folder: x, at: '6:30'}", "expected a time of the day such as '06:30'"),
        ("  - {name: a, to: [nobody]}" + SMTP, "expected a mail address"),
        ("  - {name: a, folder: x, figures: [servce_level]}", "no figure or count of this name"),
        ("  - {name: a, folder: x, by: team}", "queue"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, reports: str, said: str) -> None:
    with pytest.raises(BadConfiguration) as bad:
        load(with_reports(tmp_path, reports), tmp_path)
    problems = [str(problem) for problem in bad.value.problems]
    assert any(problem.startswith("metrics.yaml:") and said in problem for problem in problems), problems
