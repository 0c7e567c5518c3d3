"""What the shield, the evidence vault and the deeds on a network say."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, dict[str, str]]] = {
    "deed_address_wrong": {
        "en": "“{address}” is not the address of a Bluesky post. Open the post again and try from there.",
        "tr": "“{address}” bir Bluesky gönderisinin adresi değil. Gönderiyi yeniden açıp oradan dene.",
    },
    "deed_incomplete": {
        "en": "For this action ({kind}) something is missing: {missing}.",
        "tr": "Bu işlem ({kind}) için eksik olan var: {missing}.",
    },
    "deed_not_here": {
        "en": "{network} has no such action ({kind}). Choose another one.",
        "tr": "{network} böyle bir işleme izin vermiyor ({kind}). Başka birini seç.",
    },
    "deed_not_ours": {
        "en": "Only whoever began a thread can close it or hide answers in it, and {post} is not ours ({kind}).",
        "tr": "Bir konuşmayı yalnızca başlatan kapatabilir ya da içindeki yanıtı gizleyebilir; {post} bizim değil ({kind}).",
    },
    "deed_stays": {
        "en": "{kind} cannot be undone on this network.",
        "tr": "{kind} bu ağda geri alınamaz.",
    },
    "evidence_about": {
        "en": "{n} records, captured from {begin} to {end} (UTC).",
        "tr": "{n} kayıt; {begin} ile {end} arasında saklandı (UTC).",
    },
    "evidence_before": {
        "en": "SHA-256 of the record before",
        "tr": "Önceki kaydın SHA-256’sı",
    },
    "evidence_captured": {
        "en": "Captured",
        "tr": "Saklandı",
    },
    "evidence_context": {
        "en": "Around it",
        "tr": "Çevresi",
    },
    "evidence_damaged": {
        "en": "The record {where} is not what it was ({why}), so no report is made of it. Compare it with a backup.",
        "tr": "{where} numaralı kayıt eskisi gibi değil ({why}); bu yüzden raporu yapılmadı. Yedekle karşılaştır.",
    },
    "evidence_empty": {
        "en": "No record was chosen. Choose at least one.",
        "tr": "Hiç kayıt seçilmedi. En az birini seç.",
    },
    "evidence_file_wrong": {
        "en": "The file {name} is missing or not what the record says. Restore it from a backup.",
        "tr": "{name} dosyası yok ya da kayıttakiyle aynı değil. Yedekten geri yükle.",
    },
    "evidence_files": {
        "en": "Files",
        "tr": "Dosyalar",
    },
    "evidence_folder_full": {
        "en": "The folder {path} is not empty. Choose a new one.",
        "tr": "{path} klasörü boş değil. Yeni bir klasör seç.",
    },
    "evidence_hold": {
        "en": "Hold",
        "tr": "Dosya",
    },
    "evidence_how": {
        "en": "Each record carries a hash of all it says and of the record before it; “sha256sum -c SHA256SUMS” checks the files. Captured from public posts as the network gave them.",
        "tr": "Her kayıt, söylediği her şeyin ve önceki kaydın özetini taşır; “sha256sum -c SHA256SUMS” dosyaları denetler. Herkese açık gönderilerden, ağın verdiği gibi saklandı.",
    },
    "evidence_no_bundle": {
        "en": "There is no evidence report in {path}: the file SHA256SUMS is missing.",
        "tr": "{path} içinde kanıt raporu yok: SHA256SUMS dosyası eksik.",
    },
    "evidence_post": {
        "en": "Post",
        "tr": "Gönderi",
    },
    "evidence_reason": {
        "en": "Why",
        "tr": "Neden",
    },
    "evidence_title": {
        "en": "Evidence for {brand}",
        "tr": "{brand} için kanıt dosyası",
    },
    "evidence_unreadable": {
        "en": "This record of the evidence vault cannot be read ({detail}). Restore it from a backup.",
        "tr": "Kanıt kasasındaki bu kayıt okunamıyor ({detail}). Yedekten geri yükle.",
    },
    "evidence_without_post": {
        "en": "There is no post to capture: it needs at least an id and its text.",
        "tr": "Saklanacak bir gönderi yok: en az kimliği ve metni gerekir.",
    },
    "hold_nameless": {
        "en": "An evidence hold needs a name, a reason and the person who opened it.",
        "tr": "Kanıt saklamak için dosyanın adı, nedeni ve açan kişi yazılmalı.",
    },
    "hold_past": {
        "en": "A hold must end later than today. Give a day to come.",
        "tr": "Saklama bugünden sonra bitmeli. İleri bir gün ver.",
    },
    "hold_reason": {
        "en": "The room check says HOLD. To agree all the same, write why: it goes to the ledger with your name.",
        "tr": "Ortam yoklaması BEKLET diyor. Yine de onaylamak için nedenini yaz: adınla birlikte deftere geçer.",
    },
    "hours_clock_wrong": {
        "en": "“{clock}” is no time of day. Write it like 09:30.",
        "tr": "“{clock}” bir saat değil. 09:30 gibi yaz.",
    },
    "hours_never_open": {
        "en": "The business hours in {zone} have no open hour, so that no answer is ever due. Open at least one day.",
        "tr": "{zone} için çalışma saatlerinde açık saat yok; hiçbir yanıtın süresi gelmez. En az bir günü aç.",
    },
    "hours_wrong": {
        "en": "The hours of day {day} ({spans}) end before they begin or overlap. Write them in order, like 09:00–18:00.",
        "tr": "{day}. günün saatleri ({spans}) başlamadan bitiyor ya da çakışıyor. Sırayla yaz, 09:00–18:00 gibi.",
    },
    "hours_zone_unknown": {
        "en": "There is no time zone “{zone}”. Write one like Europe/Istanbul.",
        "tr": "“{zone}” diye bir saat dilimi yok. Europe/Istanbul gibi bir ad yaz.",
    },
    "item_moved_on": {
        "en": "Somebody changed this in the meantime. Look at it again before you decide; what you wrote is still here.",
        "tr": "Bu arada biri bunu değiştirdi. Karar vermeden önce yeniden bak; yazdıkların hâlâ burada.",
    },
    "label_unit_unknown": {
        "en": "This is not one of the sample's people. Open the sample again and go on from there.",
        "tr": "Bu, örneklemdeki kişilerden biri değil. Örneklemi yeniden aç ve oradan sürdür.",
    },
    "notifications_not_here": {
        "en": "{network} has no notifications that Kalkan can read. Answer there by hand.",
        "tr": "{network} ağında Kalkan’ın okuyabileceği bildirim yok. Orada elle yanıtla.",
    },
    "reply_elsewhere": {
        "en": "The post to be answered is not on {network}. Choose an account on the network where it stands.",
        "tr": "Yanıtlanacak gönderi {network} üzerinde değil. Gönderinin bulunduğu ağdan bir hesap seç.",
    },
    "reply_empty": {
        "en": "The reply is empty. Write something first.",
        "tr": "Yanıt boş. Önce bir şey yaz.",
    },
    "reply_target_gone": {
        "en": "The post to be answered ({id}) is not there any more, or not visible to this account.",
        "tr": "Yanıtlanacak gönderi ({id}) artık yok ya da bu hesaba görünmüyor.",
    },
    "shield_audit_empty": {
        "en": "Nothing came in during the last four weeks, so no sample was drawn. Try again when the inbox has filled.",
        "tr": "Son dört haftada bir şey gelmedi; örneklem çekilmedi. Gelen kutusu dolunca yeniden dene.",
    },
    "shield_audit_no_ids": {
        "en": "These posts have no ids, so that nobody could say which of them was judged. Audit posts of the archive.",
        "tr": "Bu gönderilerin kimliği yok; hangisine karar verildiği bilinemez. Arşivdeki gönderileri denetle.",
    },
    "shield_folded_abuse": {
        "en": "Folded: insults and nothing that asks or criticises. Open it if you want to.",
        "tr": "Katlandı: hakaret var, soru da eleştiri de yok. İstersen aç.",
    },
    "shield_folded_hate": {
        "en": "Folded: it demeans people for what they are.",
        "tr": "Katlandı: insanları kimliklerinden ötürü aşağılıyor.",
    },
    "shield_folded_rule": {
        "en": "Folded by the team’s rule “{rule}”.",
        "tr": "Ekibin “{rule}” kuralıyla katlandı.",
    },
    "shield_folded_sexual": {
        "en": "Folded: sexual insults.",
        "tr": "Katlandı: cinsel içerikli hakaret.",
    },
    "shield_folded_spam": {
        "en": "Folded: it reads as advertising or bait.",
        "tr": "Katlandı: reklam ya da tuzak gibi okunuyor.",
    },
    "shield_held_doxing": {
        "en": "Held for a named person: it may give away where somebody lives or how to reach them.",
        "tr": "Adı belli bir kişi için tutuluyor: birinin adresini ya da numarasını ifşa ediyor olabilir.",
    },
    "shield_held_harm": {
        "en": "Held for a named person: abuse with words of harm in it. Somebody should judge whether it is a threat.",
        "tr": "Adı belli bir kişi için tutuluyor: içinde zarar verme sözleri geçen hakaret. Tehdit mi, bir insan karar versin.",
    },
    "shield_held_threat": {
        "en": "Held for a named person: it reads as a threat.",
        "tr": "Adı belli bir kişi için tutuluyor: tehdit gibi okunuyor.",
    },
    "shield_policy_unreadable": {
        "en": "This shield policy cannot be read ({detail}). Save it again on the shield page.",
        "tr": "Bu kalkan ilkesi okunamıyor ({detail}). Kalkan sayfasında yeniden kaydet.",
    },
    "shield_rule_empty": {
        "en": "The rule “{name}” needs at least one word or account, and at most {most}.",
        "tr": "“{name}” kuralına en az bir sözcük ya da hesap gerekir; en çok {most}.",
    },
    "shield_rule_unreadable": {
        "en": "This rule cannot be read ({detail}). Write it again.",
        "tr": "Bu kural okunamıyor ({detail}). Yeniden yaz.",
    },
    "shield_rule_wrong": {
        "en": "The rule “{name}” has a {field} that does not exist. Choose one of: {known}.",
        "tr": "“{name}” kuralının {field} değeri tanınmıyor. Şunlardan birini seç: {known}.",
    },
    "shield_says_balanced": {
        "en": "What is likely abuse is folded; harsh criticism stays open.",
        "tr": "Hakaret olması muhtemel olan katlanır; sert eleştiri açık kalır.",
    },
    "shield_says_fold_abuse_off": {
        "en": "Abuse is shown as it is.",
        "tr": "Hakaret olduğu gibi gösterilir.",
    },
    "shield_says_fold_abuse_on": {
        "en": "Abuse is folded behind its category. One click opens it.",
        "tr": "Hakaret, türünün arkasına katlanır. Bir tıkla açılır.",
    },
    "shield_says_fold_insults_off": {
        "en": "Insults inside complaints are shown as they are.",
        "tr": "Şikâyetlerin içindeki hakaretler olduğu gibi gösterilir.",
    },
    "shield_says_fold_insults_on": {
        "en": "In a complaint only the insult is folded; the complaint is shown.",
        "tr": "Bir şikâyetin içinde yalnızca hakaret katlanır; şikâyet gösterilir.",
    },
    "shield_says_fold_spam_off": {
        "en": "Advertising and bait are shown.",
        "tr": "Reklam ve tuzaklar gösterilir.",
    },
    "shield_says_fold_spam_on": {
        "en": "Advertising and bait are folded.",
        "tr": "Reklam ve tuzaklar katlanır.",
    },
    "shield_says_gentle": {
        "en": "Only what is almost surely abuse is folded; the rest you read as it is.",
        "tr": "Yalnızca neredeyse kesin hakaret olan katlanır; gerisini olduğu gibi okursun.",
    },
    "shield_says_hold_doxing_off": {
        "en": "Private addresses and numbers are not held.",
        "tr": "Özel adres ve numaralar tutulmaz.",
    },
    "shield_says_hold_doxing_on": {
        "en": "Private addresses and numbers are held for a named person.",
        "tr": "Özel adres ve numaralar adı belli bir kişi için tutulur.",
    },
    "shield_says_hold_threats_off": {
        "en": "Threats are not held.",
        "tr": "Tehditler tutulmaz.",
    },
    "shield_says_hold_threats_on": {
        "en": "Threats are held for a named person, and captured as evidence.",
        "tr": "Tehditler adı belli bir kişi için tutulur ve kanıt olarak saklanır.",
    },
    "shield_says_rule": {
        "en": "Questions, asks, complaints and criticism are never hidden, whatever is chosen here.",
        "tr": "Burada ne seçilirse seçilsin sorular, istekler, şikâyetler ve eleştiriler hiç gizlenmez.",
    },
    "shield_says_strict": {
        "en": "What may be abuse is folded too; you will meet more folds that were not needed.",
        "tr": "Hakaret olabilecek olan da katlanır; gereksiz katlanmış gönderilere daha sık rastlarsın.",
    },
    "shield_shown_abuse": {
        "en": "Abuse; the policy lets it show.",
        "tr": "Hakaret; ilke gösterilmesine izin veriyor.",
    },
    "shield_shown_ask": {
        "en": "It asks the brand to do something.",
        "tr": "Markadan bir şey yapmasını istiyor.",
    },
    "shield_shown_complaint": {
        "en": "A complaint.",
        "tr": "Bir şikâyet.",
    },
    "shield_shown_criticism": {
        "en": "Criticism.",
        "tr": "Eleştiri.",
    },
    "shield_shown_grievance": {
        "en": "Shown: harsh, but it is a criticism, and a criticism is never hidden.",
        "tr": "Gösteriliyor: sert, ama bir eleştiri; eleştiri hiç gizlenmez.",
    },
    "shield_shown_other": {
        "en": "Nothing that asks for care.",
        "tr": "Özen isteyen bir şey yok.",
    },
    "shield_shown_praise": {
        "en": "Praise.",
        "tr": "Övgü.",
    },
    "shield_shown_question": {
        "en": "A question.",
        "tr": "Bir soru.",
    },
    "shield_shown_rule": {
        "en": "Shown by the team’s rule “{rule}”.",
        "tr": "Ekibin “{rule}” kuralıyla gösteriliyor.",
    },
    "shield_shown_spam": {
        "en": "Advertising or bait; the policy lets it show.",
        "tr": "Reklam ya da tuzak; ilke gösterilmesine izin veriyor.",
    },
    "shield_shown_threat": {
        "en": "A threat or a private address; the policy does not hold it.",
        "tr": "Tehdit ya da özel adres; ilke bunu tutmuyor.",
    },
    "shield_softened": {
        "en": "Shown, with the insult in it folded (words: {words}): the criticism stays.",
        "tr": "Gösteriliyor, içindeki hakaret katlandı ({words} sözcük): eleştiri olduğu gibi duruyor.",
    },
    "shield_softened_doubt": {
        "en": "Shown, with hard words folded (words: {words}): abuse or criticism, so the rest stays open.",
        "tr": "Gösteriliyor, ağır sözler katlandı ({words} sözcük): hakaret de olabilir, eleştiri de; gerisi açık.",
    },
    "shield_softened_rule": {
        "en": "Shown, with the words of the team’s rule “{rule}” folded (words: {words}): a criticism is never hidden.",
        "tr": "Gösteriliyor, ekibin “{rule}” kuralındaki sözler katlandı ({words} sözcük): eleştiri hiç gizlenmez.",
    },
    "shield_strictness_unknown": {
        "en": "There is no strictness “{strictness}”. Choose one of: {known}.",
        "tr": "“{strictness}” diye bir sıkılık yok. Şunlardan birini seç: {known}.",
    },
    "shield_why_ask": {
        "en": "Ask",
        "tr": "İstek",
    },
    "shield_why_complaint": {
        "en": "Complaint",
        "tr": "Şikâyet",
    },
    "shield_why_grievance": {
        "en": "Criticism: it is never hidden",
        "tr": "Eleştiri: hiç gizlenmez",
    },
    "shield_why_hard_community": {
        "en": "A hard question: how people are treated",
        "tr": "Zor soru: insanlara nasıl davranıldığı üzerine",
    },
    "shield_why_hard_service": {
        "en": "A hard question: service or safety",
        "tr": "Zor soru: hizmet ya da güvenlik üzerine",
    },
    "shield_why_hard_stance": {
        "en": "A hard question: where the brand stands",
        "tr": "Zor soru: markanın duruşu üzerine",
    },
    "shield_why_no_threat": {
        "en": "Not a threat",
        "tr": "Tehdit değil",
    },
    "shield_why_not_abuse": {
        "en": "Little that speaks for abuse",
        "tr": "Hakaret sayılacak pek bir şey yok",
    },
    "shield_why_praise": {
        "en": "Praise",
        "tr": "Övgü",
    },
    "shield_why_question": {
        "en": "Question",
        "tr": "Soru",
    },
    "snooze_past": {
        "en": "That moment has passed. Choose a later one.",
        "tr": "Bu an geçti. Daha sonrasını seç.",
    },
    "tags_many": {
        "en": "{most} tags at most.",
        "tr": "En çok {most} etiket.",
    },
}
