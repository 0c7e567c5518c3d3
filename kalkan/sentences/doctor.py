"""What the doctor says."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, dict[str, str]]] = {
    "doctor_archive": {
        "en": "The archive opens: {files} files, {posts} posts. “kalkan archive check” reads every page.",
        "tr": "Arşiv açılıyor: {files} dosya, {posts} gönderi. “kalkan archive check” her sayfayı okur.",
    },
    "doctor_archive_none": {
        "en": "There is no archive yet; “kalkan up” makes it.",
        "tr": "Arşiv henüz yok; “kalkan up” oluşturur.",
    },
    "doctor_clock": {
        "en": "The clock says {now} UTC.",
        "tr": "Saat {now} UTC.",
    },
    "doctor_clock_wrong": {
        "en": "The clock says {now} UTC, which cannot be. Set it (time service), otherwise every period is wrong.",
        "tr": "Saat {now} UTC gösteriyor; bu olamaz. Ayarla (saat hizmeti), yoksa tüm dönemler yanlış olur.",
    },
    "doctor_database": {
        "en": "The desk’s database is in order ({path}).",
        "tr": "Masanın veritabanı yerinde ({path}).",
    },
    "doctor_database_damaged": {
        "en": "The desk’s database {path} is damaged ({detail}). Bring back the last backup with “kalkan restore”.",
        "tr": "Masanın veritabanı {path} bozuk ({detail}). Son yedeği “kalkan restore” ile geri yükle.",
    },
    "doctor_database_none": {
        "en": "The desk has no database yet; “kalkan up” makes it.",
        "tr": "Masanın veritabanı henüz yok; “kalkan up” oluşturur.",
    },
    "doctor_disk": {
        "en": "The disk has {free} MB free.",
        "tr": "Diskte {free} MB boş yer var.",
    },
    "doctor_disk_low": {
        "en": "The disk of {path} has only {free} MB free. Make room before listening stops.",
        "tr": "{path} diskinde yalnızca {free} MB boş yer var. Dinleme durmadan yer aç.",
    },
    "doctor_job": {
        "en": "The worker's job “{name}” failed at {at} ({code}). It is tried again by itself; the page “What is listened to” says why.",
        "tr": "Arka plandaki “{name}” işi {at} anında aksadı ({code}). Kendiliğinden yeniden denenir; nedeni “Neler dinleniyor” sayfasında.",
    },
    "doctor_ledger": {
        "en": "The ledger of {brand} is whole: {entries} entries, each bound to the one before it.",
        "tr": "{brand} markasının defteri sağlam: {entries} kayıt var, her biri kendinden öncekine bağlı.",
    },
    "doctor_ledger_broken": {
        "en": "The ledger of {brand} is not what it was: the first break is at entry {entry} ({why}). Somebody or something changed the database past Kalkan; compare with a backup or an export.",
        "tr": "{brand} markasının defteri eskisi gibi değil: ilk kopukluk {entry} numaralı kayıtta ({why}). Veritabanı Kalkan’ın dışından değiştirilmiş; bir yedekle ya da dışa aktarılmış bir kopyayla karşılaştır.",
    },
    "doctor_listener": {
        "en": "The listener {source} says: {state}. Its page is “What is listened to”.",
        "tr": "{source} dinleyicisinin durumu: {state}. Sayfası: “Neler dinleniyor”.",
    },
    "doctor_models": {
        "en": "The models are whole: {recipe}.",
        "tr": "Modeller sağlam: {recipe}.",
    },
    "doctor_port": {
        "en": "Port {port} on {host} is free.",
        "tr": "{host} üzerindeki {port} portu boş.",
    },
    "doctor_python": {
        "en": "Python {python} on {system}.",
        "tr": "{system} üzerinde Python {python}.",
    },
    "doctor_reachable": {
        "en": "{network} answers ({host}).",
        "tr": "{network} yanıt veriyor ({host}).",
    },
    "doctor_running": {
        "en": "Kalkan is running on {host}, port {port}.",
        "tr": "Kalkan {host} adresinde, {port} portunda çalışıyor.",
    },
    "doctor_settings": {
        "en": "Settings are in order; data in {path}.",
        "tr": "Ayarlar yerinde; veriler: {path}.",
    },
    "doctor_unreachable": {
        "en": "{network} does not answer ({host}: {detail}). Check the connection or the firewall; listening waits and catches up.",
        "tr": "{network} yanıt vermiyor ({host}: {detail}). Bağlantıyı ya da güvenlik duvarını denetle; dinleme bekler ve arayı kapatır.",
    },
}
