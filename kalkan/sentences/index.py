"""What the index and the leads say."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, dict[str, str]]] = {
    "index_done": {
        "en": "{path} is written: {figures} figures of {period}.",
        "tr": "{path} yazıldı: {period}, {figures} sayı.",
    },
    "index_last_unreadable": {
        "en": "“{value}” is no period: say month, year, 2026-11 or 2026.",
        "tr": "“{value}” bir dönem değil: month, year, 2026-11 ya da 2026 de.",
    },
    "index_period_ahead": {
        "en": "{value} has not begun. Choose a month or year that has.",
        "tr": "{value} henüz başlamadı. Başlamış bir ay ya da yıl seç.",
    },
    "index_period_unreadable": {
        "en": "“{value}” is no month or year. Write it as 2026-11 or 2026.",
        "tr": "“{value}” bir ay ya da yıl değil. 2026-11 ya da 2026 biçiminde yaz.",
    },
    "index_suffix": {
        "en": "{path}: the file’s name should end in .html, .pdf, .json or .csv.",
        "tr": "{path}: dosyanın adı .html, .pdf, .json ya da .csv ile bitmeli.",
    },
    "lead_address_wrong": {
        "en": "“{address}” is no address a link can lead to. Give the whole of it, as in https://example.com/page.",
        "tr": "“{address}” bir bağlantının götürebileceği adres değil. Tümünü yaz: https://example.com/sayfa gibi.",
    },
    "lead_column_unknown": {
        "en": "The file has no column “{column}”. It has: {columns}.",
        "tr": "Dosyada “{column}” diye bir sütun yok. Olanlar: {columns}.",
    },
    "lead_draft_closed": {
        "en": "The links of this draft can no longer be changed: it is under approval, or out. Take it back first.",
        "tr": "Bu taslağın bağlantıları artık değiştirilemez: onayda ya da çıktı. Önce geri al.",
    },
    "lead_file_gone": {
        "en": "The file {name} is not kept here any more. Choose it once more.",
        "tr": "{name} dosyası artık burada değil. Bir daha seç.",
    },
    "lead_file_large": {
        "en": "The file is larger than {most} MB. Export fewer days, or fewer columns.",
        "tr": "Dosya {most} MB’tan büyük. Daha az gün ya da daha az sütun dışa aktar.",
    },
    "lead_file_long": {
        "en": "The file has more than {most} rows. Nothing was taken; export fewer days at once.",
        "tr": "Dosyada {most} satırdan çok var. Hiçbiri alınmadı; bir kerede daha az gün dışa aktar.",
    },
    "lead_file_no_table": {
        "en": "{path} holds no table with a row of names and columns. Export it as CSV, with its header.",
        "tr": "{path} içinde adları ve sütunları olan bir tablo yok. CSV olarak, başlığıyla dışa aktar.",
    },
    "lead_hooks_many": {
        "en": "There are {most} doors already. Take one out that nothing uses.",
        "tr": "Zaten {most} kapı var. Kullanılmayan birini kaldır.",
    },
    "lead_message_unreadable": {
        "en": "The message is not JSON with a list “events” of at most {most}. Nothing was taken.",
        "tr": "İleti, en çok {most} öğeli bir “events” listesi taşıyan JSON değil. Hiçbiri alınmadı.",
    },
    "lead_needs_columns": {
        "en": "Say at least which column holds the time and which the campaign.",
        "tr": "En azından hangi sütunda zamanın, hangisinde kampanyanın olduğunu söyle.",
    },
    "lead_row_ahead": {
        "en": "its time lies in the future: {value}",
        "tr": "zamanı gelecekte: {value}",
    },
    "lead_row_broken": {
        "en": "it is not whole: a quote that never ends, or more cells than columns",
        "tr": "bütün değil: kapanmayan bir tırnak ya da sütunlardan çok hücre",
    },
    "lead_row_count": {
        "en": "“{value}” is no whole number",
        "tr": "“{value}” bir tam sayı değil",
    },
    "lead_row_currency": {
        "en": "“{value}” is no currency; three letters are, as in TRY or EUR",
        "tr": "“{value}” bir para birimi değil; TRY ya da EUR gibi üç harf olmalı",
    },
    "lead_row_kind": {
        "en": "“{value}” says neither click nor conversion",
        "tr": "“{value}” ne tıklama ne dönüşüm",
    },
    "lead_row_long": {
        "en": "one of its names is longer than {most} signs",
        "tr": "adlarından biri {most} karakterden uzun",
    },
    "lead_row_no_campaign": {
        "en": "it names no campaign",
        "tr": "kampanyası yok",
    },
    "lead_row_no_id": {
        "en": "it has no id, so it could not be known again",
        "tr": "id’si yok, bir daha gelse tanınmaz",
    },
    "lead_row_no_time": {
        "en": "it has no time",
        "tr": "zamanı yok",
    },
    "lead_row_time_wrong": {
        "en": "“{value}” is no time",
        "tr": "“{value}” bir zaman değil",
    },
    "lead_row_value": {
        "en": "“{value}” is no amount",
        "tr": "“{value}” bir tutar değil",
    },
    "lead_signature": {
        "en": "The signature is missing or wrong. Nothing was taken; check the secret of this door.",
        "tr": "İmza yok ya da yanlış. Hiçbir şey alınmadı; bu kapının gizli sözcüğünü denetle.",
    },
    "lead_stale": {
        "en": "The message was signed more than {minutes} minutes from now. Check the clock and sign it anew.",
        "tr": "İleti şu andan {minutes} dakikadan daha uzak bir zamanda imzalanmış. Saati denetle, yeniden imzala.",
    },
}
