"""Who lives in the made-up town: a dozen people with a character, the brands, their peers, and passers-by.

Owns the cast and each person's habits of writing. Promises the same people for the same seed, all invented: passers-by
have a first name and at most an initial. Never reads a clock.
"""

from __future__ import annotations

from random import Random
from typing import Final

from kalkan.text import lower_tr
from kalkan.world.events import Person
from kalkan.world.voices import Habits, voices

_PLAIN: Final = Habits(plain=True)

BRAND_ACCOUNTS: Final = {
    ("findik", "bluesky"): "findik",
    ("findik", "mastodon"): "findik-m",
    ("kiyi-kahve", "bluesky"): "kiyi-kahve",
    ("kiyi-kahve", "mastodon"): "kiyi-kahve-m",
}
"""Which account a brand speaks by, on each network."""


def _someone(key: str, name: str, handle: str, network: str, lang: str, *, bot: bool = False) -> Person:
    shown = f"{handle}.test" if network == "bluesky" else handle
    return Person(key=key, name=name, handle=shown, network=network, lang=lang, bot=bot)


CAST: Final[dict[str, tuple[Person, Habits]]] = {
    person.key: (person, habits)
    for person, habits in (
        (_someone("findik", "Fındık", "findik", "bluesky", "tr"), _PLAIN),
        (_someone("findik-m", "Fındık", "findik", "mastodon", "tr"), _PLAIN),
        (_someone("kiyi-kahve", "Kıyı Kahve", "kiyikahve", "bluesky", "tr"), _PLAIN),
        (_someone("kiyi-kahve-m", "Kıyı Kahve", "kiyikahve", "mastodon", "tr"), _PLAIN),
        (_someone("cotanak", "Çotanak", "cotanak", "bluesky", "tr"), _PLAIN),
        (_someone("nutkin", "Nutkin", "nutkin", "bluesky", "en"), _PLAIN),
        (_someone("cocoa-and-sons", "Cocoa & Sons", "cocoaandsons", "bluesky", "en"), _PLAIN),
        (_someone("badem-sokagi", "Badem Sokağı", "bademsokagi", "bluesky", "tr"), _PLAIN),
        (_someone("demlik", "Demlik", "demlik", "bluesky", "tr"), _PLAIN),
        (_someone("harbour-roast", "Harbour Roast", "harbourroast", "bluesky", "en"), _PLAIN),
        (_someone("poyraz", "Poyraz Haber", "poyrazhaber", "bluesky", "tr", bot=True), _PLAIN),
        (_someone("nil", "Nil’in Sofrası", "nilinsofrasi", "bluesky", "tr"), Habits(proper=True, emoji=0.4, opens=0)),
        (
            _someone("feride", "Feride Öğretmen", "feridehoca", "mastodon", "tr"),
            Habits(proper=True, emoji=0.1, opens=0),
        ),
        (_someone("rasim", "Rasim Amca", "rasimamca", "bluesky", "tr"), Habits(proper=True, emoji=0, opens=0)),
        (_someone("cemal", "Cemal | Lokma-Emek", "cemallokmaemek", "mastodon", "tr"), _PLAIN),
        (_someone("hasan", "Hasan Dayı, Giresun", "hasandayi", "bluesky", "tr"), Habits(emoji=0.05, opens=0)),
        (
            _someone("ece", "ece (final haftası)", "ecececece", "bluesky", "tr"),
            Habits(lower=True, emoji=0.3, opens=0.1),
        ),
        (
            _someone("acigercek", "acı gerçekler", "acigercekler", "bluesky", "tr"),
            Habits(lower=True, emoji=0.1, opens=0),
        ),
        (_someone("imogen", "Imogen, nights", "imogennights", "bluesky", "en"), Habits(emoji=0.1, opens=0)),
        (_someone("gaz", "Gaz tells jokes", "gaztellsjokes", "bluesky", "en"), Habits(emoji=0, opens=0)),
        (_someone("maud", "Maud P., food desk", "maudfood", "mastodon", "en"), _PLAIN),
        (
            _someone("justsaying", "JustSayingIt", "justsayingit", "bluesky", "en"),
            Habits(lower=True, emoji=0.1, opens=0),
        ),
        (_someone("owen", "Owen, dad of three", "owendadofthree", "bluesky", "en"), Habits(emoji=0.05, opens=0)),
        (_someone("priti", "Priti bakes", "pritibakes", "mastodon", "en"), Habits(proper=True, emoji=0.2, opens=0)),
    )
}
"""People with a character, brands, peers and the local news, each with their habits."""

PILE_ON: Final = 26
"""How many accounts act in step against Kıyı Kahve."""


def passers_by(seed: int, *, lang: str, n: int) -> list[tuple[Person, Habits]]:
    """``n`` people who write in ``lang``; about one in four is on Mastodon. Handles never repeat within a language."""
    random = Random(f"{seed}|people|{lang}")
    parts = voices().parts
    names = [(name, style) for name in parts[f"names_{lang}"] for style in range(3)]
    random.shuffle(names)
    nicknames = random.sample(parts[f"nicknames_{lang}"], len(parts[f"nicknames_{lang}"]))
    found: list[tuple[Person, Habits]] = []
    for number, (first, style) in enumerate(names[:n]):
        network = "mastodon" if random.random() < 0.25 else "bluesky"
        initial = random.choice("ABCDEFGHKLMNPRSTY")
        lowered = lower_tr(first) if lang == "tr" else first.lower()
        shown = (f"{first} {initial}.", first, f"{lowered} {random.choice(parts['signs'])}")[style]
        if nicknames and random.random() < 0.15:
            shown = nicknames.pop()
        handle = f"{_plain_letters(first)}{initial.lower()}{random.choice(parts['tails'])}{number}"
        found.append((_someone(f"{lang}{number}", shown, handle, network, lang), _habits(random)))
    return found


def in_step(seed: int) -> list[tuple[Person, Habits]]:
    """The accounts of the pile-on: young, alike, all on Bluesky."""
    random = Random(f"{seed}|people|in step")
    words = voices().parts["in_step_names"]
    return [
        (
            _someone(f"step{number}", word, f"{_plain_letters(word)}{random.randrange(1000, 9999)}", "bluesky", "tr"),
            Habits(lower=random.random() < 0.4, emoji=0.1, opens=0),
        )
        for number, word in enumerate(words[:PILE_ON])
    ]


def _habits(random: Random) -> Habits:
    lower = random.random() < 0.4
    return Habits(
        lower=lower,
        proper=not lower and random.random() < 0.55,
        letters_left_out=random.random() < 0.08,
        emoji=random.choice((0.0, 0.0, 0.15, 0.4, 0.7)),
        opens=random.choice((0.0, 0.15, 0.4)),
    )


def _plain_letters(name: str) -> str:
    table = str.maketrans("ıİşŞğĞçÇöÖüÜâ", "iIsSgGcCoOuUa")
    return "".join(sign for sign in name.translate(table).lower() if sign.isascii() and sign.isalnum())
