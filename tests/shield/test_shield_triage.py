"""Where posts go: by example in two languages, by law for anything at all, and by measure on real rows."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from kalkan.brands import Brand, Watch
from kalkan.errors import InvalidInput
from kalkan.posts import PROBABILITIES
from kalkan.sentences import SENTENCES
from kalkan.shield import (
    CONTENTS,
    DOES,
    GRIEVANCES,
    KINDS,
    PLACES,
    TARGETS,
    TRIAGED,
    Policy,
    Rule,
    folded,
    say_reason,
    triage,
    why,
)
from kalkan.shield.weigh import WHOLE, odds
from tests.shield.conftest import Read, as_read, readings

GOLD = [
    line.split("\t", 1)
    for line in (Path(__file__).parent / "gold.tsv").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
RIGHT = {
    "threat": lambda row: row["place"] == "hold" and row["kind"] == "threat" and row["content"] == "threat",
    "doxing": lambda row: row["place"] == "hold" and row["content"] == "doxing",
    "abuse": lambda row: row["place"] == "soften" and row["whole"] and row["kind"] == "abuse",
    "wrapped": lambda row: row["place"] == "soften" and not row["whole"] and row["kind"] in GRIEVANCES,
    "critic": lambda row: row["place"] == "show" and row["kind"] in GRIEVANCES,
    "plain": lambda row: row["place"] == "show",
    "spam": lambda row: row["place"] == "soften" and row["kind"] == "spam",
}
FLOORS = {"threat": 0.9, "doxing": 1.0, "abuse": 0.9, "wrapped": 0.75, "critic": 0.96, "plain": 0.9, "spam": 1.0}


def test_each_kind_of_post_goes_where_it_should() -> None:
    rows = triage(as_read([text for _, text in GOLD])).to_pylist()
    of, right = Counter(what for what, _ in GOLD), Counter()
    wrong = []
    for (what, text), row in zip(GOLD, rows, strict=True):
        right[what] += RIGHT[what](row)
        if not RIGHT[what](row):
            wrong.append((what, row["place"], row["kind"], text))
    assert {what for what in of if right[what] / of[what] < FLOORS[what]} == set(), wrong


def test_the_insult_is_folded_and_the_grievance_stays(said: Read) -> None:
    text = "Where is my refund you absolute morons? Three weeks of waiting!"
    row = triage(said([text])).to_pylist()[0]
    pieces = folded(text, row["folds"])
    assert "".join(piece.text for piece in pieces) == text
    assert [piece.text for piece in pieces if piece.fold] == ["morons"]
    assert sum(piece.characters for piece in pieces) == 6
    assert row["kinds"][0] == "question"
    assert json.loads(row["params"]) == {"words": 1}


def test_places_count_characters_not_bytes(said: Read) -> None:
    text = "😡😡 Kargom iki haftadır gelmedi ŞEREFSİZLER, iade istiyorum"
    row = triage(said([text])).to_pylist()[0]
    assert [piece.text for piece in folded(text, row["folds"]) if piece.fold] == ["ŞEREFSİZLER"]


def test_target_is_the_second_axis() -> None:
    brand = Brand(slug="findik", name="Fındık", watches=(Watch(kind="name", text="Fındık"),), accounts=("findik.test",))
    texts = [
        "Fındık, siz ne aptal bir şirketsiniz",
        "these muslims are vermin",
        "he is a stupid idiot",
        "güzel bir gün",
    ]
    assert triage(as_read(texts), brand=brand)["target"].to_pylist() == ["brand", "group", "person", "none"]


def test_the_order_of_the_inbox_is_need() -> None:
    texts = ["Ürününüzde alerji yapan bir şey var mı, süt var mı?", "Harika bir gün", "siktir git aptal"]
    found = triage(as_read(texts)).to_pylist()
    assert found[0]["need"] > found[1]["need"] == found[2]["need"] == 0
    assert found[0]["need_parts"]["question"] > 0 and found[0]["need_parts"]["hard"] > 0
    assert found[0]["need"] == pytest.approx(sum(found[0]["need_parts"].values()))
    spread = triage(as_read(texts[:1], thread=[1.0])).to_pylist()[0]
    assert spread["need"] > found[0]["need"]


HARD_ONES = [
    ("Do you still buy palm oil from cleared forests?", "stance"),
    ("Why do you not raise the wages in your warehouses?", "stance"),
    ("This is my third email and nobody answers, when do I get my money?", "service"),
    ("Is there an allergy warning for the new bars?", "service"),
    ("Why are you deleting comments under the post on accessibility?", "community"),
    ("Can wheelchair users get into the shop in Leeds?", "community"),
    ("Which shops still have the old size?", ""),
    ("Palm yağını neden hâlâ kullanıyorsunuz?", "stance"),
    ("İşten çıkarılan sendikalı işçiler için ne yapacaksınız?", "stance"),
    ("Üç haftadır iade bekliyorum, param nerede?", "service"),
    ("Bu üründe alerji yapan bir şey var mı?", "service"),
    ("Neden yorumları siliyorsunuz, yerel üreticiye ne diyeceksiniz?", "community"),
    ("Mağazanız tekerlekli sandalye için erişilebilir mi?", "community"),
    ("Büyük boy hangi mağazada var, kuryeye helal olsun?", ""),
]


def test_a_hard_question_says_which_kind_it_is_and_comes_before_others() -> None:
    texts, kinds = [text for text, _ in HARD_ONES], [kind for _, kind in HARD_ONES]
    ones = [1.0] * len(texts)
    posts = readings(texts, ["en" if text.isascii() else "tr" for text in texts], p_question=ones)
    found = triage(posts).to_pylist()
    assert [(text, row["hard"]) for text, row in zip(texts, found, strict=True)] == HARD_ONES
    easy = max(row["need"] for row in found if not row["hard"])
    assert all(row["need"] > easy for row in found if row["hard"]), "a hard one stands above an easy one"
    lines = [[line.code for line in why({**row, **post})] for row, post in zip(found, posts.to_pylist(), strict=True)]
    assert [f"shield_why_hard_{kind}" in codes for kind, codes in zip(kinds, lines, strict=True)] == [*map(bool, kinds)]
    glad = readings(["Thank you for dropping palm oil, lovely"], ["en"], p_praise=[0.95], p_positive=[0.95])
    assert triage(glad)["hard"].to_pylist() == [""], "praise asks nothing"


def test_reasons_and_lines_have_sentences_in_both_languages(said: Read) -> None:
    posts = said([text for _, text in GOLD])
    rows = [post | row for post, row in zip(posts.to_pylist(), triage(posts).to_pylist(), strict=True)]
    for row in rows:
        lines = why(row)
        assert lines[0].code == row["reason"]
        for code in [row["reason"], *(line.code for line in lines)]:
            assert set(SENTENCES[code]) >= {"en", "tr"}
        english = say_reason(row["reason"], row["params"], lang="en")
        assert english != say_reason(row["reason"], row["params"], lang="tr") and "{" not in english


def test_a_policy_can_let_everything_show() -> None:
    nothing = Policy(fold_abuse=False, fold_insults=False, fold_spam=False, hold_threats=False, hold_doxing=False)
    found = triage(as_read([text for _, text in GOLD]), policy=nothing)
    assert set(found["place"].to_pylist()) == {"show"}
    assert not any(found["folds"].to_pylist())


def test_what_is_missing_is_named() -> None:
    with pytest.raises(InvalidInput) as found:
        triage(pa.table({"text": ["a"], "lang": ["en"]}))
    assert found.value.code == "readings_missing"
    assert "p_offensive" in found.value.params["columns"]


def test_no_rows_give_no_rows() -> None:
    assert triage(as_read(["x"]).slice(0, 0)).equals(TRIAGED.empty_table())


# ------------------------------------------------------------------------------------------- laws

WORDS = """
you morons siktir git aptal orospu çocuğu I will kill you refund order lid broken flight delayed please help why when
where teşekkürler kargo gelmedi iade istiyorum şerefsizler 12 Elm Street his phone number 05550102030 seni bulacağım
palm oil boykot liberals women free crypto link in bio 😡 ŞİKAYET ıIİi \u200b #etiket @kalkan worst sucks
""".split()  # noqa: SIM905
TEXTS = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join) | st.text(max_size=40)
SHARES = st.floats(0, 1, width=32)
POLICIES = st.builds(
    Policy,
    strictness=st.sampled_from(("gentle", "balanced", "strict")),
    **{name: st.booleans() for name in ("fold_abuse", "fold_insults", "fold_spam", "hold_threats", "hold_doxing")},
)
RULES = st.lists(
    st.builds(
        lambda does, **told: Rule(name=does, does=does, **told),
        kind=st.just("words"),
        values=st.lists(st.sampled_from(("order", "aptal", "kargo", "morons", "why", "i*", "boykot")), min_size=1).map(
            tuple
        ),
        does=st.sampled_from(DOES),
    ),
    max_size=2,
)


@st.composite
def posts(draw: st.DrawFn) -> pa.Table:
    texts = draw(st.lists(TEXTS, min_size=1, max_size=4))
    n = len(texts)
    langs = [draw(st.sampled_from(("en", "tr", "de", None))) for _ in range(n)]
    return readings(texts, langs, **{name: [draw(SHARES) for _ in range(n)] for name in PROBABILITIES})


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(posts(), POLICIES, RULES)
def test_a_criticism_is_never_hidden(table: pa.Table, policy: Policy, rules: list[Rule]) -> None:
    """Rule 6, whatever is read, written, chosen and ruled."""
    found = triage(table, policy=policy, rules=rules)
    assert found.schema.equals(TRIAGED) and found.num_rows == table.num_rows
    for text, row in zip(table["text"].to_pylist(), found.to_pylist(), strict=True):
        assert row["place"] in PLACES and row["kind"] in KINDS
        assert row["target"] in TARGETS and row["content"] in CONTENTS
        if row["kind"] in (*GRIEVANCES, "praise", "other"):
            assert not row["whole"]
        if row["p_critic"] >= 0.5:
            assert row["kind"] not in ("abuse", "spam")
            assert not row["whole"] or row["place"] == "hold"
        if row["place"] == "hold":
            assert row["content"] in ("threat", "doxing")
        assert (row["place"] == "show") == (not row["folds"]) or row["whole"]
        assert row["reason"] in SENTENCES
        for fold in row["folds"]:
            assert 0 <= fold["start"] <= fold["end"] <= len(text)
        if row["place"] == "soften" and not row["whole"]:
            shown = "".join(piece.text for piece in folded(text, row["folds"]) if not piece.fold)
            assert row["folds"] and len(shown) < len(text)
        if row["rule"] in ("show", "praise", "criticism"):
            assert row["place"] == "show"


GRIEVED = (
    ("en", "my order never arrived and nobody answers"),
    ("en", "the app crashes after every update, fix it"),
    ("en", "five hours delayed and no announcement at the gate"),
    ("en", "the lid of the jar is broken again, I want a refund"),
    ("tr", "siparişim üç haftadır gelmedi"),
    ("tr", "iademi hâlâ yapmadınız, cevap veren yok"),
    ("tr", "uygulama her güncellemede bozuluyor, düzeltin"),
)
WRAPS = (
    "", "you morons", "you absolute bastards!!", "what a bunch of clowns", "shitty liars", "fuck you", "şerefsizler",
    "salak herifler", "Allah belanızı versin", "siktir git", "pathetic losers", "amk",
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=list(Phase)[:3])
@example(WRAPS[8], GRIEVED[1], "", False, {name: [1.0] for name in PROBABILITIES}, Policy(strictness="strict"))
@given(
    st.sampled_from(WRAPS), st.sampled_from(GRIEVED), st.sampled_from(WRAPS), st.booleans(),
    st.fixed_dictionaries({name: SHARES.map(lambda share: [share]) for name in PROBABILITIES}), POLICIES,
)  # fmt: skip
def test_no_insult_takes_a_grievance_with_it(
    before: str, told: tuple[str, str], after: str, known: bool, read: dict[str, list[float]], policy: Policy
) -> None:
    """However it is wrapped and read, and whatever the policy: every word of the grievance itself stays readable."""
    lang, grieved = told
    text = f"{before} {grieved} {after}"
    row = triage(readings([text], [lang if known else None], **read), policy=policy).to_pylist()[0]
    assert row["place"] != "hold" and not row["whole"] and row["kind"] not in ("abuse", "spam", "threat")
    start, end = len(before) + 1, len(before) + 1 + len(grieved)
    assert all(fold["end"] <= start or fold["start"] >= end for fold in row["folds"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(posts(), POLICIES)
def test_in_doubt_only_words_are_folded(table: pa.Table, policy: Policy) -> None:
    """Where a grievance is not recognised: nothing is folded as a whole unless much more than the cut speaks for it."""
    for lang, row in zip(table["lang"].to_pylist(), triage(table, policy=policy).to_pylist(), strict=True):
        over = odds(min(max(row["p_abuse"], 1e-6), 1 - 1e-6)) - odds(policy.cut)
        if row["whole"] and row["kind"] == "abuse" and lang != "de":
            assert over >= WHOLE - 1e-3
        if row["reason"] == "shield_softened_doubt":
            assert not row["whole"] and row["folds"] and row["kind"] in (*GRIEVANCES, "praise", "threat")
            assert over < WHOLE + 1e-3


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(posts())
def test_a_row_depends_on_itself_alone(table: pa.Table) -> None:
    together = triage(table).to_pylist()
    assert [triage(table.slice(at, 1)).to_pylist()[0] for at in range(table.num_rows)] == together
    assert triage(table.take(pa.array(range(table.num_rows - 1, -1, -1)))).to_pylist() == together[::-1]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(posts())
def test_stricter_policies_only_fold_more(table: pa.Table) -> None:
    touched = [
        triage(table, policy=Policy(strictness=one))["place"].to_numpy(False) != "show"
        for one in ("gentle", "balanced", "strict")
    ]
    assert np.all(touched[0] <= touched[1]) and np.all(touched[1] <= touched[2])


def test_few_posts_are_counted_as_many_are() -> None:
    """A handful is looked at one by one, a batch by kernels over the whole column: the same either way."""
    posts = as_read(
        [text for _, text in GOLD] + ["İŞİ GÜCÜ bırakıp SALAKLARLA uğraşıyoruz", "ßidiot idiotß ﬁdiot", "a" * 9000]
    )
    few = [row for at in range(0, posts.num_rows, 20) for row in triage(posts.slice(at, 20)).to_pylist()]
    assert few == triage(posts).to_pylist()


# ------------------------------------------------------------------------------------------- measures


def _touched(shared: Path, name: str, label: str) -> tuple[int, int]:
    table = pq.read_table(shared / "data" / f"{name}.val.parquet", columns=["text", "label"])
    texts = [row["text"] for row in table.to_pylist() if row["label"].startswith(label)]
    place = triage(as_read(texts))["place"].to_numpy(False)
    return int((place != "show").sum()), len(place)


def test_the_promise_of_the_default_policy(shared: Path) -> None:
    """Criticism folded or held at most 1 %, and there at least 60 % of abuse (benchmarks/shield.py says more)."""
    critics = [_touched(shared, "airline_sentiment", "negative"), _touched(shared, "complaints", "complaint")]
    assert all(folds / n <= 0.01 for folds, n in critics)
    assert sum(folds for folds, _ in critics) / sum(n for _, n in critics) <= 0.01
    folds, n = _touched(shared, "olid_hierarchy", "OFF/TIN")
    assert folds / n >= 0.62
    folds, n = _touched(shared, "offenseval2020_tr", "OFF")
    assert folds / n >= 0.62
