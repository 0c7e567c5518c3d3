"""The model card: written by the run that made the weights, from what it measured."""

# ruff: noqa: E501
from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from training.sets import MEASURED_ONLY, TASKS, TRAINED, UNCLEAR


def write(
    out: Path, name: str, path: Path, data: Path, meta: dict[str, Any], *,
    train_rows: int, seen: int, runs: list[dict[str, float]], soft: bool,
) -> None:  # fmt: skip
    """Write ``CARD.md`` into ``out``. ``runs`` is what each seed measured on val, the shipped one first."""
    size = path.stat().st_size / 1e6
    lines = [
        f"# {name}",
        "",
        f"Reads every post at once for {len(meta['tasks'])} scores and the language. {size:.1f} MB,"
        f" sha256 `{hashlib.sha256(path.read_bytes()).hexdigest()}`.",
        "",
        "A table of words (eight bits) and hashed pieces of words (four), a convolution over three words, the highest and the weighted"
        " mean, one hidden layer, a score a task; beside it a linear part over hashed words, pairs of neighbours and pieces,"
        " added to the score in a share fitted on val, one number a task. Words start from the word vectors of"
        " multilingual-e5-small (MIT), cut to 96 directions, and were trained further.",
        "",
        f"Trained on {train_rows:,} rows ({seen:,} draws), seed {meta['seed']}, on labels by people, and on silver"
        " labels by pattern (`training/patterns.py`): questions and asks (the only source for them in Turkish), and negative texts"
        " without a word of abuse, shown as not offensive. English offence is therefore milder here than in the sets."
        + (" It also learned what the careful reader says of the tasks a set does not label." if soft else ""),
        "",
        *(_runs(runs) or ["One run: no spread over seeds is known.", ""]),
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
        *_abstention(meta),
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


def write_careful(out: Path, name: str, paths: list[Path], data: Path, meta: dict[str, Any]) -> None:
    """Write ``CARD-careful.md`` into ``out``."""
    size = sum(path.stat().st_size for path in paths) / 1e6
    lines = [
        f"# {name}",
        "",
        f"Reads a post for {len(meta['tasks'])} scores, with care: {size:.1f} MB in {len(paths)} files, the first with sha256"
        f" `{hashlib.sha256(paths[0].read_bytes()).hexdigest()}`, which names the digest of the others and of the fast weights"
        f" (`{meta['beside']}`) whose scores are added to its own in a share fitted on val, one number a task.",
        "",
        "multilingual-e5-small (MIT; 12 layers, width 384) with its vocabulary cut to the pieces of the texts below and the"
        " likeliest others; the table of pieces and the lowest layers stay as they came, the others were trained on all tasks at"
        " once. Weights in eight bits, the table in four. Links and handles are one sign each: who is meant never shapes a reading.",
        "",
        f"Trained on {meta['rows']:,} drawn rows in two laps, the second more from sets that lagged, seed {meta['seed']} (one run: no"
        " spread over seeds is known), on labels by people and on the same silver labels as the fast reader; what is shipped is the"
        " running mean of the weights.",
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
        *_abstention(meta),
        "Language is the fast reader's.",
        "",
        "## Known failures",
        "",
        "- Hate, threat and complaint rest on few rows; hate does not carry over from one collection to another. Never headline it.",
        "- Questions and asks in Turkish rest on patterns.",
        "- Feelings in languages other than English come from film subtitles, not posts.",
        "- Languages that no set holds (Japanese, Korean, Chinese among them) are read by what they share with others: not measured.",
        "- What comes after 96 pieces (some 400 letters) is not read.",
        "",
        "Accuracy by set, with intervals, calibration and speed: `python -m benchmarks accuracy`.",
        "",
    ]
    (out / "CARD-careful.md").write_text("\n".join(lines), encoding="utf-8")


def _runs(runs: list[dict[str, float]]) -> list[str]:
    if len(runs) < 2:
        return []
    lines = [
        f"## {len(runs)} seeds",
        "",
        "Official metric of each set on val; the first seed is the one that is shipped.",
        "",
        "| set | shipped | mean | lowest | highest |",
        "|---|---|---|---|---|",
    ]
    for name in runs[0]:
        values = [run[name] for run in runs]
        mean = sum(values) / len(values)
        lines.append(f"| `{name}` | {values[0]:.3f} | {mean:.3f} | {min(values):.3f} | {max(values):.3f} |")
    return [*lines, ""]


def _abstention(meta: dict[str, Any]) -> list[str]:
    bent = ", ".join(f"{TASKS[one['task']]} ({one['lang']})" for one in meta["calibration"].get("bends", ()))
    return [
        "## Calibration",
        "",
        "Fitted on val: a slope and an offset a task, for a language of its own where enough rows stand; the error on val is"
        " therefore the best case. Rarer moods count somewhat more than they are common, and irony leans to yes. `tweets2022_sentiment_tr`, whose labels"
        " are of unknown origin and call two thirds neutral, counts next to nothing: against it Turkish looks less neutral than labelled."
        + (
            f" A bend through isotonic points besides for {bent}; fitted on one half of val and measured on the"
            " other, the fast reader's error was .05 to .06 for irony and .04 to .09 for asks."
            if bent
            else ""
        ),
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
            for task in ("sentiment", "feeling", *TASKS[10:])
            for row in (meta["abstention"][task],)
        ),
        "",
    ]


def _sets(data: Path) -> list[str]:
    found = []
    for name in (*TRAINED, "lid_social"):
        table = pq.read_table(data / f"{name}.train.parquet", columns=["lang"])
        langs = Counter(lang or "not given" for lang in table["lang"].to_pylist())
        shown = ", ".join(f"{lang} {n:,}" for lang, n in langs.most_common(4)) + (" …" if len(langs) > 4 else "")
        found.append(f"| `{name}` | {table.num_rows:,} | {shown} |")
    return found
