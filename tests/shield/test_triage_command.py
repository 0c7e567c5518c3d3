"""``kalkan triage``: tables in, the same rows out with place, kind, reason and folds."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest

from kalkan.cli import main
from tests.shield.conftest import as_read

TEXTS = ["Where is my refund you absolute morons?", "siktir git aptal", "I know where you live", "Teşekkürler!"]
PLACES = ["soften", "soften", "hold", "show"]


def test_every_kind_of_table(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KALKAN_LANG", "en")
    rows = [{"text": text, "n": at, "place_": None} for at, text in enumerate(TEXTS)]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + "no json\n", encoding="utf-8")
    pq.write_table(pa.table({"text": TEXTS, "n": range(4)}), tmp_path / "in.parquet")
    csv.write_csv(pa.table({"body": TEXTS, "text": ["x"] * 4}), tmp_path / "in.csv")
    assert main(["triage", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "out.jsonl")]) == 0
    assert main(["triage", str(tmp_path / "in.parquet"), "-o", str(tmp_path / "out.parquet")]) == 0
    assert main(["triage", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"), "--text", "body"]) == 0
    told = capfd.readouterr()
    assert told.out == "" and "4 posts: 1 shown, 2 softened, 1 held." in told.err and "line_not_json" in told.err
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["place"] for line in lines] == PLACES
    assert [list(line) for line in lines] == [["text", "n", "place_", "place", "kind", "reason", "folds"]] * 4
    assert lines[0]["folds"] == [{"start": 32, "end": 38}]
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.column_names == ["text", "n", "place", "kind", "reason", "folds"]
    assert table["reason"].to_pylist() == [line["reason"] for line in lines]
    back = csv.read_csv(tmp_path / "out.csv")
    assert back.column_names == ["body", "text", "place", "kind", "reason", "folds"]
    assert back["place"].to_pylist() == PLACES
    assert json.loads(back["folds"][0].as_py()) == lines[0]["folds"]


def test_reasons_are_told_in_the_persons_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KALKAN_LANG", "tr")
    pq.write_table(pa.table({"text": TEXTS}), tmp_path / "in.parquet")
    assert main(["triage", str(tmp_path / "in.parquet"), "-o", str(tmp_path / "out.parquet")]) == 0
    assert "tehdit" in pq.read_table(tmp_path / "out.parquet")["reason"][2].as_py()


def test_a_reading_that_is_there_is_kept(tmp_path: Path) -> None:
    """A file that was read holds its reading: the same posts, called complaints by it, stay open."""
    read = as_read(TEXTS[1:2])
    at = read.column_names.index("p_complaint")
    pq.write_table(read.set_column(at, read.field(at), pa.array([0.9], pa.float32())), tmp_path / "in.parquet")
    assert main(["triage", str(tmp_path / "in.parquet"), "-o", str(tmp_path / "out.parquet")]) == 0
    out = pq.read_table(tmp_path / "out.parquet").to_pylist()[0]
    assert out["kind"] == "complaint" and out["p_complaint"] == pytest.approx(0.9)


def test_a_brands_own_policy_and_rules(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pq.write_table(pa.table({"text": TEXTS}), tmp_path / "in.parquet")
    brand = {
        "name": "Fındık",
        "shield": {"hold_threats": False, "fold_insults": False},
        "rules": [{"name": "thanks", "kind": "words", "values": ["teşekkür*"], "does": "praise"}],
    }
    (tmp_path / "brand.json").write_text(json.dumps(brand), encoding="utf-8")
    out = tmp_path / "out.parquet"
    given = ["triage", str(tmp_path / "in.parquet"), "-o", str(out), "--brand", str(tmp_path / "brand.json")]
    assert main(given) == 0
    assert pq.read_table(out)["place"].to_pylist() == ["show", "soften", "show", "show"]
    assert pq.read_table(out)["kind"].to_pylist()[3] == "praise"
    for wrong in ("[]", '{"name": "x", "rules": {}}', '{"name": "x", "shield": {"fold": 1}}', "no"):
        (tmp_path / "brand.json").write_text(wrong, encoding="utf-8")
        assert main(given) == 1
        assert "Traceback" not in capfd.readouterr().err


def test_no_rows_and_no_file(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "in.parquet")
    assert main(["triage", str(tmp_path / "in.parquet"), "-o", str(tmp_path / "out.parquet")]) == 0
    assert pq.read_table(tmp_path / "out.parquet").column_names == ["text", "place", "kind", "reason", "folds"]
    assert main(["triage", str(tmp_path / "none.csv"), "-o", str(tmp_path / "o.csv")]) == 1
    assert main(["triage"]) == 2


def test_a_folder_that_is_not_there_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KALKAN_LANG", "en")
    pq.write_table(pa.table({"text": TEXTS}), tmp_path / "in.parquet")
    assert main(["triage", str(tmp_path / "in.parquet"), "-o", str(tmp_path / "no" / "out.csv")]) == 1
    told = capfd.readouterr().err
    assert "out.csv" in told and "cannot be written" in told and ".part" not in told
