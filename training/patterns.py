"""Questions, asks and plain criticism by pattern: silver labels for texts that carry no such labels.

There is no labelled Turkish set for either task. These patterns label the Turkish and part of the English training
texts; the reader learns them together with the labelled English sets and with vectors that both languages share.

Sets of offence hold little plain criticism, so that a reader takes anger for abuse. Negative texts of the sentiment sets
without any word of abuse are therefore shown to it as not offensive.
"""

# ruff: noqa: E501
from __future__ import annotations

import re

_MI = r"\bm[iıuü](?:y[iıuü][mz]|s[iıuü]n(?:[iıuü]z)?|d[iıuü]r)?\b"
_WHO = r"\b(?:ne zaman|neden|niye|ni[çc]in|nas[ıi]l|hangi\w*|kim(?:e|i|in|de|den)?|nere(?:de|den|ye|si)|ka[çc]\w*|ne kadar)\b"
_QUESTION_TR = re.compile(f"(?:{_MI})|(?:{_WHO}.*\\?)", re.IGNORECASE)
_PLAIN_TR = re.compile(f"{_MI}|{_WHO}|\\?", re.IGNORECASE)
_VERBS_TR = (
    "aç|kapat|getir|düzelt|çöz|kaldır|değiştir|yap|ver|bak|düşür|koy|bırak|sok|kıs|azalt|artır|gönder|ulaş|dön|durdur|üret"
    "|çıkar|paylaş|ilgilen|kur|sat|uyar|uzat|indir|yükselt|çek|al|duyur|geliştir|bul|iyileştir|yanıt ver|tut|başlat"
    "|hızlandır|çalıştır|öğret|tamamla|güncelleştir|utan|(?:iade|kontrol|yardım|özür|takip|istifa|kabul|iptal) ed"
)
_VOWEL_VERBS_TR = (
    "ekle|açıkla|söyle|yenile|ara|cevapla|yanıtla|dinle|güncelle|başla|engelle|izle|dene|öde|oku|temizle|dile|uygula"
)
_ASK_TR = re.compile(
    r"\blütfen\b|\blutfen\b|\brica (?:ed|ets)|\b(?:istiyoruz|bekliyoruz|talep ed)\w*|\bne olur\b"
    r"|\w{2,}(?:m[ae]l[iı])(?:s[iı]n[iı]z|s[iı]n|lar|ler|y[iı]z)?\b"
    r"|\w{2,}m[ae]n[iı]z (?:lazım|gerek|mümkün|şart)\w*"
    r"|\b\w{2,}(?:[ae]r|[iıuü]r) m[iıuü]s[iıuü]n(?:[iıuü]z)?\b|\w{2,}[ae]bil[ie]r m[iı]\w*"
    r"|\b\w{3,}[iıuü]n artık\b|\bartık \w{3,}[iıuü]n\b|\w{2,}m[ae]y[iı]n\b"
    rf"|\b(?:{_VERBS_TR})[iıuü]n(?:[iıuü]z)?\b|\b(?:{_VOWEL_VERBS_TR})y[iıuü]n(?:[iıuü]z)?\b",
    re.IGNORECASE,
)
_QUESTION_EN = re.compile(
    r"(?:\b(?:who|what|when|where|why|how|which|is|are|do|does|did|can|could|will|would|should|any)\b[^.!?]*\?)", re.I
)
_OPENS_EN = re.compile(
    r"(?:^|[.!,:\n] |@\w+ )(?:so |and |but |hey |hi )?(?:who|what|when|where|why|how|which|is|are|am|do|does|did|can|could"
    r"|will|would|should|has|have|any|anyone|anybody|was|were)\b",
    re.IGNORECASE,
)
_VERBS_EN = (
    "add|allow|answer|apologi[sz]e|ban|bring|call|cancel|change|check|cut|deliver|do|drop|dm|email|explain|extend|fix|follow"
    "|get|give|hire|help|improve|include|keep|let|lower|make|offer|open|pay|put|refund|release|remove|reopen|replace|reply"
    "|restock|sell|send|share|ship|show|sort|start|stop|take|tell|train|turn|update|use|write"
)
_ASK_EN = re.compile(
    r"\b(?:please|pls|plz)\b|\b(?:can|could|would|will) (?:you|u|we|someone|somebody|anyone)\b"
    r"|\bbring (?:it |them |the |\w+ )*back\b|\b(?:you|u|they|we) (?:all )?(?:should|need|needs? to|have to|must)\b"
    r"|\bi(?:'d| would) like\b|\bi want (?:my|a|an|the|you|to)\b|\b(?:i )?wish (?:you|they)\b"
    rf"|(?:^|[.!?\n,] |@\w+[:,]? )(?:just |now |so |at least )?(?:don'?t |do not )?(?:{_VERBS_EN})(?= (?!you\b|it is)\w|[.!]|$)",
    re.IGNORECASE,
)
_ABUSE = re.compile(
    r"\b(?:f+u+c*k\w*|fck\w*|wtf|stfu|shit\w*|bull ?shit|bitch\w*|ass|ass?hole\w*|arse\w*|bastard\w*|idiot\w*|moron\w*|stupid\w*"
    r"|dumb\w*|retard\w*|cunt\w*|dick\w*|crap\w*|damn\w*|suck\w*|loser\w*|liar\w*|scum\w*|trash|pig|whore|slut\w*|nigg\w*|fag\w*"
    r"|pathetic|clown\w*|crook\w*|racist|hate you|screw\w*|piss\w*|hell|cock\w*|douche\w*|jerk\w*|kill\w*|disgusting|disgrace\w*"
    r"|amk|aq|amq|mk|sik\w*|orospu\w*|piç\w*|göt\w*|yarra\w*|ibne\w*|gerizekal\w*|salak\w*|aptal\w*|mal|malsın\w*|şerefsiz\w*"
    r"|haysiyetsiz\w*|köpek\w*|it|pezevenk\w*|puşt\w*|ahlaksız\w*|namussuz\w*|dangalak\w*|ezik\w*|lan|ulan|bok\w*|kahpe\w*|adi)\b",
    re.IGNORECASE,
)


def criticism(text: str, label: str, source: str) -> dict[str, float]:
    """Soft targets for offence where a text only complains: negative by label, without a word of abuse."""
    if source in ("tweeteval_sentiment", "bounti_sentiment_tr", "umsab_sentiment") and label != "negative":
        return {}
    if source not in ("tweeteval_sentiment", "bounti_sentiment_tr", "umsab_sentiment", "complaints"):
        return {}
    if abusive(text):
        return {}
    return {"offensive": 0.02, "targeted": 0.02, "threat": 0.01}


def abusive(text: str) -> bool:
    """Whether a word of abuse stands in ``text``, in English or Turkish."""
    return bool(_ABUSE.search(_lower(text)) or _ABUSE.search(text))


def _lower(text: str) -> str:
    return text.replace("İ", "i").replace("I", "ı").lower()


def silver(text: str, lang: str) -> dict[str, float]:
    """Soft targets for question and ask, where the patterns say something about ``text``; empty elsewhere."""
    if lang == "tr":
        small = _lower(text)
        question = 0.95 if _QUESTION_TR.search(small) else (None if _PLAIN_TR.search(small) else 0.02)
        ask = 0.92 if _ASK_TR.search(small) else 0.03
    elif lang == "en":
        question = 0.9 if _QUESTION_EN.search(text) else (None if "?" in text or _OPENS_EN.search(text) else 0.02)
        ask = 0.92 if _ASK_EN.search(text) else 0.03
    else:
        return {} if "?" in text or "؟" in text or ";" in text else {"question": 0.03}
    return {"ask": ask} | ({} if question is None else {"question": question})
