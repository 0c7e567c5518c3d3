"""The model card: written by the run that made the weights, from what it measured."""

# ruff: noqa: E501
from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from training.sets import MEASURED_ONLY, TRAINED, UNCLEAR


def write(out: Path, name: str, path: Path, data: Path, meta: dict[str, Any], *, train_rows: int, seen: int) -> None:
    """Write ``CARD.md`` into ``out``."""
    size = path.stat().st_size / 1e6
    lines = [
        f"# {name}",
        "",
        f"Reads every post at once for {len(meta['tasks'])} scores and the language. {size:.1f} MB,"
        f" sha256 `{hashlib.sha256(path.read_bytes()).hexdigest()}`.",
        "",
        "A table of words and hashed pieces of words (int8), a convolution over three words, the highest and the weighted"
        " mean, one hidden layer, a score a task; beside it a linear part over hashed words, pairs of neighbours and pieces,"
        " added to the score in a share fitted on val, one number a task. Words start from the word vectors of"
        " multilingual-e5-small (MIT), cut to 96 directions, and were trained further.",
        "",
        f"Trained on {train_rows:,} rows ({seen:,} draws), seed {meta['seed']}, on labels by people, and on silver"
        " labels by pattern (`training/patterns.py`): questions and asks (the only source for them in Turkish), and negative texts"
        " without a word of abuse, shown as not offensive. English offence is therefore milder here than in the sets.",
        "",
        "## Data",
        "",
        "No set marked non-commercial was trained on; these are only measured: "
        + ", ".join(f"`{one}`" for one in MEASURED_ONLY)
        + ". No clear licence is stated for: "
        + ", ".join(f"`{one}`" for one in UNCLEAR)
        + "; they are research collections of public posts. No text of any set is shipped.",
        "",
        "| set | rows | languages |",
        "|---|---|---|",
        *_sets(data),
        "",
        "## Abstention",
        "",
        "Chosen on val: the smallest margin that brings the share of wrong answers among decided rows under the wanted one,"
        " unless more than 30 % would go undecided.",
        "",
        "| task | margin | wanted at most | wrong among decided | undecided |",
        "|---|---|---|---|---|",
        *(
            f"| {task} | {meta['margins'][task]:.2f} | {row['wanted']:.2f} | {row['error']:.3f} | {row['abstained']:.3f} |"
            for task, row in meta["abstention"].items()
        ),
        "",
        f"Language on val of `lid_social`, {len(meta['languages'])} languages: {meta['lang_val_accuracy']:.1%} right"
        " (the label is the language of the set a text comes from; short lines are noisy).",
        "",
        "## Known failures",
        "",
        "- Hate, threat and complaint rest on few rows; hate does not carry over from one collection to another. Never headline it.",
        "- Questions and asks in Turkish rest on patterns; a question without a question word or mark is missed.",
        "- Irony is near the level of other small models: a hint, not a finding.",
        "- Feelings in languages other than English come from film subtitles, not posts.",
        "- Words that people reclaim or quote still raise the score for offence.",
        "",
        "Accuracy by set, with intervals, calibration and speed: `python benchmarks/accuracy.py`.",
        "",
    ]
    (out / "CARD.md").write_text("\n".join(lines), encoding="utf-8")


def _sets(data: Path) -> list[str]:
    found = []
    for name in (*TRAINED, "lid_social"):
        table = pq.read_table(data / f"{name}.train.parquet", columns=["lang"])
        langs = Counter(lang or "not given" for lang in table["lang"].to_pylist())
        shown = ", ".join(f"{lang} {n:,}" for lang, n in langs.most_common(4)) + (" …" if len(langs) > 4 else "")
        found.append(f"| `{name}` | {table.num_rows:,} | {shown} |")
    return found
