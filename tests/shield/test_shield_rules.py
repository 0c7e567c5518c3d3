"""The team's rules, policies in plain words, and what both would change."""

from __future__ import annotations

import pytest

from kalkan.errors import InvalidInput
from kalkan.shield import (
    CUTS,
    DEFAULT,
    Policy,
    Rule,
    effect,
    policy_from_json,
    preview,
    rule_from_json,
    say_policy,
    triage,
)
from tests.shield.conftest import as_read

TEXTS = [
    "Bu şarlatanlar yine sahnede, komik",
    "Şarlatanlık yapmayın, siparişim gelmedi, iade istiyorum",
    "Bu gece şubeyi basarız, kimse sağ çıkamaz, ödül bizim :)",
    "siktir git aptal herif",
    "Harika bir gün",
]


def _rule(does: str, *values: str, kind: str = "words", langs: tuple[str, ...] = ()) -> Rule:
    return Rule(name="charlatans", kind=kind, values=values, does=does, langs=langs)


def test_a_rule_folds_its_words_and_never_a_grievance() -> None:
    rows = triage(as_read(TEXTS), rules=[_rule("fold", "şarlatan", "şarlatanlık")]).to_pylist()
    assert (rows[0]["place"], rows[0]["whole"], rows[0]["rule"]) == ("soften", True, "charlatans")
    assert (rows[1]["place"], rows[1]["whole"]) == ("soften", False)
    assert [TEXTS[1][fold["start"] : fold["end"]] for fold in rows[1]["folds"]] == ["Şarlatanlık"]
    assert rows[4]["rule"] is None


@pytest.mark.parametrize(
    ("value", "text", "hit"),
    [
        ("ayı", "AYILAR geldi", True),
        ("ayı", "ayıp ettiniz", False),
        ("ayı", "bu ay çok sıcak", False),
        ("Şarlatan", "sarlatan’ın teki", True),
        ("bad faith", "this is BAD  FAITH again", True),
        ("scam*", "what a scammer", True),
        ("scam", "what a scammer", False),
        ("c++", "I love c++ code", True),
        ("a.b", "axb", False),
    ],
)
def test_words_match_as_people_write_them(value: str, text: str, hit: bool) -> None:
    assert (triage(as_read([text]), rules=[_rule("show", value)])["rule"].to_pylist()[0] is not None) is hit


def test_accounts_and_languages() -> None:
    posts = as_read(["he is an idiot", "aptal bu adam"], author_handle=["@Ada.test", "can.test"])
    rule = _rule("show", "ada.test", "@can.test", kind="account", langs=("en",))
    assert triage(posts, rules=[rule])["place"].to_pylist()[0] == "show"
    assert triage(posts, rules=[rule])["rule"].to_pylist() == ["charlatans", None]


def test_treat_as_praise_opens() -> None:
    was = triage(as_read(TEXTS[2:3])).to_pylist()[0]
    becomes = triage(as_read(TEXTS[2:3]), rules=[_rule("praise", "ödül")]).to_pylist()[0]
    assert was["place"] == "hold"
    assert (becomes["place"], becomes["kind"], becomes["folds"]) == ("show", "praise", [])


def test_the_effect_of_a_rule_is_told_before_it_is_kept() -> None:
    found = effect(_rule("fold", "şarlatan*"), as_read(TEXTS, id=list("abcde")))
    assert (found.n, found.matched, found.changed, found.grievances) == (5, 2, 2, 1)
    assert {one for move in found.moved for one in move.ids} <= {"a", "b"}
    assert effect(_rule("fold", "yok"), as_read(TEXTS)).changed == 0


def test_a_policy_is_tried_on_posts_that_are_there() -> None:
    posts = as_read(TEXTS, id=list("abcde"))
    found = preview(posts, before=DEFAULT, after=Policy(fold_abuse=False), seed=3)
    assert found.before["soften"] == found.after["soften"] + 1
    assert [(move.before, move.after, move.n, move.ids) for move in found.moved] == [("soften", "show", 1, ("d",))]
    assert preview(posts, before=DEFAULT, after=DEFAULT).moved == ()
    assert sum(found.after.values()) == found.n == 5


@pytest.mark.parametrize("strictness", CUTS)
def test_a_policy_says_what_it_does(strictness: str) -> None:
    policy = Policy(strictness=strictness, fold_spam=False)
    english, turkish = say_policy(policy, lang="en"), say_policy(policy, lang="tr")
    assert len(english) == len(turkish) == 7
    assert set(english).isdisjoint(turkish)
    assert english != say_policy(DEFAULT, lang="en") or policy == DEFAULT
    assert "never hidden" in english[-1]


def test_policies_and_rules_come_back_from_json() -> None:
    policy = Policy(strictness="strict", hold_doxing=False)
    assert policy_from_json(policy.to_json()) == policy
    assert policy_from_json("{}") == DEFAULT
    rule = _rule("praise", "ödül", "ğüşı", langs=("tr",))
    assert rule_from_json(rule.to_json()) == rule


@pytest.mark.parametrize("text", ["", "[]", '{"fold_abuse": 1}', '{"hide_criticism": true}', '{"strictness": "all"}'])
def test_no_policy_that_is_not_one(text: str) -> None:
    with pytest.raises(InvalidInput):
        policy_from_json(text)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[1]", '{"name":"a","kind":"words","values":"abc","does":"fold"}',
     '{"name":"a","kind":"words","values":[" "],"does":"fold"}',
     '{"name":"a","kind":"mood","values":["x"],"does":"fold"}',
     '{"name":"a","kind":"words","values":["x"],"does":"delete"}'],
)  # fmt: skip
def test_no_rule_that_is_not_one(text: str) -> None:
    with pytest.raises(InvalidInput):
        rule_from_json(text)
