"""The brief's words in English and Turkish. Sentences are whole; nothing filled in gets a bare suffix.

Owns them and the writing of numbers in them. Decides nothing.
"""

from __future__ import annotations

from typing import Final

from kalkan import formats
from kalkan.figures import Interval

WORDS: Final[dict[str, tuple[str, str]]] = {
    "leadership": ("Brief for leadership", "Yönetim özeti"),
    "team": ("Brief for the team", "Ekip özeti"),
    "made": ("Made {at}", "Hazırlanış {at}"),
    "by": ("by {name}", "hazırlayan {name}"),
    "feel": ("What they feel", "Ne hissediyorlar"),
    "want": ("What they ask of us", "Bizden ne istiyorlar"),
    "days": ("Day by day", "Gün gün anılma"),
    "own_words": ("In their own words", "Kendi sözleriyle"),
    "stories": ("What rose", "Öne çıkan konular"),
    "peers": ("How brands were received", "Markalar nasıl karşılandı"),
    "advice": ("What we advise", "Tavsiyemiz"),
    "acts": ("What we did, and how it was received", "Ne yaptık, nasıl karşılandı"),
    "coverage": ("Coverage", "Kapsam"),
    "method": ("Method", "Yöntem"),
    "proof": ("Ask again", "Yeniden sor"),
    "feeling": ("Feeling", "Duygu"),
    "now": ("This period", "Bu dönem"),
    "change": ("Change", "Değişim"),
    "ask": ("Ask", "İstek"),
    "authors": ("Authors, 95 %", "Yazar, %95"),
    "brand": ("Brand", "Marka"),
    "act": ("Act", "Adım"),
    "praise_among": ("Praise among those who take sides", "Taraf tutanlarda övgü"),
    "reception": ("Reception", "Karşılanma"),
    "why": ("Why", "Neden"),
    "story": ("Story", "Konu"),
    "began": ("Began", "Başladı"),
    "gravity": ("Gravity", "Ağırlık"),
    "when": ("When", "Ne zaman"),
    "rose": ("rose", "arttı"),
    "fell": ("fell", "azaldı"),
    "no_clear": ("no clear change", "açık fark yok"),
    "not_compared": ("not compared", "karşılaştırılmadı"),
    "anger": ("Anger", "Öfke"),
    "sadness": ("Sadness", "Üzüntü"),
    "fear": ("Fear", "Korku"),
    "joy": ("Joy", "Sevinç"),
    "optimism": ("Optimism", "İyimserlik"),
    "disgust": ("Disgust", "Tiksinti"),
    "surprise": ("Surprise", "Şaşkınlık"),
    "question_or_ask": ("Questions and asks", "Sorular ve istekler"),
    "complaint": ("Complaining", "Şikâyet"),
    "praise": ("Praise", "Övgü"),
    "praised": ("praised", "övüldü"),
    "called_out": ("called out", "tepki gördü"),
    "mixed": ("mixed", "karışık"),
    "too_few": ("too few to say", "söylemek için az"),
    "ignored": ("ignored", "ilgi görmedi"),
    "silent": ("silent", "sessiz"),
    "titled_rose": ("{feeling} rose among those who speak of {brand}.", "{brand} konuşulurken {feeling_low} arttı."),
    "titled_fell": ("{feeling} fell among those who speak of {brand}.", "{brand} konuşulurken {feeling_low} azaldı."),
    "titled_more": ("More people speak of {brand} than before.", "{brand} daha çok konuşuluyor."),
    "titled_fewer": ("Fewer people speak of {brand} than before.", "{brand} daha az konuşuluyor."),
    "titled_calm": ("{brand}: nothing unusual in this period.", "{brand}: bu dönemde olağan dışı bir şey yok."),
    "titled_alone": (
        "{brand}: {n} people spoke; there is nothing to compare with yet.",
        "{brand}: {n} kişi konuştu; henüz karşılaştıracak bir dönem yok.",
    ),
    "titled_few": ("{brand}: too few voices to say more.", "{brand}: daha fazlasını söylemek için az ses var."),
    "titled_none": ("{brand}: nobody was heard in this period.", "{brand}: bu dönemde kimse duyulmadı."),
    "lead_authors": ("{n} authors", "{n} yazar"),
    "lead_spoke": (" spoke of us in {posts} posts", " {posts} gönderide bizden söz etti"),
    "lead_before": ("; in the period before {n}.", "; önceki dönemde {n}."),
    "lead_unheard": (
        ". The period before was not heard in full, so amounts are not compared.",
        ". Önceki dönem bütünüyle dinlenmediği için miktarlar karşılaştırılmadı.",
    ),
    "lead_changed": ("{feeling} went from {was} ({was_in}) to ", "{feeling}: önce {was} ({was_in}), şimdi "),
    "lead_ask": (" What is asked most: “{title}”, by ", " En çok istenen: “{title}”; isteyen "),
    "lead_story": (" Around us: {title}, by ", " Çevremizde: {title}; konuşan "),
    "feel_note": (
        "Share of authors with such a post, n {n}; one author can feel several. Thin line: the period before."
        " Of {unsure} a post could not be told for sure. {corrected}",
        "Böyle bir gönderisi olan yazarların payı, n {n}; bir yazar birden çok şey hissedebilir."
        " İnce çizgi: önceki dönem."
        " {unsure} için bir gönderiden emin olunamadı. {corrected}",
    ),
    "uncorrected": (
        "Uncorrected: the reader's own mistakes are not taken out.",
        "Düzeltilmemiş: okuyucunun kendi hataları ayıklanmadı.",
    ),
    "corrected": (
        "Corrected with {n} labels of people drawn at random: {names}. The others are not corrected.",
        "Rastgele çekilen {n} kişinin etiketiyle düzeltildi: {names}. Ötekiler düzeltilmedi.",
    ),
    "read_as": ("read as {share}", "okunan {share}"),
    "asks_note": (
        "The first {shown} of {all} asks; {authors} authors asked for something.",
        "{all} isteğin ilk {shown} tanesi; {authors} yazar bir şey istedi.",
    ),
    "asks_none": ("No ask came from two people or more.", "İki ya da daha çok kişiden gelen bir istek yok."),
    "days_note": (
        "Posts, {total} in all. Line: the period before ({was}).",
        "Gönderi, toplam {total}. Çizgi: önceki dönem ({was}).",
    ),
    "days_note_alone": ("Posts, {total} in all.", "Gönderi, toplam {total}."),
    "days_alt": ("Posts a day: {days}.", "Günlük gönderi: {days}."),
    "days_alt_before": (" The period before: {days}.", " Önceki dönem: {days}."),
    "quotes_note": (
        "Picked to represent the whole; names left out. {networks}.",
        "Bütünü temsil etsin diye seçildi; adlar yazılmadı. {networks}.",
    ),
    "advice_answer": ("Answer “{title}”.", "Yanıtlayın: “{title}”."),
    "advice_answer_why": (" {n} people ask.", " {n} kişi soruyor."),
    "advice_look": ("Find out where the {feeling} comes from.", "{feeling} nereden geliyor, bakın."),
    "advice_look_why": (
        " It rose to {now} and the rise is certain.",
        " {now} oldu; artış kesin.",
    ),
    "advice_story": ("Keep an eye on “{title}”.", "“{title}” konusunu izleyin."),
    "advice_story_why": (
        " Gravity {gravity} of 3: check every planned post against it.",
        " Ağırlığı 3 üzerinden {gravity}: planlı her gönderiyi ona göre gözden geçirin.",
    ),
    "advice_wait": ("Wait and watch.", "Bekleyip izleyin."),
    "advice_wait_why": (
        " Nothing changed so clearly that it calls for an act; that is a decision too.",
        " Harekete geçirecek kadar açık bir değişim yok; bu da bir karardır.",
    ),
    "seen": ("Seen: {what}.", "Görülen: {what}."),
    "seen_none": ("Nothing was heard.", "Hiçbir şey duyulmadı."),
    "not_seen": (
        "Networks that are not named here were not seen; no number here speaks for them.",
        "Adı geçmeyen ağlar görülmedi; buradaki hiçbir sayı onlar adına söylenmiş değildir.",
    ),
    "gap": ("Gap: {network}, {since}–{until}.", "Boşluk: {network}, {since}–{until}."),
    "method_says": (
        "Shares are of authors; brackets hold the 95 % interval, n is the authors looked at. Reading: {recipes}."
        " “No clear change”: the interval of the difference holds zero.",
        "Paylar yazar sayısına göredir; parantez %95 aralıktır, n bakılan yazar sayısı. Okuma: {recipes}."
        " “Açık fark yok”: farkın aralığı sıfırı içeriyor.",
    ),
    "proof_says": (
        "This file holds its questions: “kalkan brief --verify FILE” asks them again. Fingerprint: {digest}",
        "Bu dosya sorularını taşır: “kalkan brief --verify DOSYA” onları yeniden sorar. Parmak izi: {digest}",
    ),
    "all_public": ("all of {network}", "{network} ağının tümü"),
    "posts_of": ("{network} ({n} posts)", "{network} ({n} gönderi)"),
}


def worded(lang: str, word: str, /, **given: object) -> str:
    """One of :data:`WORDS` with what is given filled in."""
    return WORDS[word][formats.language(lang) == "tr"].format(**given)


def within(interval: Interval, lang: str) -> str:
    """An interval of shares: 15–21."""
    low, high = (formats.number(round(end * 100), lang=lang) for end in (interval.low, interval.high))
    return f"{low}–{high}"


def count_within(interval: Interval, lang: str) -> str:
    """An interval of counts: 121–166."""
    return f"{formats.number(round(interval.low), lang=lang)}–{formats.number(round(interval.high), lang=lang)}"
