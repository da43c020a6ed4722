"""One log in all the forms people have it in gives the same lines."""
# ruff: noqa: S608 - these are dumps, no queries

import gzip
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.importing.files import FileUnreadable, first_time, portions

ZONE = ZoneInfo("Asia/Shanghai")
LINES = [
    ["1700000000", "1.1", "sales", "NONE", "ENTERQUEUE", "", "13800138000", "1"],
    ["1700000007", "1.1", "sales", "Agent/1001", "CONNECT", "7", "1.2", "3"],
    ["1700000067", "1.1", "sales", "Agent/1001", "COMPLETECALLER", "7", "60", "1"],
]
PLAIN = "".join("|".join(line) + "\n" for line in LINES)
TEXT_TIMES = ["2023-11-15 06:13:20.123456", "2023-11-15 06:13:27.5", "2023-11-15 06:14:27"]


def rows(path: Path) -> list[list[str]]:
    found = [row for portion in portions(path, ZONE) for _, row in portion.rows]
    return [row for row in found if row != [""]]


def trimmed(found: list[list[str]]) -> list[list[str]]:
    """Without the empty data fields a table has at the end of each row."""
    return [row[: max(n for n, field in enumerate(row) if field) + 1] for row in found]


def written(folder: Path, text: str, name: str = "queue_log") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_plain_compressed_and_windows_files(tmp_path: Path) -> None:
    assert rows(written(tmp_path, PLAIN)) == LINES
    assert rows(written(tmp_path, PLAIN.replace("\n", "\r\n"))) == LINES
    assert rows(written(tmp_path, PLAIN.removesuffix("\n"))) == LINES
    packed = tmp_path / "queue_log.2"  # by its content, not its name
    packed.write_bytes(gzip.compress(PLAIN.encode()))
    assert rows(packed) == LINES


@pytest.mark.parametrize("epoch", [True, False])
def test_dump_of_mysql(tmp_path: Path, epoch: bool) -> None:
    times = [line[0] for line in LINES] if epoch else TEXT_TIMES
    values = ",".join(
        f"({n},'{time}','{line[1]}','{line[2]}','{line[3]}','{line[4]}','{line[5]}','{line[6]}','{line[7]}','',NULL)"
        for n, (time, line) in enumerate(zip(times, LINES, strict=True), 1)
    )
    columns = "id,time,callid,queuename,agent,event,data1,data2,data3,data4,data5"
    named = f"INSERT INTO `queue_log` ({columns}) VALUES {values};\n"
    declared = (
        "CREATE TABLE `queue_log` (\n  `id` int(11) NOT NULL,\n  `time` char(26) DEFAULT NULL,\n  `callid` char(80),\n"
        "  `queuename` char(50),\n  `agent` char(50),\n  `event` char(50),\n  `data1` char(50),\n  `data2` char(50),\n"
        "  `data3` char(50),\n  `data4` char(50),\n  `data5` char(50),\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB;\n"
    )
    unnamed = f"INSERT INTO `queue_log` VALUES {values};\n"
    for text in (named, "-- MySQL dump\n" + declared + unnamed, unnamed, unnamed.replace("),(", "),\n(")):
        assert trimmed(rows(written(tmp_path, text))) == LINES


def test_dump_of_postgresql_by_copy_and_by_insert(tmp_path: Path) -> None:
    columns = 'id, "time", callid, queuename, agent, event, data1, data2, data3, data4, data5'
    copied = "".join(
        "\t".join([str(n), time, *(field or "" for field in line[1:]), "\\N", "\\N"]) + "\n"
        for n, (time, line) in enumerate(zip(TEXT_TIMES, LINES, strict=True))
    )
    copy = f"SET client_encoding = 'UTF8';\nCOPY public.queue_log ({columns}) FROM stdin;\n{copied}\\.\n"
    assert trimmed(rows(written(tmp_path, copy))) == LINES
    insert = "".join(
        f"INSERT INTO public.queue_log ({columns}) VALUES ({n}, '{time}', "
        + ", ".join(f"'{field}'" for field in line[1:])
        + ", NULL, NULL);\n"
        for n, (time, line) in enumerate(zip(TEXT_TIMES, LINES, strict=True))
    )
    assert trimmed(rows(written(tmp_path, insert))) == LINES


def test_names_with_quotes_semicolons_and_line_ends_break_no_statement(tmp_path: Path) -> None:
    text = (
        "INSERT INTO queue_log (time,callid,queuename,agent,event,data1,data2,data3,data4) VALUES\n"
        "('1700000000','1.1','sales','NONE','ENTERQUEUE','','138','1','O\\'Hara); DROP'),\n"
        "('1700000001','1.2','sales','NONE','ENTERQUEUE','','139','1','It''s\nfine;');\n"
        "INSERT INTO queue_log (time,callid,queuename,agent,event) VALUES ('1700000002','1.3','sales','NONE','ABANDON');\n"
    )
    assert rows(written(tmp_path, text)) == [
        ["1700000000", "1.1", "sales", "NONE", "ENTERQUEUE", "", "138", "1", "O'Hara); DROP"],
        ["1700000001", "1.2", "sales", "NONE", "ENTERQUEUE", "", "139", "1", "It's\nfine;"],
        ["1700000002", "1.3", "sales", "NONE", "ABANDON"],
    ]


def test_one_column_of_data_is_cut_at_its_bars(tmp_path: Path) -> None:
    text = "".join(
        f"INSERT INTO queue_log VALUES ('{line[0]}','{line[1]}','{line[2]}','{line[3]}','{line[4]}','{'|'.join(line[5:])}');\n"
        for line in LINES
    )
    assert rows(written(tmp_path, text)) == LINES


def test_csv_in_asterisks_and_in_queuemetrics_words(tmp_path: Path) -> None:
    asterisk = "time,callid,queuename,agent,event,data1,data2,data3\n"
    metrics = "partition;time_id;call_id;queue;agent;verb;data1;data2;data3;serverid\n"
    assert rows(written(tmp_path, asterisk + "".join(",".join(line) + "\n" for line in LINES))) == LINES
    text = metrics + "".join(";".join(["P001", *line, ""]) + "\n" for line in LINES)
    assert rows(written(tmp_path, text)) == LINES
    quoted = asterisk + "".join(",".join(f'"{field}"' for field in line) + "\n" for line in LINES)
    assert rows(written(tmp_path, quoted)) == LINES


def test_row_of_a_table_with_too_few_columns_is_no_line(tmp_path: Path) -> None:
    text = "time,callid,queuename,agent,event,data1\n1700000000,1.1,sales\n"
    assert rows(written(tmp_path, text)) == [["1700000000|1.1|sales"]]


def test_when_a_file_begins_is_its_first_time(tmp_path: Path) -> None:
    assert first_time(written(tmp_path, "\0\0junk\n" + PLAIN), ZONE) == 1_700_000_000.0
    assert first_time(written(tmp_path, "no log\n"), ZONE) is None


def test_long_file_is_read_in_portions_without_losing_a_line(tmp_path: Path) -> None:
    line = "1700000000|1.1|sales|NONE|ENTERQUEUE||13800138000|1\n"
    path = written(tmp_path, line * 120_000)
    numbers = [number for portion in portions(path, ZONE) for number, row in portion.rows if row != [""]]
    assert numbers == list(range(1, 120_001))


def test_file_that_cannot_be_read_is_told_by_name(tmp_path: Path) -> None:
    broken = tmp_path / "queue_log.gz"
    broken.write_bytes(gzip.compress(PLAIN.encode() * 1000)[:-20])
    damaged = tmp_path / "queue_log.1.gz"
    damaged.write_bytes(gzip.compress(PLAIN.encode())[:10] + b"\xff" * 100)
    endless = tmp_path / "queue_log.csv"
    endless.write_text('time,callid,queuename,agent,event,data1\n1700000000,"' + "x" * 200_000, "utf-8")
    for path in (tmp_path / "nowhere", broken, damaged, endless):
        with pytest.raises(FileUnreadable, match=path.name):
            rows(path)
