"""Delimited text: its marks are found, and every row is read or kept with the reason why not."""

from __future__ import annotations

import random
import tempfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kinfolk.errors import SourceError
from kinfolk.model.locator import DelimitedFile, Rejection
from tests.connectors.reading import Folder

# ---------------------------------------------------------------------------------------------------- found out


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("id,name\n1,Ada\n", [("1", "Ada", 1)]),
        ("id;name\n1;Ada\n2;1,5\n", [("1", "Ada", 1), ("2", "1,5", 2)]),
        ("id\tname\n1\tAda, Countess; x\n", [("1", "Ada, Countess; x", 1)]),
        ("id|name\n1|Ada\n", [("1", "Ada", 1)]),
        ("sep=;\nid;name\n1;Ada\n", [("1", "Ada", 1)]),
        ("id,name\n1,'Lovelace, Ada'\n", [("1", "Lovelace, Ada", 1)]),
    ],
)
def test_the_delimiter_is_found(folder: Folder, text: str, rows: list[tuple[str, ...]]) -> None:
    folder.write("a.csv", text)
    assert folder.land("a.csv").rows == rows


def test_a_declared_delimiter_wins(folder: Folder) -> None:
    folder.write("a.csv", "id:name,x\n1:Ada,y\n")
    assert folder.land("a.csv", delimiter=":").rows == [("1", "Ada,y", 1)]


def test_tsv_needs_no_finding(folder: Folder) -> None:
    folder.write("a.tsv", "id\tname\n1\tA,B,C\n")
    assert folder.land("a.tsv").rows == [("1", "A,B,C", 1)]


def test_declared_without_quotes_a_quote_is_a_character(folder: Folder) -> None:
    folder.write("a.csv", 'id,size\n1,"5 inch\n2,6"\n')
    assert folder.land("a.csv", quote="").rows == [("1", '"5 inch', 1), ("2", '6"', 2)]


def test_a_first_row_of_data_is_no_header_and_that_is_noted(folder: Folder) -> None:
    folder.write("a.csv", "1,ada@example.com\n2,ben@example.com\n")
    landed = folder.land("a.csv")
    assert landed.columns == ["column_1", "column_2", "_row"]
    assert len(landed.rows) == 2
    assert "header: true" in landed.notes


def test_a_declared_header_wins(folder: Folder) -> None:
    folder.write("a.csv", "2019,2020\n1,2\n")
    assert folder.land("a.csv", header=True).columns == ["2019", "2020", "_row"]
    folder.write("b.csv", "name,mail\nAda,a\n")
    assert len(folder.land("b.csv", header=False).rows) == 2


def test_lines_before_the_header_are_skipped(folder: Folder) -> None:
    folder.write("a.csv", 'Report of "May\n\nid,name\n1,Ada\n')
    assert folder.land("a.csv", skip_lines=2).rows == [("1", "Ada", 1)]


def test_column_names_become_unique_and_non_empty(folder: Folder) -> None:
    folder.write("a.csv", "\ufeffid, Name ,name,,name,_row,rowid\n1,2,3,4,5,6,7\n")
    landed = folder.land("a.csv")
    assert landed.columns == ["id", "Name", "name_2", "column_4", "name_3", "_row_2", "rowid", "_row"]
    assert landed.rows == [("1", "2", "3", "4", "5", "6", "7", 1)]


def test_text_stays_as_it_is_and_empty_is_null(folder: Folder) -> None:
    folder.write("a.csv", 'id,a,b,c,d\n007, x ,"",,NULL\n1.50,2024-01-02,true,"a""b",1e5\n')
    assert folder.land("a.csv").rows == [
        ("007", " x ", None, None, "NULL", 1),
        ("1.50", "2024-01-02", "true", 'a"b', "1e5", 2),
    ]


def test_line_ends_within_quotes_belong_to_the_value(folder: Folder) -> None:
    folder.write("a.csv", b'id,note\r\n1,"one\ntwo"\r\n2,"three\r\nfour"\r\n3,x\r\n')
    assert folder.land("a.csv").rows == [("1", "one\ntwo", 1), ("2", "three\r\nfour", 2), ("3", "x", 3)]


def test_a_header_may_span_lines(folder: Folder) -> None:
    folder.write("a.csv", 'id,"first\nname"\n1,Ada\n2,Ben\n')
    landed = folder.land("a.csv")
    assert landed.columns[1] == "first\nname"
    assert [row[1] for row in landed.rows] == ["Ada", "Ben"]


# ---------------------------------------------------------------------------------------------------- encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_encodings_are_found(folder: Folder, encoding: str) -> None:
    folder.write("a.csv", "id,name\n1,Łukasz Müller 山\n", encoding)
    landed = folder.land("a.csv")
    assert landed.columns == ["id", "name", "_row"]
    assert landed.rows == [("1", "Łukasz Müller 山", 1)]


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp1252", ["Müller", "Jäger", "Groß", "Café €5", "O’Neil", "Françoise Lefèvre"]),
        ("cp1250", ["Łukasz Wałęsa", "Żaneta Źródło", "Kraków", "Dvořák", "Łódź"]),
        ("cp1251", ["Иван Петров", "Мария Сидорова", "Казань"]),
        ("shift_jis", ["山田太郎", "佐藤花子", "東京都"]),
    ],
)
def test_an_older_encoding_is_guessed_and_said(folder: Folder, encoding: str, names: list[str]) -> None:
    lines = [f"{number},{name}" for number, name in enumerate(names * 5)]
    folder.write("a.csv", "\n".join(["id,name", *lines]), encoding)
    landed = folder.land("a.csv")
    assert [row[1] for row in landed.rows] == names * 5
    assert "guessed" in landed.notes


def test_a_declared_encoding_is_used_and_not_called_a_guess(folder: Folder) -> None:
    folder.write("a.csv", "id,name\n1,M\u00fcller\n", "cp850")
    landed = folder.land("a.csv", encoding="cp850")
    assert (landed.rows, landed.notes) == ([("1", "Müller", 1)], "")


@pytest.mark.parametrize(
    ("declared", "content", "where", "byte"),
    [
        ("utf-8", b"id,name\n1,Ada\n2,M\xfcller\n", "line 3", "Byte 18 .hexadecimal fc."),
        ("cp1252", b"id,name\n1,A\x81a\n", "line 2", "Byte 12 .hexadecimal 81."),
        ("utf-16-le", "id,name\n1,Ada\n".encode("utf-16-le") + b"\x00\xd8x\x00", "line 3", "Byte 29 "),
        ("ascii", b"id,name\n1,A\xc3\n", "line 2", "Byte 12 .hexadecimal c3."),
    ],
)
def test_a_declared_encoding_that_does_not_fit_is_refused_at_its_line_and_byte(
    folder: Folder, declared: str, content: bytes, where: str, byte: str
) -> None:
    folder.write("a.csv", content)
    with pytest.raises(SourceError, match=byte) as error:
        folder.land("a.csv", encoding=declared)
    assert error.value.where == f"a.csv, {where}"
    assert "encoding:" in str(error.value)


def test_a_misfit_is_located_behind_the_first_megabyte(folder: Folder) -> None:
    lines = ["id,name"] + [f"{n},Müller" for n in range(200_000)]
    content = "\n".join(lines).encode() + b"\n1,\xff\n"
    folder.write("a.csv", content)
    with pytest.raises(SourceError, match=f"Byte {content.index(0xFF) + 1} ") as error:
        folder.land("a.csv", encoding="utf-8")
    assert error.value.where == "a.csv, line 200002"


def test_an_unknown_encoding_suggests_a_known_one(folder: Folder) -> None:
    folder.write("a.csv", "id\n1\n")
    with pytest.raises(SourceError, match=r"no encoding 'cp12552'. Did you mean cp125"):
        folder.land("a.csv", encoding="cp12552")


def test_a_damaged_row_among_utf8_is_rejected_and_the_others_are_read(folder: Folder) -> None:
    folder.write("a.csv", "id,name\n1,Jäger\n".encode() + b"2,M\xfcller\n" + "3,Groß\n".encode())
    landed = folder.land("a.csv")
    assert landed.rows == [("1", "Jäger", 1), ("3", "Groß", 3)]
    assert landed.rejections == [(3, "bytes that are not UTF-8: fc", "2,M\\xfcller")]
    assert "UTF-8" in landed.notes


@pytest.mark.parametrize("content", [b"id,name\n1,M\xc3", b"id,name\n1,M\xe5\xb1"])
def test_a_file_cut_within_a_character_is_told(folder: Folder, content: bytes) -> None:
    folder.write("a.csv", content)
    with pytest.raises(SourceError, match=r"ends in the middle of a character of utf-8"):
        folder.land("a.csv", encoding="utf-8")


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_no_temporary_copy_stays_behind(
    folder: Folder, encoding: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    folder.write("a.csv", "id,name\n1,Müller\n2,Jäger\n", encoding)
    locator = folder.locator("a.csv")
    assert isinstance(locator, DelimitedFile)
    assert len(list(temporary.iterdir())) == 1
    del locator
    assert list(temporary.iterdir()) == []
    folder.land("a.csv")
    assert list(temporary.iterdir()) == []


# ---------------------------------------------------------------------------------------------------- bad rows


def test_ragged_rows_are_kept_with_their_reason(folder: Folder) -> None:
    folder.write("a.csv", "id,name,mail\n1,Ada,a\n2,Ben\n3,Cleo,c,extra\n4,Dora,d\n")
    landed = folder.land("a.csv")
    assert landed.rows == [("1", "Ada", "a", 1), ("4", "Dora", "d", 4)]
    assert landed.rejections == [
        (3, "2 fields where the header has 3", "2,Ben"),
        (4, "4 fields where the header has 3", "3,Cleo,c,extra"),
    ]


def test_a_delimiter_at_the_end_of_each_row_is_no_field(folder: Folder) -> None:
    folder.write("a.csv", "id,name\n1,Ada,\n2,Ben,\n3\n")
    landed = folder.land("a.csv")
    assert [row[1] for row in landed.rows] == ["Ada", "Ben"]
    assert [line for line, _, _ in landed.rejections] == [4]


def test_a_quote_that_never_closes_costs_only_its_own_line(folder: Folder) -> None:
    folder.write("a.csv", 'id,name,mail\n1,Ada,a\n2,"Ben,b\n3,Cleo,c\n4,Dora,d\n')
    landed = folder.land("a.csv")
    assert [row[0] for row in landed.rows] == ["1", "3", "4"]
    assert landed.rejections == [(3, "a quote opens here and never closes", '2,"Ben,b')]


def test_a_quote_closed_by_the_quote_of_a_later_row_costs_only_its_own_line(folder: Folder) -> None:
    folder.write("a.csv", 'id,name,mail\n1,"Ben,b\n2,"Cleo",c\n3,"Dora",d\n')
    landed = folder.land("a.csv")
    assert [row[:2] for row in landed.rows] == [("2", "Cleo"), ("3", "Dora")]
    assert landed.rejections == [(2, "text after the closing quote of field 2", '1,"Ben,b')]


def test_rows_swallowed_by_a_quote_are_given_back_from_the_first_flawless_one(folder: Folder) -> None:
    folder.write("a.csv", 'id,name,mail\n1,"Ben,b\n2,Cleo,c\n3,Dora,d"\n4,Eve,e\n')
    landed = folder.land("a.csv")
    assert [row[0] for row in landed.rows] == ["2", "3", "4"]
    assert [(line, text) for line, _, text in landed.rejections] == [(2, '1,"Ben,b')]


def test_a_row_over_several_lines_is_rejected_whole_where_its_lines_are_no_rows(folder: Folder) -> None:
    folder.write("a.csv", 'id,name,mail\n1,x,"Ben\n2,b",c\n3,Dora,d\n')
    landed = folder.land("a.csv")
    assert [row[0] for row in landed.rows] == ["3"]
    assert landed.rejections == [(2, "4 fields where the header has 3", '1,x,"Ben\n2,b",c')]


def test_text_after_a_closing_quote_is_rejected(folder: Folder) -> None:
    folder.write("a.csv", 'id,name\n1,"Ada" x\n2,"Ben" \n3,5" pipe\n')
    landed = folder.land("a.csv")
    assert [row[1] for row in landed.rows] == ["Ben", '5" pipe']
    assert landed.rejections == [(2, "text after the closing quote of field 2", '1,"Ada" x')]


def test_rows_with_nul_bytes_are_kept_apart(folder: Folder) -> None:
    folder.write("a.csv", b"id,name\n1,A\x00da\n2,Ben\n")
    landed = folder.land("a.csv")
    assert landed.rows == [("2", "Ben", 2)]
    assert landed.rejections == [(2, "contains a NUL byte", "1,A\\x00da")]


def test_every_kind_of_line_end_ends_a_line(folder: Folder) -> None:
    folder.write("a.csv", b"id,name\r\n1,Ada\n2,Ben\r3,Cleo\r\n4,Dora")
    assert [row[1] for row in folder.land("a.csv").rows] == ["Ada", "Ben", "Cleo", "Dora"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_one_kind_of_line_end_throughout_is_read_fast(folder: Folder, end: str) -> None:
    folder.write("a.csv", end.join(["id,name", "1,Ada", "2,Ben", ""]))
    locator = folder.locator("a.csv")
    assert isinstance(locator, DelimitedFile)
    assert locator.lines == 2
    assert [row[1] for row in folder.land("a.csv").rows] == ["Ada", "Ben"]


def test_blank_lines_are_no_rows(folder: Folder) -> None:
    folder.write("a.csv", 'id,name\n1,Ada\n\n   \n2,"Ben\n\nB"\n\n\n')
    landed = folder.land("a.csv")
    assert ([row[0] for row in landed.rows], landed.rejections) == (["1", "2"], [])
    folder.write("b.csv", "mail\na\n\nb\n\n")
    assert folder.land("b.csv").rows == [("a", 1), ("b", 2)]


def test_an_empty_file_is_refused(folder: Folder) -> None:
    for content in (b"", b"\xef\xbb\xbf", b"\n\n"):
        folder.write("a.csv", content)
        with pytest.raises(SourceError, match=r"a.csv: The file is empty"):
            folder.land("a.csv")


@pytest.mark.parametrize("content", ["id,name\n", "id,name", "\ufeffid,name\r\n"])
def test_a_header_alone_gives_its_columns_and_no_rows(folder: Folder, content: str) -> None:
    folder.write("a.csv", content)
    landed = folder.land("a.csv")
    assert (landed.columns, landed.rows) == (["id", "name", "_row"], [])


def test_a_header_of_ten_thousand_columns(folder: Folder) -> None:
    header = ",".join(f"column {number}" for number in range(10_000))
    folder.write("a.csv", header + "\n" + "x," * 9_999 + "y\n" + "short,row\n")
    landed = folder.land("a.csv")
    assert len(landed.columns) == 10_001
    assert landed.rows[0][9_998:] == ("x", "y", 1)
    assert landed.rejections == [(3, "2 fields where the header has 10000", "short,row")]


@pytest.mark.slow
def test_a_cell_of_fifty_megabytes_is_read(folder: Folder) -> None:
    folder.write("a.csv", "id,note\n1," + "x" * 50_000_000 + '\n2,"' + "line\n" * 1_000_000 + '"\n3,y\n')
    rows = folder.land("a.csv").rows
    assert [len(row[1]) for row in rows] == [50_000_000, 5_000_000, 1]


@pytest.mark.slow
def test_a_row_over_the_limit_is_kept_in_part_and_the_next_is_read(folder: Folder) -> None:
    folder.write("a.csv", "id,note\n1," + "x" * 150_000_000 + "\n2,y\n")
    landed = folder.land("a.csv")
    assert landed.rows == [("2", "y", 2)]
    [(line, reason, text)] = landed.rejections
    assert (line, len(text)) == (2, 100_000)
    assert "longer than 64,000,000 characters" in reason


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04rest", r"an Excel workbook.*`format: excel`"),
        (b"PAR1rest", r"a Parquet file.*`format: parquet`"),
        (b"%PDF-1.7", r"a PDF document.*Export it as CSV"),
        (bytes(range(256)) * 20 + bytes(5000), r"a binary file"),
    ],
)
def test_a_file_that_is_not_what_its_ending_says_is_refused(folder: Folder, content: bytes, said: str) -> None:
    folder.write("a.csv", content)
    with pytest.raises(SourceError, match=said):
        folder.land("a.csv")


# ---------------------------------------------------------------------------------------------------- gzip


def test_gzip_is_read_whatever_the_ending(folder: Folder) -> None:
    import gzip

    for name in ("a.csv.gz", "a.csv"):
        folder.write(name, gzip.compress("id,name\n1,Müller\n".encode("utf-16")))
        assert folder.land(name).rows == [("1", "Müller", 1)]


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_gzip_is_refused_and_nothing_stays(
    folder: Folder, damage: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gzip

    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    whole = gzip.compress(random.Random(1).randbytes(10_000).hex().encode())
    broken = whole[:-4000] if damage == "cut" else whole[:3000] + bytes(100) + whole[3100:]
    folder.write("a.csv.gz", broken)
    with pytest.raises(SourceError, match=r"a.csv.gz: The gzip archive is damaged"):
        folder.land("a.csv.gz")
    assert list(temporary.iterdir()) == []


# ---------------------------------------------------------------------------------------------------- always

CELL = st.text(st.sampled_from("ab\"',;\n\r é\x00\t"), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(rows=st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=6))
def test_what_a_csv_writer_wrote_comes_back(folder: Folder, rows: list[list[str]]) -> None:
    import csv
    import io

    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerows([["id", "name", "mail"], *rows])
    folder.write("a.csv", buffer.getvalue())
    landed = folder.land("a.csv", delimiter=",", quote='"', header=True)
    clean = [[cell or None for cell in row] for row in rows if not any("\0" in cell for cell in row)]
    assert [list(row[:-1]) for row in landed.rows] == clean
    assert len(landed.rows) + len(landed.rejections) == len(rows)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(body=st.text(st.sampled_from('ab",\n\r é'), max_size=60))
def test_every_character_of_any_file_lands_in_a_row_or_a_rejection(folder: Folder, body: str) -> None:
    folder.write("a.csv", "id,name\n" + body)
    landed = folder.land("a.csv", delimiter=",", quote='"', header=True)
    kept = "".join(str(cell) for row in landed.rows for cell in row[:-1] if cell is not None)
    kept += "".join(text for _, _, text in landed.rejections)
    for letter in "abé":
        assert kept.count(letter) == body.count(letter)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(body=st.text(st.sampled_from('ab",\n\r é'), max_size=60))
def test_the_fast_and_the_exact_reader_agree_wherever_the_fast_one_is_trusted(folder: Folder, body: str) -> None:
    folder.write("a.csv", "id,name\n" + body)
    landed = folder.land("a.csv", delimiter=",", quote='"', header=True)
    locator = folder.locator("a.csv", delimiter=",", quote='"', header=True)
    assert isinstance(locator, DelimitedFile)
    exact = [
        tuple(row.values())
        for found in locator.exact()
        if not isinstance(found, Rejection)
        for row in found.to_pylist()
    ]
    assert landed.rows == exact
