"""What stories, severity and alarms say."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, dict[str, str]]] = {
    "alarm_budget_range": {
        "en": "A budget of {given} false alarms a week cannot be kept. Choose between 0.1 and 50.",
        "tr": "Haftada {given} yanlış alarm bütçe olamaz. 0,1 ile 50 arasında bir sayı seç.",
    },
    "alarm_gone": {
        "en": "The alarm of this message is kept no more, so nothing was sent.",
        "tr": "Bu iletinin alarmı artık saklanmıyor, o yüzden bir şey gönderilmedi.",
    },
    "alarm_judged_how": {
        "en": "“{given}” is not a word for an alarm. Say useful or false, or nothing to take it back.",
        "tr": "“{given}” bir alarm için kullanılan bir söz değil. useful ya da false de; geri almak için boş bırak.",
    },
    "alarm_unknown": {
        "en": "There is no alarm number {given}. It may have been let go of with an old story; open the list again.",
        "tr": "{given} numaralı alarm yok. Eski bir konuyla birlikte silinmiş olabilir; listeyi yeniden aç.",
    },
    "hook_off": {
        "en": "This address is switched off, so nothing was sent. Switch it on under Settings, Alarms.",
        "tr": "Bu adres kapalı olduğu için bir şey gönderilmedi. Ayarlar, Alarmlar altından açabilirsin.",
    },
    "hook_twice": {
        "en": "Alarms are posted to this address already. Change that one, or give another address.",
        "tr": "Alarmlar bu adrese zaten gönderiliyor. Onu değiştir ya da başka bir adres ver.",
    },
    "mail_not_set_up": {
        "en": "No mail server is set, so no mail can be sent. Set “smtp_host” and its companions in kalkan.toml and start Kalkan again.",
        "tr": "Posta sunucusu ayarlanmamış, o yüzden e-posta gönderilemez. kalkan.toml içinde “smtp_host” ve yanındakileri ayarlayıp Kalkan’ı yeniden başlat.",
    },
    "mail_refused": {
        "en": "The mail server {host} did not take the mail (answer {status}). Check the person’s address and the setting “mail_from”.",
        "tr": "{host} posta sunucusu e-postayı kabul etmedi (yanıt {status}). Kişinin adresini ve “mail_from” ayarını denetle.",
    },
    "mail_sign_in": {
        "en": "The mail server {host} did not accept the name or password. Check “smtp_user” and “smtp_password”.",
        "tr": "{host} posta sunucusu adı ya da parolayı kabul etmedi. “smtp_user” ile “smtp_password” ayarlarını denetle.",
    },
    "mail_unreachable": {
        "en": "The mail server {host} could not be reached ({detail}). Kalkan tries again by itself; if it lasts, check “smtp_host”, “smtp_port” and “smtp_tls”.",
        "tr": "{host} posta sunucusuna ulaşılamadı ({detail}). Kalkan kendiliğinden yeniden dener; sürerse “smtp_host”, “smtp_port” ve “smtp_tls” ayarlarını denetle.",
    },
    "severity_act_harm": {
        "en": "Act: people were harmed (gravity {gravity} of 3) and they name a failure as its cause.",
        "tr": "Harekete geç: zarar görenler var (ağırlığı 3 üzerinden {gravity}) ve neden olarak bir aksaklığı gösteriyorlar.",
    },
    "severity_act_preventable": {
        "en": "Act: people hold that it could have been prevented, and it is well above the usual.",
        "tr": "Harekete geç: insanlar bunun önlenebileceğini söylüyor ve konuşma olağanın epey üstünde.",
    },
    "severity_answer_asks": {
        "en": "Answer: {asks} posts ask for something. Give them what is known and say when there will be more.",
        "tr": "Yanıtla: {asks} gönderi bir şey istiyor. Bilineni söyle, yenisinin ne zaman geleceğini de.",
    },
    "severity_answer_failure": {
        "en": "Answer: people complain of a failure and it is above the usual.",
        "tr": "Yanıtla: insanlar bir aksaklıktan yakınıyor ve bu, olağanın üstünde.",
    },
    "severity_answer_grave": {
        "en": "Answer with care: people were harmed (gravity {gravity} of 3). Sell and joke about nothing meanwhile.",
        "tr": "Özenle yanıtla: zarar görenler var (ağırlığı 3 üzerinden {gravity}). Bu sırada satış da şaka da yapma.",
    },
    "severity_too_little": {
        "en": "Watch: {authors} people are too few to say more.",
        "tr": "İzle: {authors} kişi, daha fazlasını söylemeye yetmez.",
    },
    "severity_watch_calm": {
        "en": "Watch: it is neither far above the usual nor growing. Four in ten such storms leave no mark.",
        "tr": "İzle: olağanın çok üstünde değil, büyümüyor da. Böyle on fırtınadan dördü iz bırakmaz.",
    },
    "severity_watch_chatter": {
        "en": "Watch: much talk, but few complaints and no harm told. An answer now would feed it.",
        "tr": "İzle: konuşan çok, ama şikâyet az, zarardan söz eden yok. Şimdi yanıt vermek bunu besler.",
    },
    "severity_watch_fading": {
        "en": "Watch: it is fading by itself.",
        "tr": "İzle: kendiliğinden sönüyor.",
    },
    "smtp_tls_unknown": {
        "en": "The setting “smtp_tls” is “{value}”, which is not known. Use one of: {known}.",
        "tr": "“smtp_tls” ayarı “{value}”; böyle bir değer yok. Şunlardan birini kullan: {known}.",
    },
    "stories_damaged": {
        "en": "What was known about running stories is damaged ({detail}). Remove the stories checkpoint; the detector then learns again from the archive, and posts are not touched.",
        "tr": "Süren konuların kayıtlı durumu bozulmuş ({detail}). Konuların kayıt dosyasını sil; algılayıcı arşivden yeniden öğrenir, gönderilere dokunulmaz.",
    },
    "stories_done": {
        "en": "{posts} posts replayed, {alarms} alarms.",
        "tr": "{posts} gönderi oynatıldı, {alarms} alarm.",
    },
    "stories_no_column": {
        "en": "{path} has no column that Kalkan knows for this. Name a column one of these: {wanted}.",
        "tr": "{path} dosyasında Kalkan’ın bunun için tanıdığı bir sütun yok. Bir sütuna şu adlardan birini ver: {wanted}.",
    },
    "story_graver": {
        "en": "A story you know has become graver: {authors} people speak of it, gravity {gravity} of 3.",
        "tr": "Bildiğin bir konu ağırlaştı: {authors} kişi konuşuyor, ağırlığı 3 üzerinden {gravity}.",
    },
    "story_reaches": {
        "en": "A story you know now reaches this brand: {authors} people name it, {usual} an hour are usual.",
        "tr": "Bildiğin bir konu artık bu markaya ulaştı: {authors} kişi adını anıyor, olağanı saatte {usual}.",
    },
    "story_reaches_watch": {
        "en": "A story you know now reaches “{watch}”: {authors} people name it, {usual} an hour are usual.",
        "tr": "Bildiğin bir konu artık “{watch}” başlığına ulaştı: {authors} kişi adını anıyor, olağanı saatte {usual}.",
    },
    "story_rises": {
        "en": "{authors} people within {minutes} minutes, where {usual} an hour are usual.",
        "tr": "{minutes} dakika içinde {authors} kişi; olağanı saatte {usual}.",
    },
    "story_turns": {
        "en": "A story you know takes a new turn: {authors} people within {minutes} minutes, {usual} an hour are usual.",
        "tr": "Bildiğin bir konu yön değiştiriyor: {minutes} dakika içinde {authors} kişi; olağanı saatte {usual}.",
    },
}
