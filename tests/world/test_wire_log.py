"""The log: order, times, cheap reading, many threads."""

from __future__ import annotations

import threading

import pytest

from kalkan.world.wire import EventLog
from kalkan.world.wire.log import CHUNK, header, text_frame, time_of


def frame(n: int, time_us: int) -> bytes:
    return b'{"did":"did:plc:a","time_us":%d,"kind":"commit","commit":{"rkey":"%d"}}' % (time_us, n)


def test_frames_come_back_in_order_whatever_the_slices() -> None:
    log = EventLog()
    sent = [frame(n, 1_000 + n) + b" " * (n % 90) for n in range(3 * CHUNK + 7)]
    assert log.extend(sent) == len(sent)
    got, seq = [], 1
    while (some := log.read(seq, 1000)) is not None:
        assert some.first == seq
        assert list(some.times) == [time_of(payload) for payload in some.payloads()]
        got += some.payloads()
        seq = some.next
    assert got == sent
    assert log.next_seq == len(sent) + 1 == len(log) + 1


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 70_000])
def test_every_size_is_framed_as_the_protocol_says(size: int) -> None:
    payload = b"x" * size
    wire = text_frame(payload)
    assert wire.endswith(payload)
    assert len(header(size)) == (2 if size < 126 else 4 if size < 65_536 else 10)
    log = EventLog()
    log.add(payload, 5)
    some = log.read(1)
    assert some is not None
    assert bytes(some.wire) == wire
    assert some.payloads() == [payload]


def test_mappings_get_the_servers_time_and_never_run_backwards() -> None:
    log = EventLog()
    for asked in (50, 50, 20):
        log.add({"did": "did:plc:a", "time_us": asked, "kind": "identity"})
    some = log.read(1)
    assert some is not None
    assert list(some.times) == [50, 51, 52]
    assert [time_of(payload) for payload in some.payloads()] == [50, 51, 52]


def test_bytes_that_run_backwards_or_tell_no_time_are_refused_and_the_rest_is_kept() -> None:
    log = EventLog()
    with pytest.raises(ValueError, match="backwards"):
        log.extend([frame(0, 10), frame(1, 9)])
    with pytest.raises(ValueError, match="backwards"):
        log.add(b"{}")
    assert len(log) == 1
    assert log.add(frame(2, 10)) == 2


def test_a_time_finds_its_seq() -> None:
    log = EventLog()
    log.extend(frame(n, 1_000 + 10 * n) for n in range(2 * CHUNK))
    assert log.seq_at(0) == 1
    assert log.seq_at(1_000 + 10 * 5_000) == 5_001
    assert log.seq_at(1_000 + 10 * 5_000 + 1) == 5_002
    assert log.seq_at(10**9) == log.next_seq


def test_forgetting_moves_the_oldest_and_keeps_the_seqs() -> None:
    log = EventLog()
    log.extend(frame(n, n + 1) for n in range(3 * CHUNK))
    assert log.whole
    log.forget(CHUNK + 10)
    assert not log.whole
    assert log.first() == (CHUNK + 1, CHUNK + 1)
    some = log.read(1)
    assert some is not None
    assert some.first == CHUNK + 1


def test_writers_and_readers_at_once_lose_nothing() -> None:
    log = EventLog()
    woken = threading.Event()
    stop = log.on_growth(woken.set)
    writers = [
        threading.Thread(target=lambda who=who: [log.add({"did": who, "time_us": 1}) for _ in range(500)])
        for who in ("a", "b", "c")
    ]
    for writer in writers:
        writer.start()
    got: list[bytes] = []
    seq = 1
    while any(writer.is_alive() for writer in writers) or log.read(seq) is not None:
        some = log.read(seq, 64)
        if some is None:
            woken.wait(0.05)
            woken.clear()
            continue
        got += some.payloads()
        seq = some.next
    stop()
    assert len(got) == 1500
    times = [time_of(payload) or 0 for payload in got]
    assert times == sorted(set(times))
