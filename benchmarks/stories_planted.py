"""Invented events told in English and in Turkish at once: do they become one story, and do different ones stay apart?

Each event has what people write of it in both languages. ``plain`` events share no name at all: by the follower's own
promise (words of one meaning alone make no story one) they stay two, and count as misses here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa

from kalkan.stories.replay import Stories


@dataclass(frozen=True, slots=True)
class Event:
    """What is written of one event, in each language; ``plain``: without a name that both use."""

    en: tuple[str, ...]
    tr: tuple[str, ...]
    plain: bool = False


EVENTS = (
    Event(
        (
            "Fire at the Karaova textile mill, workers on the roof",
            "they say the Karaova mill is burning since noon",
            "Karaova fire: three fire crews, smoke over the whole valley",
            "praying for everyone in Karaova, that fire is huge",
        ),
        (
            "Karaova'da tekstil fabrikasında yangın çıktı, işçiler çatıda",
            "Karaova'daki fabrika öğleden beri yanıyor diyorlar",
            "Karaova yangını: üç ekip geldi, duman bütün vadide",
            "Karaova için dua ediyorum, yangın çok büyük",
        ),
    ),
    Event(
        (
            "Strong earthquake felt in Denizkent just now",
            "Denizkent quake woke us all, lamps swinging",
            "earthquake in Denizkent, are you all right",
            "Denizkent earthquake: phones are down, people in the street",
        ),
        (
            "Denizkent'te çok şiddetli deprem oldu az önce",
            "Denizkent depremi hepimizi uyandırdı, lambalar sallandı",
            "Denizkent'te deprem, iyi misiniz",
            "Denizkent deprem: telefonlar çekmiyor, herkes sokakta",
        ),
    ),
    Event(
        (
            "Fındora jars recalled over mould, check your cupboard",
            "just read the Fındora recall, found a jar from that lot",
            "Fındora recall after mould complaints, shops take them back",
            "who else has a Fındora jar that must go back? mould, they say",
        ),
        (
            "Fındora kavanozları küf yüzünden toplatılıyor, dolabınıza bakın",
            "Fındora geri çağırma haberini okudum, bizde o partiden var",
            "Fındora toplatıldı, küf şikâyetleri üzerine market geri alıyor",
            "başka kimde Fındora var, küflü diye iade ediliyormuş",
        ),
    ),
    Event(
        (
            "Drivers of Metroyol on strike from this morning",
            "no Metroyol bus today, the strike is on",
            "Metroyol strike: walked an hour to work, still with the drivers",
            "Metroyol drivers strike for two days, they ask for sleep and pay",
        ),
        (
            "Metroyol şoförleri bu sabahtan beri grevde",
            "bugün Metroyol otobüsü yok, grev başladı",
            "Metroyol grevi: işe bir saat yürüdüm, yine de şoförlerin yanındayım",
            "Metroyol şoförleri iki gün grev yapıyor, uyku ve ücret istiyorlar",
        ),
    ),
    Event(
        (
            "Bank Anka app is down again, nobody can pay",
            "outage at Bank Anka since an hour, cards refused",
            "Bank Anka outage, standing at the till with a full basket",
            "is the Bank Anka outage over? still cannot log in",
        ),
        (
            "Bank Anka uygulaması yine çöktü, kimse ödeyemiyor",
            "Bank Anka'da bir saattir kesinti var, kartlar geçmiyor",
            "Bank Anka kesintisi, kasada dolu sepetle kaldım",
            "Bank Anka kesinti bitti mi, hâlâ giremiyorum",
        ),
    ),
    Event(
        (
            "Kargomatik data leaked, addresses of customers online",
            "got the mail: Kargomatik breach, my phone number is out",
            "Kargomatik breach is real, change your password",
            "Kargomatik leaked everything and says sorry in one line",
        ),
        (
            "Kargomatik verileri sızdırıldı, müşterilerin adresleri internette",
            "mail geldi: Kargomatik ihlali, telefon numaram çıkmış",
            "Kargomatik veri ihlali doğruymuş, parolanı değiştir",
            "Kargomatik her şeyi sızdırdı, bir satır özür diledi",
        ),
    ),
    Event(
        (
            "Bus crash on the Gölbaşı bridge, 9 injured",
            "crash at Gölbaşı bridge, traffic stands, ambulances everywhere",
            "Gölbaşı accident: 9 injured taken to hospital",
            "stuck behind the Gölbaşı bridge accident, hope they are all right",
        ),
        (
            "Gölbaşı köprüsünde otobüs kazası, 9 yaralı",
            "Gölbaşı köprüsünde kaza, trafik durdu, her yer ambulans",
            "Gölbaşı kazası: 9 yaralı hastaneye kaldırıldı",
            "Gölbaşı köprüsündeki kazanın arkasında kaldık, umarım iyidirler",
        ),
    ),
    Event(
        (
            "Students protest at Yıldıza University against the dorm rents",
            "protest at Yıldıza all day, police at the gate",
            "Yıldıza protest grows, teachers join the students",
            "police push the Yıldıza students, protest goes on",
        ),
        (
            "Yıldıza Üniversitesi'nde öğrenciler yurt kiralarını protesto ediyor",
            "Yıldıza'da bütün gün eylem var, kapıda polis",
            "Yıldıza protestosu büyüyor, hocalar da katıldı",
            "polis Yıldıza öğrencilerini itiyor, protesto sürüyor",
        ),
    ),
    Event(
        (
            "Water in the streets of Selimpaşa, the flood took the market",
            "Selimpaşa flood: cellars full, boats on the main street",
            "flood in Selimpaşa, the school is closed tomorrow",
            "my aunt in Selimpaşa sits on the roof because of the flood",
        ),
        (
            "Selimpaşa sokakları su altında, sel pazarı götürdü",
            "Selimpaşa'da sel: bodrumlar dolu, caddede tekne var",
            "Selimpaşa'da sel, yarın okul kapalı",
            "Selimpaşa'daki teyzem sel yüzünden çatıda",
        ),
    ),
    Event(
        (
            "Dr Oya Tanış resigned from the ministry tonight",
            "Oya Tanış resigns, what a letter",
            "so Oya Tanış is out, resignation after two months",
            "nobody saw the resignation of Oya Tanış coming",
        ),
        (
            "Dr. Oya Tanış bu gece bakanlıktan istifa etti",
            "Oya Tanış istifa etti, ne mektup ama",
            "Oya Tanış gitti, iki ay sonra istifa",
            "Oya Tanış'ın istifasını kimse beklemiyordu",
        ),
    ),
    Event(
        (
            "The whole town is without power since the storm",
            "no electricity anywhere tonight, candles sold out",
            "power outage in every quarter, fridge is warming",
            "anyone with power? the outage is everywhere",
        ),
        (
            "fırtınadan beri bütün şehirde elektrik yok",
            "bu gece hiçbir yerde elektrik yok, mum bitti",
            "her mahallede elektrik kesintisi var, buzdolabı ısınıyor",
            "elektriği olan var mı, kesinti her yerde",
        ),
        plain=True,
    ),
    Event(
        (
            "Children poisoned by the school lunch, forty of them in hospital",
            "the school lunch poisoned half a class today",
            "poisoned children, parents wait outside the hospital",
            "who cooks for our schools? children poisoned again",
        ),
        (
            "okul yemeğinden zehirlenen çocuklar hastanede, kırk kişi",
            "okul yemeği bugün yarım sınıfı zehirledi",
            "zehirlenen çocuklar için veliler hastane önünde bekliyor",
            "okullara kim yemek yapıyor, çocuklar yine zehirlendi",
        ),
        plain=True,
    ),
)
_ENDS = {
    "en": ("", " …", " right now", ", tell me more", " :(", " unbelievable", ", source?", " again"),
    "tr": ("", " …", " şu an", ", bilen var mı", " :(", " inanılmaz", ", kaynak?", " yine"),
}


def two_languages_planted(*, seeds: int) -> dict[str, Any]:
    """Share of events that became one story, minutes from the second telling's alarm until then, and wrong mergers."""
    named = [at for at, event in enumerate(EVENTS) if not event.plain]
    merged: dict[str, list[bool]] = {"named": [], "without a name": []}
    waited: list[float] = []
    wrong: list[bool] = []
    for seed in range(seeds):
        for at, event in enumerate(EVENTS):
            one, minutes = _one_story(event.en, event.tr, seed=seed * 100 + at)
            merged["without a name" if event.plain else "named"].append(one)
            if one:
                waited.append(minutes)
        for at, here in enumerate(named):
            other = EVENTS[named[(at + 1) % len(named)]]
            wrong.append(_one_story(EVENTS[here].en, other.tr, seed=seed * 100 + at)[0])
    return {
        "events": len(EVENTS),
        "tellings": len(EVENTS) * seeds,
        "named_merged": round(float(np.mean(merged["named"])), 3),
        "without_a_name_merged": round(float(np.mean(merged["without a name"])), 3),
        "minutes_until_merged": float(np.median(waited)) if waited else None,
        "different_events_merged": round(float(np.mean(wrong)), 3),
        "different_pairs": len(wrong),
    }


def _one_story(en: tuple[str, ...], tr: tuple[str, ...], *, seed: int) -> tuple[bool, float]:
    """Whether both tellings end up in one story, and how many minutes after both were stories."""
    from kalkan.world.world import bursts

    start = datetime(2026, 3, 2, 6, tzinfo=UTC)
    onset = start + timedelta(hours=5)
    rng = Random(f"{seed}|planted")
    calm = bursts(seed=seed, start=start, hours=8, base_rate=80, onset=onset, factor=1.0, ramp=timedelta(minutes=30))
    rows = [(event.at, event.text, event.actor, event.lang, "") for event in calm]
    for lang, texts in (("en", en), ("tr", tr)):
        for k in range(60):
            at = onset + timedelta(minutes=150 * (k + rng.random()) / 60)
            rows.append((at, rng.choice(texts) + rng.choice(_ENDS[lang]), f"{lang}{k}", lang, lang))
    rows.sort()
    table = pa.table(
        {
            "text": [row[1] for row in rows],
            "at": pa.array([row[0] for row in rows], pa.timestamp("us", tz="UTC")),
            "author_id": [row[2] for row in rows],
            "lang": [row[3] for row in rows],
            "id": [str(at) for at in range(len(rows))],
            "key": pa.array(range(len(rows))),
        }
    )
    stories = Stories(takes_keys=True)
    stories.hear(table)
    told = {at: row[4] for at, row in enumerate(rows) if row[4]}
    best, share, turns = None, 0, []  # type: Any, int, list[int]
    for story in stories.stories + stories.follower.closed:
        if story.into:
            continue
        keys = {int(key) for _, some in story.new_keys for key in some}
        least = min(sum(told.get(key) == lang for key in keys) for lang in ("en", "tr"))
        if least > share:
            best, share = story, least
    if best is None or share < 20:
        return False, 0.0
    turns = [turn.minute for turn in best.turns if turn.what == "merged"]
    births = sorted(turn.minute for turn in best.turns if turn.what == "born")
    return True, float(turns[0] - births[0]) if turns and births else 0.0


__all__ = ["EVENTS", "two_languages_planted"]
