"""The commands as data: names, options, examples, and what each is for in both languages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Command:
    """One command. ``run`` is ``module:function``, imported when the command is given."""

    name: str
    run: str
    options: tuple[str, ...]
    example: str


_RUN: Final = "kalkan.cli.running"
_PROCESSES: Final = "kalkan.cli.processes"
_FILES: Final = "kalkan.cli.files"
_KEEP: Final = "kalkan.cli.keeping"

COMMANDS: Final = (
    Command("up", f"{_RUN}:up", ("demo", "host", "port", "no-browser"), "kalkan up --demo"),
    Command("serve", f"{_PROCESSES}:serve", ("host", "port"), "kalkan serve --port 8620"),
    Command("listen", f"{_PROCESSES}:listen", (), "kalkan listen"),
    Command("work", f"{_PROCESSES}:work", (), "kalkan work"),
    Command("import", f"{_FILES}:bring", ("files", "map", "network"), "kalkan import tweets.js posts.csv"),
    Command(
        "read",
        f"{_FILES}:read",
        ("file", "out", "tier", "text"),
        "kalkan read posts.csv -o posts-read.parquet",
    ),
    Command("stories", f"{_FILES}:stories", ("file", "json"), "kalkan stories posts.parquet --json"),
    Command("check", "kalkan.cli.checking:run", ("draft", "room", "brand-file", "at", "json"), "kalkan check draft.json --room posts.parquet --brand brand.json"),
    Command("triage", "kalkan.cli.triage:run", ("file", "out", "brand-file", "text"), "kalkan triage posts.csv -o posts-triaged.csv"),
    Command("figures", f"{_FILES}:figures", ("ask", "engine", "master"), "kalkan figures ask.json"),
    Command(
        "brief",
        "kalkan.cli.briefs:brief",
        ("brand", "last", "story", "lang", "sort", "to", "verify"),
        "kalkan brief --brand Fındık --last week --lang tr -o brief.pdf",
    ),
    Command("index", "kalkan.cli.indexes:index", ("brand-of", "period", "lang", "index-to"), "kalkan index --brand Fındık --last month --lang tr -o index.pdf"),
    Command("reread", "kalkan.cli.again:reread", ("engine", "master", "reader"), "kalkan reread --engine spark --master spark://10.0.0.5:7077"),
    Command("archive check", f"{_KEEP}:check", ("json",), "kalkan archive check"),
    Command("archive compact", f"{_KEEP}:compact", (), "kalkan archive compact"),
    Command("archive export", f"{_KEEP}:export", ("out", "table", "since", "until"), "kalkan archive export -o all.parquet"),
    Command("erase", f"{_KEEP}:erase", ("ids",), "kalkan erase at://did:plc:abc/app.bsky.feed.post/3k"),
    Command("backup", f"{_KEEP}:backup", ("target",), "kalkan backup kalkan-2026-11-23.tar"),
    Command("restore", f"{_KEEP}:restore", ("backup",), "kalkan restore kalkan-2026-11-23.tar --data new-folder"),
    Command("rescue", f"{_KEEP}:rescue", ("email", "second-factor"), "kalkan rescue ayse@example.org"),
    Command("doctor", f"{_KEEP}:doctor", ("json",), "kalkan doctor"),
)  # fmt: skip

OPTIONS: Final[dict[str, tuple[tuple[str, ...], dict[str, Any]]]] = {
    "data": (("--data",), {"metavar": "DIR"}),
    "demo": (("--demo",), {"action": "store_true"}),
    "host": (("--host",), {"metavar": "H"}),
    "port": (("--port",), {"metavar": "P"}),
    "no-browser": (("--no-browser",), {"action": "store_true"}),
    "files": (("files",), {"metavar": "FILE", "nargs": "+"}),
    "map": (("--map",), {"metavar": "FIELD=COLUMN", "action": "append", "default": []}),
    "network": (("--network",), {"metavar": "NAME"}),
    "file": (("file",), {"metavar": "FILE"}),
    "out": (("-o", "--out"), {"metavar": "OUT", "required": True}),
    "tier": (("--tier",), {"choices": ("fast", "careful"), "default": "fast"}),
    "text": (("--text",), {"metavar": "COLUMN", "default": "text"}),
    "engine": (("--engine",), {"choices": ("local", "spark"), "default": "local"}),
    "master": (("--master",), {"metavar": "URL"}),
    "reader": (("--tier",), {"choices": ("fast", "careful", "own"), "default": "fast"}),
    "brand": (("--brand",), {"metavar": "NAME"}),
    "brand-file": (("--brand",), {"metavar": "FILE.json"}),
    "draft": (("draft",), {"metavar": "DRAFT.json"}),
    "room": (("--room",), {"metavar": "FILE"}),
    "at": (("--at",), {"metavar": "TIME"}),
    "last": (("--last",), {"metavar": "day|week|month|FROM..TO", "default": "week"}),
    "lang": (("--lang",), {"choices": ("en", "tr")}),
    "sort": (("--sort",), {"choices": ("leadership", "team"), "default": "leadership"}),
    "to": (("-o", "--out"), {"metavar": "FILE.html|.pdf|.json"}),
    "brand-of": (("--brand",), {"metavar": "NAME", "required": True}),
    "period": (("--last",), {"metavar": "month|year|2026-11|2026", "default": "month", "dest": "period"}),
    "index-to": (("-o", "--out"), {"metavar": "FILE.html|.pdf|.json|.csv", "required": True}),
    "verify": (("--verify",), {"metavar": "FILE"}),
    "story": (("--story",), {"metavar": "ID"}),
    "ask": (("ask",), {"metavar": "ASK.json"}),
    "json": (("--json",), {"action": "store_true"}),
    "table": (("--table",), {"choices": ("posts", "mentions", "readings", "counts", "events"), "default": "posts"}),
    "since": (("--since",), {"metavar": "TIME"}),
    "until": (("--until",), {"metavar": "TIME"}),
    "ids": (("ids",), {"metavar": "ID", "nargs": "+"}),
    "target": (("target",), {"metavar": "FILE.tar"}),
    "backup": (("backup",), {"metavar": "FILE.tar"}),
    "email": (("email",), {"metavar": "E-MAIL"}),
    "second-factor": (("--second-factor",), {"action": "store_true"}),
}

_SAID: Final[dict[str, tuple[str, str]]] = {
    "kalkan": (
        "Listen to what people say to and about a brand, keep it, and answer well.",
        "Bir marka hakkında söylenenleri dinle, sakla ve iyi karşılık ver.",
    ),
    "commands": ("commands", "komutlar"),
    "example": ("Example:", "Örnek:"),
    "usage": ("usage:", "kullanım:"),
    "arguments": ("arguments", "bağımsız değişkenler"),
    "options": ("options", "seçenekler"),
    "--help": ("show this help", "bu yardımı göster"),
    "--version": ("show the version", "sürümü göster"),
    "up": (
        "Run everything: the desk in your browser, the listeners and the worker.",
        "Her şeyi çalıştır: tarayıcıdaki masa, dinleyiciler ve işçi.",
    ),
    "serve": ("Run only the desk, the pages in the browser.", "Yalnızca masayı, tarayıcıdaki sayfaları çalıştır."),
    "listen": ("Run only the listeners.", "Yalnızca dinleyicileri çalıştır."),
    "work": (
        "Run only the worker: tidying the archive and finding mentions for new watches.",
        "Yalnızca işçiyi çalıştır: arşivi toplar, yeni izlemeler için anılmaları bulur.",
    ),
    "import": (
        "Bring exports and data files into the archive (Parquet, CSV, JSONL, X, Instagram, Facebook, Mastodon).",
        "Dışa aktarımları ve veri dosyalarını arşive al (Parquet, CSV, JSONL, X, Instagram, Facebook, Mastodon).",
    ),
    "read": (
        "Read any table of posts: the same rows come out with language, feelings and more.",
        "Herhangi bir gönderi tablosunu oku: aynı satırlar dil, duygu ve dahasıyla çıkar.",
    ),
    "stories": (
        "Replay a table of posts in its own time and tell each rising story as it would have been told.",
        "Bir gönderi tablosunu kendi zamanında oynat, yükselen her konuyu o an söyleneceği gibi söyle.",
    ),
    "check": (
        "Say whether a draft fits what people are saying now: go, care or hold, with the grounds.",
        "Bir taslağın şu an konuşulanlara uyup uymadığını söyle: geç, dikkat ya da bekle; dayanaklarıyla.",
    ),
    "--draft": ("a draft as JSON: text, lang, planned_at …; “-” reads it from a pipe", "JSON olarak taslak: text, lang, planned_at …; “-” borudan okur"),
    "--room": ("posts as for “kalkan stories”; without it, the live archive", "“kalkan stories” için olduğu gibi gönderiler; yoksa canlı arşiv"),
    "--at": ("the moment of the check; without it, now", "bakılacak an; yoksa şimdi"),
    "triage": (
        "Say for each post of a table whether to show it, soften it or hold it, what kind it is, and why.",
        "Bir tablodaki her gönderi için söyle: gösterilsin mi, yumuşatılsın mı, tutulsun mu; türü ne, neden.",
    ),
    "--brand-file": ("what is known of the brand, as JSON", "marka hakkında bilinenler, JSON olarak"),
    "figures": ("Answer a question given as JSON.", "JSON olarak verilen bir soruyu yanıtla."),
    "brief": (
        "Write the brief on a brand: a page for leadership or a longer one for the team.",
        "Bir markanın özetini yaz: yönetim için bir sayfa ya da ekip için daha uzunu.",
    ),
    "index": (
        "Write the index of a month or year: brand, leads, customer service, and what each number is.",
        "Bir ayın ya da yılın endeksini yaz: marka, talep, müşteri hizmeti ve her sayının ne olduğu.",
    ),
    "--brand-of": ("the brand, by name", "marka, adıyla"),
    "--period": ("which month or year; “month” and “year” are the last that are over", "hangi ay ya da yıl; “month” ve “year” biten sonuncular"),
    "--index-to": ("the file to write", "yazılacak dosya"),
    "--brand": ("the brand, by name", "marka, adıyla"),
    "--last": ("which days", "hangi günler"),
    "--lang": ("the brief’s language", "özetin dili"),
    "--sort": ("for whom", "kimin için"),
    "--to": ("file to write; its ending says what it becomes", "yazılacak dosya; uzantısı ne olacağını söyler"),
    "--story": ("on this story alone, by its id or title", "yalnızca bu konu üzerine, kimliği ya da başlığıyla"),
    "--verify": ("ask an earlier brief’s numbers again (.html, .pdf or .json)", "eski bir özetin sayılarını yeniden sor (.html, .pdf ya da .json)"),
    "reread": (
        "Read the whole archive by the current recipe; what it was heard with stays beside it.",
        "Bütün arşivi bugünkü tarifle oku; duyulurken yapılan okuma onun yanında kalır.",
    ),
    "--reader": ("which models read; “own” is the setting own_model", "hangi modellerin okuyacağı; “own”, own_model ayarıdır"),
    "--engine": ("this machine, or a Spark cluster", "bu makine ya da bir Spark kümesi"),
    "--master": ("the cluster’s address; without it two workers on this machine", "kümenin adresi; yazılmazsa bu makinede iki işçi"),
    "archive": ("Look after the archive.", "Arşive bak."),
    "archive check": ("Prove that the archive is whole.", "Arşivin sağlam olduğunu kanıtla."),
    "archive compact": ("Merge small files, take what is gone off the disk.", "Küçük dosyaları birleştir, silinenleri diskten çıkar."),
    "archive export": ("Write a table of the archive to one file.", "Arşivin bir tablosunu tek dosyaya yaz."),
    "erase": ("Erase posts for good, from answers and from the disk.", "Gönderileri yanıtlardan ve diskten kalıcı olarak sil."),
    "backup": ("Save everything Kalkan keeps to one file.", "Kalkan’ın sakladığı her şeyi tek dosyaya kaydet."),
    "restore": ("Bring a backup back into an empty folder.", "Bir yedeği boş bir klasöre geri yükle."),
    "rescue": (
        "Let somebody in again: a new password, or without the second factor.",
        "Birini yeniden içeri al: yeni parola, ya da ikinci adım olmadan.",
    ),
    "--email": ("the person’s e-mail address", "kişinin e-posta adresi"),
    "--second-factor": ("switch the second factor off instead", "bunun yerine ikinci adımı kapat"),
    "doctor": ("Say what is wrong and how to mend it.", "Neyin yanlış olduğunu ve nasıl düzeleceğini söyle."),
    "--data": ("folder for everything Kalkan keeps", "Kalkan’ın sakladığı her şeyin klasörü"),
    "--demo": ("a made-up town instead of real networks", "gerçek ağlar yerine uydurma bir kasaba"),
    "--host": ("address to listen on", "dinlenecek adres"),
    "--port": ("port to listen on; 0 takes a free one", "dinlenecek port; 0 boş bir port seçer"),
    "--no-browser": ("do not open a browser", "tarayıcı açma"),
    "--files": ("files or folders to bring in", "alınacak dosyalar ya da klasörler"),
    "--map": ("which column holds a field, e.g. text=body", "bir alanın hangi sütunda olduğu, örn. text=body"),
    "--network": ("the network the posts come from", "gönderilerin geldiği ağ"),
    "--file": ("Parquet, CSV or JSONL; “-” reads JSONL from a pipe", "Parquet, CSV ya da JSONL; “-” borudan JSONL okur"),
    "--out": ("where to write; “-” writes JSONL to a pipe", "nereye yazılacağı; “-” boruya JSONL yazar"),
    "--tier": ("which models read", "hangi modellerin okuyacağı"),
    "--text": ("the column that holds the text", "metnin bulunduğu sütun"),
    "--ask": ("a question as JSON; “-” reads it from a pipe", "JSON olarak soru; “-” borudan okur"),
    "--json": ("write JSON for other programs", "başka programlar için JSON yaz"),
    "--table": ("which table", "hangi tablo"),
    "--since": ("first moment, e.g. 2026-11-01", "ilk an, örn. 2026-11-01"),
    "--until": ("first moment that is too late", "artık geç sayılan ilk an"),
    "--ids": ("ids of posts", "gönderi kimlikleri"),
    "--target": ("file to write", "yazılacak dosya"),
    "--backup": ("file made by “kalkan backup”", "“kalkan backup” ile yapılmış dosya"),
}  # fmt: skip


def said(key: str, lang: str) -> str:
    """What ``key`` (a command, a group or an option) is for, in ``lang``."""
    english, turkish = _SAID[key]
    return turkish if lang == "tr" else english


_WRONG: Final = (
    (r"argument (?:COMMAND|None): invalid choice: (.+?) \(choose from (.+)\)",
     "there is no command {0}. Commands: {1}", "{0} diye bir komut yok. Komutlar: {1}"),
    (r"argument (.+?): invalid choice: (.+?) \(choose from (.+)\)",
     "{0} cannot be {1}. Choose one of: {2}", "{0} için {1} seçilemez. Şunlardan birini seç: {2}"),
    (r"the following arguments are required: (.+)", "missing: {0}", "eksik: {0}"),
    (r"unrecognized arguments: (.+)", "not understood: {0}. --help shows what is", "anlaşılmadı: {0}. --help neyin anlaşıldığını gösterir"),
    (r"argument (.+?): expected (?:at least )?one argument", "{0} needs a value", "{0} bir değer ister"),
    (r"argument (.+?): ignored explicit argument (.+)", "{0} takes no value, but {1} was given", "{0} değer almaz, ama {1} verilmiş"),
)  # fmt: skip
"""What argparse finds wrong, as it says it, and how we say it."""


def wrong_use(message: str, lang: str) -> str:
    """What is wrong with a command line, in ``lang``; a message not known here as argparse gives it."""
    for pattern, english, turkish in _WRONG:
        found = re.fullmatch(pattern, message)
        if found:
            return (turkish if lang == "tr" else english).format(*found.groups())
    return message
