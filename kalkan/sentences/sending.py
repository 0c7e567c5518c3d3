"""What drafts, approvals, accounts, publishing and the ledger say."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, dict[str, str]]] = {
    "account_missing": {
        "en": "No account is connected, so nothing could go out. An owner connects one under Settings, Accounts; then submit again.",
        "tr": "Bağlı hesap yok, bu yüzden hiçbir şey çıkamaz. Markanın sahibi Ayarlar, Hesaplar altında bir hesap bağlasın; sonra yeniden sun.",
    },
    "account_not_found": {
        "en": "The server does not know the account {account}. Check its name.",
        "tr": "Sunucu {account} hesabını tanımıyor. Adını denetle.",
    },
    "account_other": {
        "en": "The token belongs to another account now ({handle}). Connect the right one again.",
        "tr": "Erişim anahtarı artık başka bir hesabın ({handle}). Doğru hesabı yeniden bağla.",
    },
    "account_plain": {
        "en": "{server} is reached without encryption, so anybody on the way could read the account’s token. Give an address that begins with https://.",
        "tr": "{server} adresine şifresiz ulaşılıyor; yol üzerindeki herkes hesabın erişim anahtarını okuyabilir. https:// ile başlayan bir adres ver.",
    },
    "account_refused": {
        "en": "{server} does not let Kalkan speak for this account ({detail}). Connect the account again.",
        "tr": "{server}, Kalkan’ın bu hesap adına konuşmasına izin vermiyor ({detail}). Hesabı yeniden bağla.",
    },
    "account_taken": {
        "en": "The account {handle} belongs to another brand of this desk. Disconnect it there first.",
        "tr": "{handle} hesabı bu masadaki başka bir markaya bağlı. Önce oradan ayır.",
    },
    "account_unmade": {
        "en": "No account could be made here. If you have one on this Kalkan, choose “I have an account” above and sign in; otherwise ask the owner of the brand for a new invitation.",
        "tr": "Burada hesap açılamadı. Bu Kalkan’da hesabın varsa yukarıdan “Hesabım var”ı seçip giriş yap; yoksa markanın sahibinden yeni bir davet iste.",
    },
    "account_unreadable": {
        "en": "The account’s credentials cannot be used. Connect the account again.",
        "tr": "Hesabın erişim bilgileri kullanılamıyor. Hesabı yeniden bağla.",
    },
    "approval_late": {
        "en": "Held: the approval did not come in time. A late approval sends nothing by itself: give it a new time and submit it again.",
        "tr": "Bekletildi: onay zamanında gelmedi. Geç gelen onay kendiliğinden hiçbir şey göndermez: yeni bir zaman ver ve yeniden onaya gönder.",
    },
    "approval_other_version": {
        "en": "The draft was changed after this page was opened, so nothing was approved. Reload the page, read the new version and decide again.",
        "tr": "Taslak bu sayfa açıldıktan sonra değişti, bu yüzden hiçbir şey onaylanmadı. Sayfayı yenile, yeni sürümü oku ve yeniden karar ver.",
    },
    "approval_own": {
        "en": "You wrote on this version, so somebody else has to approve it.",
        "tr": "Bu sürümde senin de emeğin var; onu başka birinin onaylaması gerekiyor.",
    },
    "approval_role": {
        "en": "The brand’s rules do not let this role decide on this kind of draft. Ask somebody whom they name.",
        "tr": "Markanın kurallarına göre bu rol bu tür bir taslak için karar veremez. Kuralların belirttiği birine sor.",
    },
    "approval_twice": {
        "en": "You have approved this version already. One person’s approval counts once.",
        "tr": "Bu sürümü zaten onayladın. Bir kişinin onayı bir kez sayılır.",
    },
    "changes_reason": {
        "en": "Write what should change, so that they know.",
        "tr": "Neyin değişmesi gerektiğini yaz ki bilsinler.",
    },
    "changes_requested": {
        "en": "Changes are asked for. Edit the draft and submit it again.",
        "tr": "Değişiklik isteniyor. Taslağı düzenleyip yeniden onaya gönder.",
    },
    "clock_went_back": {
        "en": "The machine’s clock says {now}, but it has said {seen} before, so nothing is sent. If the clock is wrong now, put it right; if it was wrong before, say that it is right now.",
        "tr": "Makinenin saati {now} diyor, oysa daha önce {seen} demişti; bu yüzden hiçbir şey gönderilmiyor. Saat şimdi yanlışsa düzelt; önceden yanlıştıysa şimdi doğru olduğunu söyle.",
    },
    "draft_changed": {
        "en": "Held: what is stored is not what was approved. Look at the newest version and submit it again.",
        "tr": "Bekletildi: saklanan metin onaylanan metin değil. En yeni sürüme bak ve yeniden onaya gönder.",
    },
    "draft_empty": {
        "en": "There is nothing to send yet: write a text for at least one account that goes out.",
        "tr": "Henüz gönderilecek bir şey yok: en az bir hesap için metin yaz ve onu işaretle.",
    },
    "draft_late": {
        "en": "Held: it could not go out in time, and nothing overdue is sent. Give it a new time and have it approved again, or withdraw it.",
        "tr": "Bekletildi: zamanında çıkamadı, gecikmiş hiçbir şey gönderilmez. Yeni bir zaman verip yeniden onaylat ya da geri çek.",
    },
    "draft_move": {
        "en": "The draft has moved on, and this is not possible any more. Reload the page to see where it stands.",
        "tr": "Taslağın durumu değişti, bu artık yapılamaz. Nerede olduğunu görmek için sayfayı yenile.",
    },
    "draft_moved_on": {
        "en": "Somebody saved version {version} while you were writing. Your text still stands here: copy what you need, open the draft again and put it in.",
        "tr": "Sen yazarken biri {version} numaralı sürümü kaydetti. Yazdığın burada duruyor: gerekeni kopyala, taslağı yeniden aç ve oraya koy.",
    },
    "draft_no_text": {
        "en": "The draft has no text. Give it as JSON with a field “text”.",
        "tr": "Taslağın metni yok. “text” alanı olan bir JSON ver.",
    },
    "draft_not_due": {
        "en": "This draft is not due yet.",
        "tr": "Bu taslağın zamanı daha gelmedi.",
    },
    "draft_paused": {
        "en": "Held: it fell due during a pause. It does not go out by itself afterwards; decide what is to become of it.",
        "tr": "Bekletildi: zamanı bir duraklatmaya denk geldi. Sonrasında kendiliğinden çıkmaz; ne olacağına sen karar ver.",
    },
    "draft_unapproved": {
        "en": "Held: at the time of sending it did not have the approvals that the rules ask for; a rule or a person’s role may have changed. Edit it and submit it again.",
        "tr": "Bekletildi: gönderme anında kuralların istediği onaylar tamam değildi; bir kural ya da birinin rolü değişmiş olabilir. Düzenleyip yeniden onaya gönder.",
    },
    "draft_unfit": {
        "en": "A network would not take it as it is: what stands against it is written beside each text and picture. It was saved, not submitted.",
        "tr": "Bir ağ bunu bu haliyle almaz: engeller her metnin ve resmin yanında yazıyor. Kaydedildi ama sunulmadı.",
    },
    "draft_withdrawn": {
        "en": "Withdrawn by a person.",
        "tr": "Biri geri çekti.",
    },
    "ledger_body": {
        "en": "This cannot stand in the ledger ({detail}): only text, whole numbers, lists and names with values can.",
        "tr": "Bu, deftere yazılamaz ({detail}): yalnızca metin, tam sayı, liste ve adlı değerler yazılabilir.",
    },
    "ledger_kind": {
        "en": "The ledger knows no entries of the kind “{kind}”.",
        "tr": "Defterde “{kind}” türünde kayıt yoktur.",
    },
    "ledger_row": {
        "en": "This is no entry of the ledger.",
        "tr": "Bu, defterden bir kayıt değil.",
    },
    "ledger_salt": {
        "en": "A private note needs a salt of at least 16 signs.",
        "tr": "Özel bir not için en az 16 imlik bir tuz gerekir.",
    },
    "media_alt_long": {
        "en": "The alt text of picture {number} has {n} signs; the network takes {most}. Shorten it.",
        "tr": "{number}. resmin alternatif metni {n} karakter; ağ en çok {most} alıyor. Kısalt.",
    },
    "media_changed": {
        "en": "A stored picture ({sha256}) is not what it was when it was approved: the data folder is damaged. Restore a backup, or add the picture again.",
        "tr": "Saklanan bir resim ({sha256}) onaylandığı günkü gibi değil: veri klasörü zarar görmüş. Bir yedeği geri yükle ya da resmi yeniden ekle.",
    },
    "media_kind": {
        "en": "The network does not take picture {number} ({mime}). Save it as JPEG or PNG.",
        "tr": "Ağ {number}. resmi almıyor ({mime}). JPEG ya da PNG olarak kaydet.",
    },
    "media_not_ready": {
        "en": "{server} is still working on a picture. Kalkan asks again in a moment.",
        "tr": "{server} bir resmi hâlâ işliyor. Kalkan birazdan yeniden soracak.",
    },
    "media_too_big": {
        "en": "Picture {number} has {kb} kB; the network takes {most} kB. Make it smaller and add it again: Kalkan changes no picture by itself.",
        "tr": "{number}. resim {kb} kB; ağ en çok {most} kB alıyor. Küçültüp yeniden ekle: Kalkan hiçbir resmi kendiliğinden değiştirmez.",
    },
    "media_without_alt": {
        "en": "Picture {number} has no alt text. Say in words what it shows.",
        "tr": "{number}. resmin alternatif metni yok. Ne gösterdiğini sözle anlat.",
    },
    "outside_closed": {
        "en": "This link is no longer open. Ask whoever sent it for a new one.",
        "tr": "Bu bağlantı artık açık değil. Gönderenden yenisini iste.",
    },
    "outside_not_taken": {
        "en": "Nobody from outside can be asked now: either nothing waits for approval, or the rules take no approvers without an account. An owner sets that under Settings, Approvals.",
        "tr": "Şu anda dışarıdan kimseye sorulamaz: ya onay bekleyen bir şey yok ya da kurallar hesabı olmayan onaylayan kabul etmiyor. Markanın sahibi bunu Ayarlar, Onaylar altında belirler.",
    },
    "picture_gone": {
        "en": "A picture ({digest}…) is gone from the data folder, or is not what it was. Take it out of the draft and add it again.",
        "tr": "Bir resim ({digest}…) veri klasöründe yok ya da eskisi gibi değil. Taslaktan çıkarıp yeniden ekle.",
    },
    "picture_large": {
        "en": "The picture is too large: {most} MB a file and 40 million pixels are the most. Make it smaller and add it again.",
        "tr": "Resim çok büyük: dosya başına en çok {most} MB ve 40 milyon piksel olabilir. Küçültüp yeniden ekle.",
    },
    "picture_unreadable": {
        "en": "This could not be opened as a picture. Save it as JPEG, PNG or WebP and add it again.",
        "tr": "Bu, resim olarak açılamadı. JPEG, PNG ya da WebP olarak kaydedip yeniden ekle.",
    },
    "policy_late": {
        "en": "A draft cannot be sent {minutes} minutes late. Give between 1 and {most} minutes: later than that, a network can no longer tell a second try from a second post.",
        "tr": "Bir taslak {minutes} dakika geç gönderilemez. 1 ile {most} dakika arasında bir süre ver: daha sonra bir ağ, yeniden denemeyi yeni bir gönderiden ayırt edemez.",
    },
    "policy_rule": {
        "en": "This rule of approval cannot work ({kinds}, {needed} needed). It needs at least one person, from a role that may approve, and every required role must be one of those.",
        "tr": "Bu onay kuralı işleyemez ({kinds}, gereken: {needed}). En az bir kişi, onay verebilen bir rolden olmalı; şart koşulan her rol de bunların arasında bulunmalı.",
    },
    "post_card": {
        "en": "A link card is possible only on Bluesky, in a post without pictures. Take out the card or the pictures.",
        "tr": "Bağlantı kartı yalnızca Bluesky’da, resimsiz bir gönderide olur. Kartı ya da resimleri çıkar.",
    },
    "post_card_address": {
        "en": "The card’s link must begin with https:// or http://.",
        "tr": "Kartın bağlantısı https:// ya da http:// ile başlamalı.",
    },
    "post_empty": {
        "en": "The post is empty. Write a text or add a picture.",
        "tr": "Gönderi boş. Bir metin yaz ya da bir resim ekle.",
    },
    "post_gone": {
        "en": "The post {id} is not there any more, so it cannot be reported.",
        "tr": "{id} gönderisi artık yok; bu yüzden bildirilemez.",
    },
    "post_media_count": {
        "en": "The post has {n} pictures; the network takes {most}. Take some out or make it a thread.",
        "tr": "Gönderide {n} resim var; ağ en çok {most} alıyor. Birkaçını çıkar ya da diziye böl.",
    },
    "post_not_ours": {
        "en": "{id} is no post of this account. It can be taken down only by the account that made it.",
        "tr": "{id} bu hesabın gönderisi değil. Onu yalnızca paylaşan hesap kaldırabilir.",
    },
    "post_too_long": {
        "en": "The post has {n} signs; this account’s server takes {most}. Shorten it or make it a thread.",
        "tr": "Gönderide {n} karakter var; bu hesabın sunucusu en çok {most} kabul ediyor. Kısalt ya da diziye böl.",
    },
    "post_too_many_bytes": {
        "en": "The post has {n} bytes; the network takes {most}. Emoji and letters with marks take several: use fewer of them.",
        "tr": "Gönderi {n} bayt; ağ en çok {most} bayt alıyor. Emojiler ve işaretli harfler birkaç bayt tutar: daha az kullan.",
    },
    "post_visibility": {
        "en": "This network has no posts that are “{visibility}”. Choose public.",
        "tr": "Bu ağda görünürlüğü “{visibility}” olan gönderi yok. Herkese açık olanı seç.",
    },
    "post_warning": {
        "en": "This network has no content warnings in free words. Say it in the text.",
        "tr": "Bu ağda serbest metinli içerik uyarısı yok. Uyarıyı metnin içinde ver.",
    },
    "publish_network_unknown": {
        "en": "Kalkan cannot publish on “{network}”. It can on: {known}.",
        "tr": "Kalkan “{network}” üzerinde yayımlayamaz. Yayımlayabildiği ağlar: {known}.",
    },
    "publish_other_post": {
        "en": "Where this post should go, another one stands ({uri}). Nothing was changed; look at it yourself.",
        "tr": "Bu gönderinin gideceği yerde başka bir gönderi var ({uri}). Hiçbir şey değiştirilmedi; kendin bak.",
    },
    "publish_refused": {
        "en": "{server} does not take the post: {detail}",
        "tr": "{server} gönderiyi almıyor: {detail}",
    },
    "publish_unsure": {
        "en": "{server} did not say whether it took the post. Kalkan looks before it tries again.",
        "tr": "{server} gönderiyi alıp almadığını söylemedi. Kalkan yeniden denemeden önce bakıyor.",
    },
    "release_late": {
        "en": "It is too late for the planned time, and nothing overdue is sent. Give the draft a new time and have it approved again.",
        "tr": "Planlanan zaman çoktan geçti, gecikmiş hiçbir şey gönderilmez. Taslağa yeni bir zaman ver ve yeniden onaylat.",
    },
    "release_reason": {
        "en": "The room check said HOLD. To send it in spite of that, give the reason: it goes into the ledger.",
        "tr": "Ortam yoklaması BEKLET dedi. Yine de göndermek için nedenini yaz: deftere geçecek.",
    },
    "release_role": {
        "en": "The brand’s rules do not let this role send by hand. Ask an owner or an approver.",
        "tr": "Markanın kurallarına göre bu rol elle gönderemez. Bir sahibe ya da onaylayana sor.",
    },
    "release_unapproved": {
        "en": "This version does not have the approvals it needs. Edit the draft and submit it again.",
        "tr": "Bu sürümün gereken onayları yok. Taslağı düzenleyip yeniden onaya gönder.",
    },
    "sign_in_again": {
        "en": "Too much time has passed since the password. Sign in again.",
        "tr": "Parolanın üzerinden çok zaman geçti. Yeniden giriş yap.",
    },
    "sign_in_wait": {
        "en": "Too many wrong passwords. Try again in {minutes} min; nothing else is locked.",
        "tr": "Çok sayıda yanlış parola girildi. {minutes} dk sonra yeniden dene; başka hiçbir şey kilitlenmedi.",
    },
    "sign_in_wrong": {
        "en": "E-mail and password do not belong together. Check both and try again.",
        "tr": "E-posta ile parola birbirini tutmuyor. İkisini de denetleyip yeniden dene.",
    },
    "token_needs_https": {
        "en": "The token for {server} would travel unprotected. Begin the server’s address with https://.",
        "tr": "{server} için verilen erişim anahtarı korumasız gönderilirdi. Sunucu adresini https:// ile başlat.",
    },
    "token_refused": {
        "en": "{server} does not accept the token for the timeline “{timeline}” (status {status}). Make a new token there, with permission to read, and enter it.",
        "tr": "{server}, “{timeline}” akışı için erişim anahtarını kabul etmiyor (durum {status}). Orada okuma izinli yeni bir anahtar oluşturup gir.",
    },
    "token_unreadable": {
        "en": "The token for {network} holds signs that no token has. Copy it again, whole and without spaces.",
        "tr": "{network} için verilen erişim anahtarında olmaması gereken işaretler var. Boşluksuz ve eksiksiz olarak yeniden kopyala.",
    },
}
