"""The log of events: on disk before it is told, read by place, whole after whatever happened."""

from __future__ import annotations

import os
import resource
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinfolk.connectors.collect.log import Log, LogFullError
from kinfolk.connectors.collect.reading import drop_before, end_of, lines

EVERYTHING = 1 << 62


def written(folder: Path) -> list[bytes]:
    return [line for _, line in lines(folder, 0, EVERYTHING)]


def write(folder: Path, *texts: bytes, segment_bytes: int = 1 << 20) -> None:
    log = Log(folder, segment_bytes)
    for text in texts:
        log.append(text).result(10)
    log.close()


def test_what_is_done_is_in_the_file_in_its_order(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.append(b"1\n2\n").result(10)
    assert written(tmp_path) == [b"1\n", b"2\n"]
    log.append(b"3\n").result(10)
    assert written(tmp_path) == [b"1\n", b"2\n", b"3\n"]
    log.close()


def test_many_threads_write_every_line_once_and_whole(tmp_path: Path) -> None:
    log = Log(tmp_path, segment_bytes=5_000)
    texts = [b"%d %s\n" % (number, b"x" * (number % 200)) for number in range(2_000)]
    with ThreadPoolExecutor(8) as threads:
        parts = list(threads.map(log.append, texts))
    log.close()
    behind = {part.result(10): text for part, text in zip(parts, texts, strict=True)}
    assert behind == {place + len(line): line for place, line in lines(tmp_path, 0, EVERYTHING)}  # where each ends
    assert sorted(written(tmp_path)) == sorted(texts)


def test_one_who_stops_waiting_cancels_nothing(tmp_path: Path) -> None:
    log = Log(tmp_path)
    assert not log.append(b"1\n").done.cancel()
    log.append(b"2\n").result(10)
    log.close()
    assert written(tmp_path) == [b"1\n", b"2\n"]


def test_a_line_that_was_not_finished_is_no_line_and_is_cut_off_by_the_next_writer(tmp_path: Path) -> None:
    write(tmp_path, b"1\n")
    [segment] = tmp_path.glob("*.jsonl")
    with segment.open("ab") as file:
        file.write(b"2\n" + b"torn" * 40_000)
    assert written(tmp_path) == [b"1\n", b"2\n"]
    write(tmp_path, b"3\n")
    assert written(tmp_path) == [b"1\n", b"2\n", b"3\n"]
    assert segment.read_bytes() == b"1\n2\n"


def test_no_place_is_given_twice_even_when_the_machine_lost_what_a_reader_saw(tmp_path: Path) -> None:
    write(tmp_path, b"1\n2\n3\n")
    seen = [place for place, _ in lines(tmp_path, 0, EVERYTHING)]
    [segment] = tmp_path.glob("*.jsonl")
    os.truncate(segment, 2)  # as after a power cut
    write(tmp_path, b"4\n")
    after = list(lines(tmp_path, seen[-1], EVERYTHING))
    assert [line for _, line in after] == [b"4\n"]
    assert after[0][0] > seen[-1]


def test_a_log_that_was_deleted_goes_on_behind_where_it_was(tmp_path: Path) -> None:
    write(tmp_path, b"1\n")
    before = end_of(tmp_path)
    for segment in tmp_path.glob("*.jsonl"):
        segment.unlink()
    assert end_of(tmp_path) is None
    write(tmp_path, b"2\n")
    assert before is not None
    assert [line for _, line in lines(tmp_path, before, EVERYTHING)] == [b"2\n"]


def test_when_too_much_waits_nothing_more_is_taken(tmp_path: Path) -> None:
    log = Log(tmp_path, most_waiting=10)
    with pytest.raises(LogFullError):
        log.append(b"x" * 10 + b"\n")
    log.append(b"small\n").result(10)
    log.close()
    with pytest.raises(LogFullError):
        log.append(b"late\n")
    assert written(tmp_path) == [b"small\n"]


def test_a_full_disk_refuses_and_room_on_it_lets_in_again(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.append(b"1\n").result(10)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))  # no file may be larger: the disk is full, to us
    try:
        parts = [log.append(b"x" * 200 + b"\n"), log.append(b"y" * 200 + b"\n")]
        assert all(isinstance(part.done.exception(10), OSError) for part in parts)
        with pytest.raises(OSError):
            log.append(b"z" * 200 + b"\n").result(10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    log.append(b"2\n").result(10)
    log.close()
    assert written(tmp_path) == [b"1\n", b"2\n"]
    assert all(path.stat().st_size for path in tmp_path.glob("*.jsonl")), "failed attempts leave no empty files"


@given(
    texts=st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"\n", b"") + b"\n"), min_size=1, max_size=12),
    segment=st.integers(1, 60),
    since=st.integers(0, 12),
    until=st.integers(0, 12),
    writers=st.integers(1, 3),
)
def test_a_reader_gets_exactly_the_lines_between_two_places(
    tmp_path_factory: pytest.TempPathFactory, texts: list[bytes], segment: int, since: int, until: int, writers: int
) -> None:
    folder = tmp_path_factory.mktemp("log")
    for writer in range(writers):
        write(folder, *texts[writer::writers], segment_bytes=segment)
    every = list(lines(folder, 0, EVERYTHING))
    assert [line for _, line in every] == [line for writer in range(writers) for line in texts[writer::writers]]
    assert [place for place, _ in every] == sorted({place for place, _ in every})
    first = every[min(since, len(every) - 1)][0]
    place, line = every[min(until, len(every) - 1)]
    found = list(lines(folder, first, place + len(line)))
    assert found == [one for one in every if first <= one[0] <= place]
    assert end_of(folder) == every[-1][0] + len(every[-1][1])


def test_files_go_when_all_in_them_is_landed_and_old_but_never_the_last(tmp_path: Path) -> None:
    write(tmp_path, b"1\n", b"2\n", b"3\n", segment_bytes=1)
    second = [place for place, _ in lines(tmp_path, 0, EVERYTHING)][1]
    drop_before(tmp_path, second, timedelta(days=30))
    assert len(written(tmp_path)) == 3, "they are not old"
    for path in tmp_path.glob("*.jsonl"):
        os.utime(path, (0, 0))
    drop_before(tmp_path, second, timedelta(days=30))
    assert written(tmp_path) == [b"2\n", b"3\n"]
    drop_before(tmp_path, EVERYTHING, timedelta(days=30))
    assert written(tmp_path) == [b"3\n"]
