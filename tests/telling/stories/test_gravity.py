"""Harm is told from figures of speech, in both languages, and no level stands without evidence."""

from __future__ import annotations

import pytest

from kalkan.stories.gravity import weigh
from kalkan.stories.harm import KINDS, of_harm

PLAIN = ["the soup was lovely", "bugün hava güzel", "anyone up for chess", "yeni kitap geldi"]


def three(text: str) -> list[str]:
    return [text, text + " today", text + " çok", "an unrelated remark"]


@pytest.mark.parametrize(
    ("text", "level", "kind"),
    [
        ("Explosion at the mill, four workers killed", 3, "death"),
        ("Maden kazası: 3 kişi hayatını kaybetti, göçük altında kalanlar var", 3, "death"),
        ("depremde 5 ölü var", 3, "death"),
        ("amcam dün gece öldü", 2, "death"),
        ("two children injured by a falling sign", 2, "hurt"),
        ("dereler taştı, sel baskını var, mahalle mahsur", 2, "disaster"),
        ("a girl is still missing after the fair", 2, "missing"),
        ("they shouted racist slurs at the team", 2, "hate"),
        ("kadına şiddet haberi yine", 2, "violence"),
        ("the whole shift was laid off this morning", 1, "job_loss"),
        ("işten çıkarılan ablam ağlıyor", 1, "job_loss"),
        ("product recall: glass in the jar", 1, "unsafe_product"),
        ("mekanı cennet olsun ustanın", 1, "mourning"),
        ("greve çıkıyoruz yarın", 1, "protest"),
    ],
)
def test_harm_is_told_with_its_kind(text: str, level: int, kind: str) -> None:
    found = weigh(three(text))
    assert found.level == level
    assert kind in [harm.kind for harm in found.harms]
    for harm in found.harms:
        assert harm.words and harm.posts and harm.authors >= 3


@pytest.mark.parametrize(
    "text",
    [
        "you are killing it tonight",
        "i'm dead, what a joke",
        "this heat is killing me",
        "dying to see that film",
        "my phone died again",
        "my battery is dead",
        "that party was a blast",
        "shooting a video in the garden",
        "i could murder a sandwich",
        "the new song is fire",
        "my inbox exploded with love",
        "nobody was hurt in the fire",
        "no injuries reported after the crash",
        "earthquake drill at school",
        "öldüm gülmekten",
        "gülmekten öldüm ya",
        "açlıktan ölüyorum",
        "şarjım öldü yine",
        "telefonum öldü",
        "bomba gibi haber geliyor",
        "ölürüm sana",
        "can kaybı yok çok şükür",
        "deprem tatbikatı vardı okulda",
        "çok güzel oldu valla",
        "yirmi yaşta evlendi",
        "heyecandan ölüyorum",
        "yeni bölümde adam öldü spoiler vermeyin",
    ],
)
def test_manners_of_speaking_count_for_nothing(text: str) -> None:
    assert weigh(three(text)).level == 0


def test_a_lone_voice_decides_nothing() -> None:
    assert weigh([*PLAIN, "three people killed in the fire"]).level == 0


def test_a_few_among_very_many_decide_nothing() -> None:
    many = [f"the match ended {k} to nothing" for k in range(60)]
    assert weigh([*many, *three("people injured at the gate")[:3]]).level == 0


def test_nobody_counts_twice() -> None:
    import numpy as np

    texts = three("people injured at the gate")
    assert weigh(texts).level == 2
    assert weigh(texts, np.array([1, 1, 1, 2], np.uint64)).level == 0


def test_the_toll_is_the_number_that_most_name_and_to_whom() -> None:
    found = weigh(
        [
            "At least 12 workers killed in the mill explosion",
            "12 dead after explosion, families of workers waiting",
            "explosion kills 12 at the mill",
            "2 dead they say",
            "34 injured workers taken to hospital after the blast",
            "blast: 34 injured",
        ]
    )
    assert (found.level, found.dead, found.hurt) == (3, 12, 34)
    assert found.whom[0] == "workers"


def test_numbers_in_words_are_taken_whole() -> None:
    texts = ["On dört işçi hastanede", "on dört yaralı var diyorlar", "fabrikada on dört kişi yaralandı"]
    assert weigh(texts).hurt == 14
    assert weigh(["fourteen people injured", "Fourteen injured in the mill", "14 hurt"]).hurt == 14


def test_nothing_said_is_nothing() -> None:
    assert weigh([]).level == 0
    assert weigh(PLAIN).harms == ()


def test_every_kind_has_words_in_both_languages() -> None:
    assert set(of_harm()) == set(KINDS)
