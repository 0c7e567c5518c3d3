"""Files: every form people have, every row counted, the same ids twice, and nothing that stops an import."""

from __future__ import annotations

import codecs
import json
import random
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kalkan.errors import InvalidInput
from kalkan.networks.files import read, recognise
from kalkan.networks.files.exports import mended
from kalkan.networks.files.times import moment
from kalkan.posts import COUNTS, POSTS
from tests.conftest import SHARED

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HERE = Path(__file__).parent / "fixtures" / "files"


def posts(path: Path, **options: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for batch in read(path, now=NOW, **options):
        assert batch.posts.schema == POSTS
        assert batch.counts.schema == COUNTS
        assert batch.frames == batch.posts.num_rows + sum(reject.n for reject in batch.rejects)
        rows += batch.posts.to_pylist()
    return rows


def rejects(path: Path, **options: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for batch in read(path, now=NOW, **options):
        for reject in batch.rejects:
            found[reject.kind] = found.get(reject.kind, 0) + reject.n
    return found


def written(folder: Path, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


TURKISH = "Tarih;Kullanıcı Adı;Metin;Beğeni;Şehir\n13.11.2024 21:44;defne;Kargom ığdır'da kaldı, şaşırdım;3;Ordu\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1254"])
def test_a_table_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, "dışa aktarım.csv", TURKISH, encoding)
    kind = recognise(path)
    assert kind.mapping == {"text": "Metin", "created_at": "Tarih", "author_handle": "Kullanıcı Adı", "likes": "Beğeni"}
    assert kind.ignored == ("Şehir",)
    row = posts(path)[0]
    assert row["text"] == "Kargom ığdır'da kaldı, şaşırdım"
    assert row["created_at"] == datetime(2024, 11, 13, 21, 44, tzinfo=UTC)
    assert row["author_handle"] == "defne"
    assert row["source"].startswith("file:dışa_aktarım.csv:")
    assert (row["seen_at"], row["at"]) == (NOW, row["created_at"])
    assert next(read(path, now=NOW)).counts.to_pylist()[0]["likes"] == 3


def test_quoted_newlines_and_a_quote_never_closed(tmp_path: Path) -> None:
    text = 'id,text\n1,"iki\nsatır, ""tırnaklı"""\n2,"hiç kapanmayan\n3,üç\n4,dört\n5,beş,fazla\n'
    path = written(tmp_path, "a.csv", text)
    assert [row["text"] for row in posts(path)] == ['iki\nsatır, "tırnaklı"', "üç", "dört"]
    assert rejects(path) == {"bad_row": 2}
    example = next(read(path, now=NOW)).rejects[0].example
    assert example.startswith("line 4: ")


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_delimiters(tmp_path: Path, sign: str) -> None:
    lines = [
        sign.join(cells)
        for cells in [("date", "content", "user"), ("2024-01-05", "çay", "a"), ("2024-01-06", "x", "b")]
    ]
    assert [row["text"] for row in posts(written(tmp_path, "a.csv", "\r\n".join(lines)))] == ["çay", "x"]


def test_what_the_person_says_wins(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "text,not,when\nbu değil,bu metin,2024-01-05 10:00\n")
    said = {"text": "not", "created_at": "when", "zone": "Europe/Istanbul"}
    row = posts(path, mapping=said, network="reddit")[0]
    assert (row["text"], row["created_at"].hour, row["network"]) == ("bu metin", 7, "reddit")
    for wrong, code in [
        ({"text": "yok"}, "file_column_unknown"),
        ({"metin": "text"}, "file_field_unknown"),
        ({"zone": "Mars/Olympus"}, "time_zone_unknown"),
        ({"text": ""}, "file_no_text_column"),
    ]:
        with pytest.raises(InvalidInput) as error:
            read(path, mapping=wrong, now=NOW)
        assert error.value.code == code


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        ("2024-11-13T21:44:31Z", "2024-11-13T21:44:31+00:00"),
        ("2024-11-13 21:44:31 UTC", "2024-11-13T21:44:31+00:00"),
        ("2024-11-14 00:44:31+03:00", "2024-11-13T21:44:31+00:00"),
        ("Thu Nov 13 21:44:31 +0000 2024", "2024-11-13T21:44:31+00:00"),
        ("Wed, 13 Nov 2024 21:44:31 GMT", "2024-11-13T21:44:31+00:00"),
        ("13.11.2024 21:44", "2024-11-13T21:44:00+00:00"),
        ("13 Kasım 2024 21:44", "2024-11-13T21:44:00+00:00"),
        ("Nov 13, 2024, 9:44 PM", "2024-11-13T21:44:00+00:00"),
        ("11/13/2024 9:44 pm", "2024-11-13T21:44:00+00:00"),
        ("03/04/2024", "2024-04-03T00:00:00+00:00"),
        (1731534271, "2024-11-13T21:44:31+00:00"),
        ("1731534271000", "2024-11-13T21:44:31+00:00"),
        (1731534271000000000, "2024-11-13T21:44:31+00:00"),
        (date(2024, 11, 13), "2024-11-13T00:00:00+00:00"),
        ("dün", None),
        ("31.02.2024", None),
        ("0001-01-01", None),
        (float("nan"), None),
        (True, None),
        ("", None),
    ],
)
def test_times(value: object, iso: str | None) -> None:
    found = moment(value)
    assert (found.isoformat() if found else None) == iso


def test_ids_are_the_same_twice_and_equal_rows_stay_apart(tmp_path: Path) -> None:
    text = "date,user,text\n2024-01-05,a,aynı\n2024-01-05,a,aynı\n2024-01-05,b,aynı\n2024-01-05,a,aynı\n"
    path = written(tmp_path, "a.csv", text)
    ids = [row["id"] for row in posts(path)]
    assert len(set(ids)) == 4
    assert [row["id"] for row in posts(path, rows=1)] == ids
    assert ids[1] == ids[0] + "-1" and ids[3] == ids[0] + "-2"


def test_ids_of_the_networks_own_stay_and_rounded_ones_name_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "tweet_id,text\n1997000000000000001,bir\n1.997E+18,iki\n1.997E+18,üç\n")
    ids = [row["id"] for row in posts(path, network="x")]
    assert ids[0] == "https://x.com/i/status/1997000000000000001"
    assert len(set(ids)) == 3
    one, other = written(tmp_path, "b.csv", "id,text\n1,bir\n"), written(tmp_path, "c.csv", "id,text\n1,başka\n")
    assert posts(one)[0]["id"] != posts(other)[0]["id"]


def test_an_interrupted_import_goes_on(tmp_path: Path) -> None:
    lines = ["text,date", *(f"{number % 7},2024-01-05" for number in range(50)), ",bos", *("z,2024" for _ in range(3))]
    path = written(tmp_path, "a.csv", "\n".join(lines))
    whole = [row["id"] for row in posts(path)]
    for stop in (1, 3, 6):
        done = [batch for batch, _ in zip(read(path, now=NOW, rows=8), range(stop), strict=False)]
        first = [name for batch in done for name in batch.posts["id"].to_pylist()]
        rest = [row["id"] for row in posts(path, rows=5, cursor=done[-1].cursor)]
        assert first + rest == whole
    with pytest.raises(InvalidInput):
        read(path, now=NOW, cursor="??")


def test_parquet_of_odd_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "content": pa.array([b"bytes", None, b"\xff"], pa.binary()),
            "timestamp": pa.array([1, None, 1731534271123456789], pa.timestamp("ns")),
            "likes": pa.array([1.0, float("nan"), 3.0]),
            "extra": pa.array([{"a": 1}] * 3),
        }
    )
    path = tmp_path / "a.parquet"
    pq.write_table(table, path)
    assert rejects(path) == {"bad_time": 1, "no_text": 1}
    assert posts(path)[0]["text"] == "\ufffd"
    assert recognise(path).ignored == ("extra",)


def test_a_damaged_parquet_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": [f"metin {number}" for number in range(3000)]}), path, row_group_size=1000)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 400] = bytes(400)
    path.write_bytes(bytes(data))
    batches = list(read(path, now=NOW))
    assert sum(batch.frames for batch in batches) == 3000
    written(tmp_path, "b.parquet", b"PAR1 no")
    with pytest.raises(InvalidInput):
        read(tmp_path / "b.parquet", now=NOW)


def test_json_lines(tmp_path: Path) -> None:
    lines = [
        json.dumps({"full_text": "çok iyi #Kalkan http://a.test/b.", "created_at": 1731534271, "lang": "TR"}),
        "{bozuk",
        "[1]",
        '{"full_text": "yarım \\ud83d", "lang": ["en", "und"]}',
        "",
        '{"full_text": ""}',
    ]
    path = written(tmp_path, "a.jsonl", codecs.BOM_UTF8 + "\n".join(lines).encode())
    first, second = posts(path)
    assert (first["tags"], first["links"], first["langs"]) == (["Kalkan"], ["http://a.test/b"], ["tr"])
    assert (second["text"], second["langs"], second["created_at"]) == ("yarım \ufffd", ["en"], None)
    assert rejects(path) == {"bad_json": 1, "not_an_object": 1, "no_text": 1}


# ------------------------------------------------------------------------------------------ exports


def test_x_archive_in_a_zip() -> None:
    row, second = posts(HERE / "x_archive.zip")
    assert recognise(HERE / "x_archive.zip").name == "x_archive"
    assert row["id"] == "https://x.com/i/status/1990000000000000001"
    assert row["text"] == "@ornekmarka kargom hâlâ yolda & #kargo https://ornek.test/takip"
    assert (row["author_id"], row["author_handle"]) == ("x:4242", "defne_ornek")
    assert (row["handles"], row["tags"], row["langs"]) == (["ornekmarka"], ["kargo"], ["tr"])
    assert row["reply_to"] == "https://x.com/i/status/1989999999999999999"
    assert second["quote_of"] == "https://x.com/i/status/1980000000000000005"
    assert (second["langs"], second["media"]) == ([], 1)
    assert rejects(HERE / "x_archive.zip") == {"repost": 1}


def test_instagram_and_facebook_are_mended() -> None:
    assert (mended("Ã¸l"), mended("günlük"), mended("日本")) == ("øl", "günlük", "日本")
    post, second = posts(HERE / "instagram" / "posts_1.json")
    assert (post["text"], post["media"], post["network"]) == ("Yeni vitrin 🙌 çok güzel", 2, "instagram")
    assert [row["text"] for row in posts(HERE / "instagram" / "post_comments_1.json")] == ["Teşekkürler", "çok hoş"]
    rows = posts(HERE / "facebook", mapping={"account": "@ornek"})
    assert {row["text"] for row in rows} == {"Bugün açığız ☀", "Hangisi?", "eline sağlık"}
    assert {row["author_handle"] for row in rows} == {"ornek"}
    assert [row["poll"] for row in rows if row["poll"]] == [["Çay", "Kahve"]]
    assert second["created_at"] == datetime(2024, 5, 2, 9, 0, tzinfo=UTC)
    assert rejects(HERE / "facebook") == {"no_text": 1}


def test_mastodon_outbox_keeps_to_public_posts() -> None:
    assert recognise(HERE / "mastodon").name == "mastodon_outbox"
    (row,) = posts(HERE / "mastodon")
    assert row["text"] == "Merhaba @destek & #Günaydın\n\nİkinci paragraf"
    assert (row["id"], row["langs"]) == ("https://sosyal.test/users/defne/statuses/1", ["tr"])
    assert (row["warning"], row["media_alts"]) == ("yemek", ["Bir tabak mantı"])
    assert (row["tags"], row["handles"]) == (["Günaydın"], ["destek@sosyal.test"])
    assert row["author_handle"] == "defne@sosyal.test"
    assert rejects(HERE / "mastodon") == {"repost": 1, "not_public": 1}


def test_archives_that_attack(tmp_path: Path) -> None:
    tweets = (
        'window.YTD.tweets.part0 = [{"tweet": {"id_str": "1990000000000000009", "full_text": "a", "created_at": "x"}}]'
    )
    path = tmp_path / "slip.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../data/tweets.js", tweets)
    with pytest.raises(InvalidInput) as error:
        read(path, now=NOW)
    assert error.value.code == "file_kind_unknown"
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data/tweets.js", b"window.YTD.tweets.part0 = [" + b" " * (80 << 20))
    with pytest.raises(InvalidInput) as error:
        read(bomb, now=NOW)
    assert error.value.code == "file_zip_too_large"
    with pytest.raises(InvalidInput):
        read(written(tmp_path, "broken.zip", b"PK\x03\x04nope"), now=NOW)


def test_a_fault_inside_an_export_costs_one_item(tmp_path: Path) -> None:
    items = [
        json.dumps({"tweet": {"id_str": f"199000000000000000{n}", "full_text": f"t{n}", "created_at": "2024-01-05"}})
        for n in range(5)
    ]
    items[2] = items[2].replace('"created_at":', "")
    path = written(tmp_path, "tweets.js", "window.YTD.tweets.part0 = [\n" + ",\n".join(items) + "\n]")
    assert [row["text"] for row in posts(path)] == ["t0", "t1", "t3", "t4"]
    assert rejects(path) == {"bad_json": 1}


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", "", "file_empty"),
        ("a.csv", "a,b\n1,2\n", "file_no_text_column"),
        ("a.exe", "MZ", "file_kind_unknown"),
        ("a.parquet", "no", "file_unreadable"),
        ("a.json", "{}", "file_kind_unknown"),
    ],
)
def test_whole_files_that_cannot_be_read(tmp_path: Path, name: str, content: str, code: str) -> None:
    path = written(tmp_path, name, content)
    with pytest.raises(InvalidInput) as error:
        read(path, now=NOW)
    assert error.value.code == code
    with pytest.raises(InvalidInput) as error:
        read(tmp_path / "missing.csv", now=NOW)
    assert error.value.code == "file_missing"


# ------------------------------------------------------------------------------------------ hostile rows


def _mutated(lines: list[bytes], seed: int) -> Iterator[bytes]:
    chance = random.Random(seed)
    for line in lines:
        data = bytearray(line)
        for _ in range(chance.randrange(4)):
            at = chance.randrange(len(data)) if data else 0
            what = chance.randrange(4)
            if what == 0 and data:
                data[at] = chance.randrange(256)
            elif what == 1:
                data[at:at] = chance.choice([b'"', b"\x00", b"\xff\xfe", b",,,", b"\\", b"{", b"]", b"\xe2\x80\xae"])
            elif what == 2:
                del data[at : at + chance.randrange(12)]
            else:
                data += data[: chance.randrange(len(data) + 1)]
        yield bytes(data)


def _lines(n: int) -> list[dict[str, str]]:
    return [
        {"id": f"at://did:plc:a{number}/post/{number}", "created_at": "2024-01-05T10:00:00Z", "text": f"söz {number}"}
        for number in range(n)
    ]


def test_twenty_thousand_mutated_rows_of_json(tmp_path: Path) -> None:
    lines = list(_mutated([json.dumps(row).encode() for row in _lines(20_000)], 7))
    path = written(tmp_path, "a.jsonl", b"\n".join(lines))
    batches = list(read(path, now=NOW, rows=5000))
    expected = sum(bool(line.strip()) for line in b"\n".join(lines).split(b"\n"))
    assert sum(batch.frames for batch in batches) == expected
    assert sum(batch.posts.num_rows + sum(r.n for r in batch.rejects) for batch in batches) == expected
    assert 2000 < sum(reject.n for batch in batches for reject in batch.rejects) < 15_000


def test_twenty_thousand_mutated_rows_of_csv(tmp_path: Path) -> None:
    lines = list(_mutated([",".join(row.values()).encode() for row in _lines(20_000)], 8))
    path = written(tmp_path, "a.csv", b"id,created_at,text\n" + b"\n".join(lines))
    batches = list(read(path, now=NOW, rows=5000))
    kept = sum(batch.posts.num_rows for batch in batches)
    assert sum(batch.frames for batch in batches) == kept + sum(r.n for batch in batches for r in batch.rejects)
    assert 8_000 < kept <= 21_000


def test_mutated_exports_never_stop(tmp_path: Path) -> None:
    for name in ("instagram/posts_1.json", "facebook/your_posts_1.json", "mastodon/outbox.json"):
        whole = (HERE / name).read_bytes()
        for seed in range(60):
            data = next(_mutated([whole], seed))
            path = written(tmp_path, Path(name).name, data)
            try:
                for batch in read(path, now=NOW):
                    assert batch.frames == batch.posts.num_rows + sum(reject.n for reject in batch.rejects)
            except InvalidInput as error:
                assert error.code in ("file_kind_unknown", "file_empty")


@pytest.mark.skipif(not (SHARED / "data" / "stream_replay.parquet").exists(), reason="needs the shared replay stream")
def test_every_row_of_a_real_stream_is_kept() -> None:
    path = SHARED / "data" / "stream_replay.parquet"
    ids: set[str] = set()
    for batch in read(path, now=NOW):
        assert not batch.rejects
        ids.update(batch.posts["id"].to_pylist())
    assert len(ids) == pq.read_metadata(path).num_rows


def test_where_nobody_is_named_each_post_is_a_person_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("text,created_at\nhello,2026-01-01\nhello,2026-01-01\nbye,2026-01-02\n", encoding="utf-8")
    first, again = (pa.concat_tables([batch.posts for batch in read(path, now=NOW)]) for _ in range(2))
    assert len(set(first["author_id"].to_pylist())) == 3
    assert first["author_id"].to_pylist() == again["author_id"].to_pylist()
