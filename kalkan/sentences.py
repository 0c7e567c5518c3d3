"""Every code a person may meet, as one sentence with its remedy, in English and Turkish.

Used at the edges only (command line and desk); the core speaks in codes. A test holds that every code raised in the
package stands here in both languages, with the same parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kalkan.errors import KalkanError

LANGUAGES: Final = ("en", "tr")

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
    "address_credentials": {
        "en": "The address of {host} holds a name or password before the @. Take it out and try again.",
        "tr": "{host} adresinde @ işaretinden önce bir ad ya da parola var. Onu çıkarıp yeniden dene.",
    },
    "address_port": {
        "en": "{host} may not be asked on port {port}; use 80, 443, 8080 or 8443.",
        "tr": "{host} için {port} numaralı port kullanılamaz; 80, 443, 8080 ya da 8443 kullan.",
    },
    "address_private": {
        "en": "{host} leads into a private network or to this machine, where Kalkan does not go. Use a public address.",
        "tr": "{host} özel bir ağa ya da bu makineye çıkıyor; Kalkan oraya gitmez. Herkese açık bir adres yaz.",
    },
    "address_scheme": {
        "en": "“{address}” cannot be asked: use an address that begins with https:// or http://.",
        "tr": "“{address}” adresine gidilemez: https:// ya da http:// ile başlayan bir adres yaz.",
    },
    "address_unreadable": {
        "en": "“{address}” is no web address. Check it for missing or extra signs.",
        "tr": "“{address}” bir web adresi değil. Eksik ya da fazla işaret var mı, bak.",
    },
    "adjustment_not_better": {
        "en": "Nothing was measured as better beyond doubt, so there is nothing to switch on. Correct and confirm more readings, then measure again.",
        "tr": "Kuşkuya yer bırakmayacak kadar iyi çıkan bir şey yok, bu yüzden açılacak bir şey de yok. Daha çok okumayı düzelt ya da onayla, sonra yeniden ölç.",
    },
    "adjustment_too_few": {
        "en": "There are not enough verdicts to measure anything: {most} posts at most for one task, where {enough} are needed, at least {each} of them read right and {each} read wrong. Confirm right readings too.",
        "tr": "Ölçmek için yeterince karar yok: bir başlıkta en çok {most} gönderi var, {enough} gerekiyor; en az {each} tanesi doğru, {each} tanesi yanlış okunmuş olmalı. Doğru okunanları da onayla.",
    },
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
        "tr": "{given} numaralı alarm yok. Eski bir hikâyeyle birlikte silinmiş olabilir; listeyi yeniden aç.",
    },
    "already_set_up": {
        "en": "Somebody has set this Kalkan up already. Sign in, or ask them for an account.",
        "tr": "Bu Kalkan’ı biri zaten kurmuş. Giriş yap ya da ondan bir hesap iste.",
    },
    "answer_timeout": {
        "en": "{host} took too long to answer. Kalkan tries again by itself.",
        "tr": "{host} zamanında yanıt vermedi. Kalkan kendiliğinden yeniden dener.",
    },
    "answer_too_large": {
        "en": "{host} sent more than the {limit} bytes Kalkan takes in one answer. Check that the address is the right one.",
        "tr": "{host}, Kalkan’ın tek yanıtta aldığı {limit} bayttan fazlasını gönderdi. Adresin doğru olduğuna bak.",
    },
    "answer_unreadable": {
        "en": "The answer of {host} could not be read ({detail}). Kalkan tries again by itself; if it lasts, check the address.",
        "tr": "{host} sunucusunun yanıtı okunamadı ({detail}). Kalkan kendiliğinden yeniden dener; sürerse adresi denetle.",
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
    "archive_busy": {
        "en": "Another process has held the archive {path} for {seconds} seconds. Wait for it, or stop it, and try again.",
        "tr": "Başka bir süreç {path} arşivini {seconds} saniyedir tutuyor. Bitmesini bekle ya da durdur, sonra yeniden dene.",
    },
    "archive_cursor_damaged": {
        "en": "The position of {source} ({path}) is lost although its posts are there. Bring the file back from a backup; without one, remove the source on the page “What is listened to” and add it again.",
        "tr": "{source} kaynağının gönderileri duruyor ama konumu ({path}) kayıp. Dosyayı yedekten geri getir; yedek yoksa kaynağı “Neler dinleniyor” sayfasından kaldırıp yeniden ekle.",
    },
    "archive_file_damaged": {
        "en": "The archive’s file {path} is damaged ({detail}). Kalkan stops so that no number is wrong. Bring this one file back from a backup to the same place, or the whole with “kalkan restore”, then run “kalkan archive check”.",
        "tr": "Arşivin {path} dosyası bozuk ({detail}). Yanlış sayı vermemek için Kalkan duruyor. Bu dosyayı yedekten aynı yere ya da tümünü “kalkan restore” ile geri getir, sonra “kalkan archive check” çalıştır.",
    },
    "archive_file_missing": {
        "en": "The archive’s file {path} ({rows} rows) is missing. Bring it back from a backup to the same place, or the whole with “kalkan restore”, then run “kalkan archive check”.",
        "tr": "Arşivin {path} dosyası ({rows} satır) yerinde yok. Yedekten aynı yere ya da tümünü “kalkan restore” ile geri getir, sonra “kalkan archive check” çalıştır.",
    },
    "archive_log_damaged": {
        "en": "The archive’s log in {path} is damaged ({detail}). Kalkan stops so that nothing gets worse. Bring back the last backup with “kalkan restore”.",
        "tr": "{path} içindeki arşiv günlüğü bozuk ({detail}). Daha kötüsü olmasın diye Kalkan duruyor. Son yedeği “kalkan restore” ile geri yükle.",
    },
    "archive_missing": {
        "en": "There is no archive in {path}. Start “kalkan up” once, or name another folder with --data.",
        "tr": "{path} klasöründe arşiv yok. Bir kez “kalkan up” çalıştır ya da --data ile başka klasör göster.",
    },
    "archive_newer": {
        "en": "The archive in {path} was written by a newer Kalkan (layout {found}, this one knows {known}). Update Kalkan.",
        "tr": "{path} arşivi daha yeni bir Kalkan ile yazılmış (düzen {found}, buradaki {known} bilir). Kalkan’ı güncelle.",
    },
    "archive_rows_doubled": {
        "en": "{n} posts stand twice in {path}. This must not happen: keep a copy of the folder and bring back the last backup with “kalkan restore”.",
        "tr": "{path} içinde {n} gönderi iki kez duruyor. Bu olmamalıydı: klasörün bir kopyasını sakla ve son yedeği “kalkan restore” ile geri yükle.",
    },
    "archive_schema_old": {
        "en": "The table {path} has an older layout ({found}). Start “kalkan up” once: it brings it up to date.",
        "tr": "{path} tablosunun düzeni eski ({found}). Bir kez “kalkan up” çalıştır: güncellenir.",
    },
    "archive_swept": {
        "en": "{merged} files merged into {written}, {rows} rows taken off the disk.",
        "tr": "{merged} dosya {written} dosyada birleşti, {rows} satır diskten çıkarıldı.",
    },
    "archive_unwritable": {
        "en": "Kalkan cannot write to {path} ({detail}). Make room on the disk or mend the folder’s permissions; nothing that was stored is lost.",
        "tr": "Kalkan {path} konumuna yazamıyor ({detail}). Diskte yer aç ya da klasör izinlerini düzelt; saklanan hiçbir şey kaybolmadı.",
    },
    "archive_whole": {
        "en": "The archive is whole: {files} files, {posts} posts, every page read.",
        "tr": "Arşiv sağlam: {files} dosya, {posts} gönderi, her sayfası okundu.",
    },
    "ask_field_missing": {
        "en": "The question lacks “{field}”. Give it a time such as 2026-11-23T09:00:00Z.",
        "tr": "Soruda “{field}” eksik. 2026-11-23T09:00:00Z gibi bir zaman yaz.",
    },
    "ask_field_wrong": {
        "en": "“{field}” cannot be “{value}”. Give text, or a list of texts where there may be several.",
        "tr": "“{field}” için “{value}” olmaz. Bir metin, birden çok olabiliyorsa bir metin listesi yaz.",
    },
    "ask_kind_without_brand": {
        "en": "Kinds of mentions exist only for a brand. Add “brand” to the question.",
        "tr": "Anılma türleri yalnız bir marka için vardır. Soruya “brand” ekle.",
    },
    "ask_name_unknown": {
        "en": "Kalkan knows no {field} “{name}”. It knows: {known}.",
        "tr": "Kalkan böyle bir {field} bilmiyor: “{name}”. Bildikleri: {known}.",
    },
    "ask_nameless": {
        "en": "Say what is asked, and to whom it was passed on.",
        "tr": "Ne istendiğini ve kime iletildiğini yaz.",
    },
    "ask_period_empty": {
        "en": "The period ends ({until}) before it begins ({since}). Swap them, or ask for a longer one.",
        "tr": "Dönem başlamadan ({since}) bitiyor ({until}). Yerlerini değiştir ya da daha uzun bir dönem sor.",
    },
    "ask_time_unreadable": {
        "en": "“{value}” is no time with a zone. Write it like 2026-11-23T09:00:00Z.",
        "tr": "“{value}” saat dilimi olan bir zaman değil. 2026-11-23T09:00:00Z gibi yaz.",
    },
    "ask_too_fine": {
        "en": "The period has more than {most} parts by {by}. Ask for a shorter one, or group by day.",
        "tr": "Dönem {by} ölçüsüyle {most} parçadan fazla. Daha kısa bir dönem sor ya da güne göre ayır.",
    },
    "ask_unreadable": {
        "en": "This question cannot be read as JSON ({detail}). Write it as an object with “since”, “until” and what to count.",
        "tr": "Bu soru JSON olarak okunamıyor ({detail}). “since”, “until” ve neyin sayılacağını içeren bir nesne yaz.",
    },
    "ask_without_measure": {
        "en": "The question asks for nothing. Name at least one measure: {known}.",
        "tr": "Soru hiçbir şey sormuyor. En az bir ölçü yaz: {known}.",
    },
    "ask_zone_unknown": {
        "en": "“{value}” is no time zone. Use an IANA name such as Europe/Istanbul.",
        "tr": "“{value}” bir saat dilimi değil. Europe/Istanbul gibi bir IANA adı kullan.",
    },
    "backup_damaged": {
        "en": "The backup {path} came back damaged: {detail} Choose another backup.",
        "tr": "{path} yedeği bozuk geldi: {detail} Başka bir yedek seç.",
    },
    "backup_done": {
        "en": "Backup written: {path} ({megabytes} MB). It holds keys and posts: keep it as safe as the machine. A PostgreSQL database is saved with its own pg_dump.",
        "tr": "Yedek yazıldı: {path} ({megabytes} MB). İçinde anahtarlar ve gönderiler var: makine kadar iyi koru. PostgreSQL veritabanı kendi pg_dump aracıyla yedeklenir.",
    },
    "backup_exists": {
        "en": "{path} exists already. Choose another name; Kalkan overwrites no backup.",
        "tr": "{path} zaten var. Başka bir ad seç; Kalkan yedeklerin üzerine yazmaz.",
    },
    "backup_unreadable": {
        "en": "{path} is no backup of Kalkan’s, or it is cut off ({detail}). Choose another backup.",
        "tr": "{path} bir Kalkan yedeği değil ya da yarım kalmış ({detail}). Başka bir yedek seç.",
    },
    "bluesky_account_invalid": {
        "en": "“{value}” is no account id. Give the account’s DID (it begins with did:plc: or did:web:), one a line.",
        "tr": "“{value}” bir hesap kimliği değil. Her satıra bir tane olmak üzere hesabın DID’sini yaz (did:plc: ya da did:web: ile başlar).",
    },
    "bluesky_busy": {
        "en": "Bluesky’s stream at {instance} asks for patience. Kalkan waits and then goes on from where it was; there is nothing to do.",
        "tr": "Bluesky akışı ({instance}) biraz beklememizi istiyor. Kalkan bekleyip kaldığı yerden sürdürecek; senin bir şey yapman gerekmiyor.",
    },
    "bluesky_ended": {
        "en": "Bluesky’s stream at {instance} ended ({detail}). Kalkan connects again and goes on from the last stored post.",
        "tr": "Bluesky akışı ({instance}) kesildi ({detail}). Kalkan yeniden bağlanıp saklanan son gönderiden devam edecek.",
    },
    "bluesky_frame_time": {
        "en": "Messages from Bluesky’s stream with an impossible time",
        "tr": "Bluesky akışından gelen, zamanı olanaksız iletiler",
    },
    "bluesky_frame_unreadable": {
        "en": "Messages from Bluesky’s stream that could not be read",
        "tr": "Bluesky akışından gelen, okunamayan iletiler",
    },
    "bluesky_instance_invalid": {
        "en": "“{value}” is no address of a Jetstream instance. Write it like wss://jetstream2.us-east.bsky.network, one a line, without name and password.",
        "tr": "“{value}” bir Jetstream sunucusu adresi değil. Her satıra bir tane olmak üzere, ad ve parola koymadan, wss://jetstream2.us-east.bsky.network gibi yaz.",
    },
    "bluesky_post_too_long": {
        "en": "Bluesky posts longer than Bluesky allows",
        "tr": "Bluesky’ın izin verdiğinden uzun gönderiler",
    },
    "bluesky_post_unreadable": {
        "en": "Bluesky posts without a readable text or name",
        "tr": "Metni ya da kimliği okunamayan Bluesky gönderileri",
    },
    "bluesky_refused": {
        "en": "Bluesky’s stream at {instance} refused the connection ({detail}). Check the instance and the list of accounts in this network’s settings, or remove the instance to use Bluesky’s own.",
        "tr": "Bluesky akışı ({instance}) bağlantıyı reddetti ({detail}). Bu ağın ayarlarında sunucuyu ve hesap listesini kontrol et ya da sunucuyu silip Bluesky’ın kendi sunucularını kullan.",
    },
    "bluesky_too_many_accounts": {
        "en": "{n} accounts are too many: Bluesky’s stream takes at most {most}. Shorten the list, or leave it empty to hear everyone.",
        "tr": "{n} hesap çok fazla: Bluesky akışı en çok {most} hesap kabul ediyor. Listeyi kısalt ya da herkesi duymak için boş bırak.",
    },
    "bluesky_too_slow": {
        "en": "{instance} ended the stream because this machine did not keep up. Kalkan goes on from the last stored post; if it happens again, give Kalkan more processes for reading (setting “readers”) or listen to fewer accounts.",
        "tr": "Bu makine yetişemediği için {instance} akışı kapattı. Kalkan saklanan son gönderiden devam edecek; yinelenirse okumaya daha çok işlem ayır (“readers” ayarı) ya da daha az hesap dinle.",
    },
    "bluesky_unreachable": {
        "en": "Bluesky’s stream at {instance} cannot be reached ({detail}). Kalkan keeps trying, here and at the other instances; if it lasts, check the internet connection and whether a firewall lets websockets through.",
        "tr": "Bluesky akışına {instance} üzerinden ulaşılamıyor ({detail}). Kalkan burayı ve öteki sunucuları denemeyi sürdürüyor; uzun sürerse internet bağlantısını ve güvenlik duvarının websocket’lere izin verip vermediğini kontrol et.",
    },
    "brand_file_unreadable": {
        "en": "The brand file {path} cannot be used ({detail}). It holds JSON with a name and watches, each with kind and text.",
        "tr": "{path} marka dosyası kullanılamıyor ({detail}). İçinde adı ve izlemeleri (her birinde kind ve text) olan JSON bulunmalı.",
    },
    "brand_unknown": {
        "en": "There is no brand “{name}”. Known: {known}.",
        "tr": "“{name}” adında bir marka yok. Bilinenler: {known}.",
    },
    "brief_changed": {
        "en": "{path} is not as Kalkan wrote it: its content does not match its fingerprint.",
        "tr": "{path} Kalkan’ın yazdığı gibi değil: içeriği parmak iziyle uyuşmuyor.",
    },
    "brief_differs": {
        "en": "Number {name} was {was} and is {is} now. Posts may have been deleted, or heard later.",
        "tr": "{name} sayısı {was} idi, şimdi {is}. Gönderiler silinmiş ya da sonradan duyulmuş olabilir.",
    },
    "brief_done": {
        "en": "Written: {path}. {numbers} numbers in it can be asked again.",
        "tr": "Yazıldı: {path}. İçindeki {numbers} sayı yeniden sorulabilir.",
    },
    "brief_holds": {
        "en": "The brief is as it was written, and all {numbers} numbers are the same when asked again.",
        "tr": "Özet yazıldığı gibi; {numbers} sayının hepsi yeniden sorulunca aynı.",
    },
    "brief_needs": {
        "en": "{missing} is missing. Example: kalkan brief --brand Fındık --last week -o brief.pdf",
        "tr": "{missing} eksik. Örnek: kalkan brief --brand Fındık --last week -o ozet.pdf",
    },
    "brief_period_unreadable": {
        "en": "“{value}” is not a period. Write day, week, month, or two days as in 2026-11-16..2026-11-22.",
        "tr": "“{value}” bir dönem değil. day, week, month ya da 2026-11-16..2026-11-22 gibi iki gün yaz.",
    },
    "brief_suffix": {
        "en": "“{path}” does not say what to write. Let it end in .html, .pdf or .json.",
        "tr": "“{path}” ne yazılacağını söylemiyor. .html, .pdf ya da .json ile bitsin.",
    },
    "brief_unreadable": {
        "en": "This file holds no brief that can be asked again ({detail}). Give the .html or .json that Kalkan wrote; of a PDF, its attachment kalkan-brief.json.",
        "tr": "Bu dosyada yeniden sorulabilecek bir özet yok ({detail}). Kalkan’ın yazdığı .html ya da .json dosyasını ver; PDF ise ekindeki kalkan-brief.json dosyasını.",
    },
    "careful_missing": {
        "en": 'The careful tier is not installed here ({name}). Install it with: pip install "kalkan[careful]" — or choose the tier “fast”.',
        "tr": 'Dikkatli düzey burada kurulu değil ({name}). Şununla kur: pip install "kalkan[careful]" — ya da “fast” düzeyini seç.',
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
    "code_wrong": {
        "en": "This code is not right, or it was used already. Take the one that stands on the phone now, and check the phone’s clock.",
        "tr": "Bu kod doğru değil ya da daha önce kullanılmış. Telefonda şu anda görünen kodu yaz ve telefonun saatini kontrol et.",
    },
    "correction_unknown": {
        "en": "“{verdict}” cannot be said of “{task}”. Open the menu beside the post and choose one of its words.",
        "tr": "“{task}” için “{verdict}” denemez. Gönderinin yanındaki menüyü aç ve oradaki sözlerden birini seç.",
    },
    "credential_unreadable": {
        "en": "The access token of this source was sealed with another secret key. Open it under What is listened to, choose Change, and give the token again.",
        "tr": "Bu kaynağın erişim anahtarı başka bir gizli anahtarla mühürlenmiş. Neler dinleniyor sayfasında Değiştir’i seç ve anahtarı yeniden ver.",
    },
    "cursor_unreadable": {
        "en": "The stored place in the {network} stream cannot be read ({cursor}): the archive is damaged. Run “kalkan archive check” and restore a backup.",
        "tr": "{network} akışında kayıtlı yer okunamıyor ({cursor}): arşiv zarar görmüş. “kalkan archive check” komutunu çalıştır ve bir yedeği geri yükle.",
    },
    "data_unwritable": {
        "en": "Kalkan cannot write to {path} ({detail}). Give it a folder it may write to with --data, or mend the rights of this one.",
        "tr": "Kalkan şuraya yazamıyor: {path} ({detail}). --data ile yazabileceği bir klasör ver ya da bu klasörün izinlerini düzelt.",
    },
    "database_address_wrong": {
        "en": "The setting “database” is no PostgreSQL address. It should look like postgresql://name:password@host:5432/kalkan; empty means SQLite.",
        "tr": "“database” ayarı bir PostgreSQL adresi değil. Şuna benzemeli: postgresql://ad:parola@sunucu:5432/kalkan; boş bırakılırsa SQLite kullanılır.",
    },
    "database_driver_missing": {
        "en": 'The setting “database” asks for PostgreSQL, but its driver is not installed. Install it with: pip install "kalkan[postgres]"',
        "tr": '“database” ayarı PostgreSQL istiyor ama sürücüsü kurulu değil. Kurmak için: pip install "kalkan[postgres]"',
    },
    "database_unusable": {
        "en": "The desk’s database does not answer ({detail}). Check the setting “database” and whether the server runs; with SQLite, whether the disk is full.",
        "tr": "Masanın veritabanı yanıt vermiyor ({detail}). “database” ayarına ve sunucunun çalışıp çalışmadığına bak; SQLite kullanıyorsan diskin dolu olup olmadığına.",
    },
    "deadline_past": {
        "en": "The deadline for approval ({at}) is over. Choose a later one.",
        "tr": "Onay için son zaman ({at}) geçti. Daha ileri bir zaman seç.",
    },
    "decision_empty": {
        "en": "Say what was decided; nothing was saved.",
        "tr": "Ne kararlaştırıldığını yaz; bir şey kaydedilmedi.",
    },
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
    "demo_fixed": {
        "en": "The demo listens to its own town only. Start Kalkan without --demo to choose what is listened to.",
        "tr": "Demo yalnızca kendi kasabasını dinler. Neyin dinleneceğini seçmek için Kalkan’ı --demo olmadan başlat.",
    },
    "demo_over_real": {
        "en": "This data folder belongs to real people, so the demo will not touch it. Give the demo a folder of its own with --data.",
        "tr": "Bu veri klasörü gerçek kişilere ait; demo ona dokunmaz. --data ile demoya kendi klasörünü ver.",
    },
    "demo_sends_nothing": {
        "en": "This is the demo: nothing leaves this machine. Start Kalkan without --demo to be told by mail or webhook.",
        "tr": "Bu bir demo: bu makineden dışarı hiçbir şey çıkmaz. E-posta ya da webhook ile haber almak için Kalkan’ı --demo olmadan başlat.",
    },
    "disk_full": {
        "en": "The disk is full ({path}). Make room and start again; nothing that was stored is lost.",
        "tr": "Disk dolu ({path}). Yer aç ve yeniden başlat; saklanan hiçbir şey kaybolmadı.",
    },
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
    "drill_unknown": {
        "en": "The town knows no storm called “{story}”. Choose one of those on the page.",
        "tr": "Kasabada “{story}” diye bir fırtına yok. Sayfadakilerden birini seç.",
    },
    "duty_hours": {
        "en": "A shift needs two different times, as in 09:00 and 17:00.",
        "tr": "Vardiya iki ayrı saat ister; 09:00 ve 17:00 gibi.",
    },
    "erased": {
        "en": "{ids} ids erased, {rows} rows taken off the disk. They will not be taken in again.",
        "tr": "{ids} kimlik silindi, {rows} satır diskten çıkarıldı. Bir daha alınmayacaklar.",
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
    "export_done": {
        "en": "{rows} rows written to {path}.",
        "tr": "{rows} satır yazıldı: {path}.",
    },
    "export_suffix": {
        "en": "{path} must end in .parquet, .csv or .jsonl so that Kalkan knows what to write.",
        "tr": "Kalkan’ın ne yazacağını bilmesi için {path} .parquet, .csv ya da .jsonl ile bitmeli.",
    },
    "export_unwritable": {
        "en": "{path} cannot be written ({detail}). Choose a folder that exists and that you may write to.",
        "tr": "{path} yazılamıyor ({detail}). Var olan ve yazabildiğin bir klasör seç.",
    },
    "feed_unreadable": {
        "en": "The feed {url} could not be read ({detail}). Open the address in a browser to see whether it is a feed.",
        "tr": "{url} akışı okunamadı ({detail}). Gerçekten bir akış mı diye adresi tarayıcıda aç.",
    },
    "figures_by_author": {
        "en": "Kalkan gives no figure by author. Group by hour, day, network, language, kind or feeling instead.",
        "tr": "Kalkan yazara göre sayı vermez. Bunun yerine saate, güne, ağa, dile, türe ya da duyguya göre ayır.",
    },
    "file_column_unknown": {
        "en": "“{path}” has no column “{column}”. Its columns: {columns}.",
        "tr": "“{path}” dosyasında “{column}” sütunu yok. Sütunları: {columns}.",
    },
    "file_damaged": {
        "en": "{path} is not what its suffix says, or it is damaged ({detail}). Save it again as Parquet, CSV or JSONL.",
        "tr": "{path} uzantısının söylediği türde değil ya da bozuk ({detail}). Parquet, CSV ya da JSONL olarak yeniden kaydet.",
    },
    "file_empty": {
        "en": "“{path}” is empty. Export it again and try once more.",
        "tr": "“{path}” boş. Dosyayı yeniden dışa aktarıp bir daha dene.",
    },
    "file_field_unknown": {
        "en": "A mapping cannot name “{field}”. It may name: {known}.",
        "tr": "Eşlemede “{field}” adı kullanılamaz. Kullanılabilecekler: {known}.",
    },
    "file_kind_unknown": {
        "en": "Kalkan does not know what “{path}” is. It reads Parquet, CSV and JSON lines (.jsonl), and the exports of X, Instagram, Facebook (in JSON) and Mastodon.",
        "tr": "Kalkan “{path}” dosyasının ne olduğunu çıkaramadı. Parquet, CSV ve JSON satırları (.jsonl) ile X, Instagram, Facebook (JSON biçiminde) ve Mastodon dışa aktarımlarını okur.",
    },
    "file_missing": {
        "en": "There is no file or folder “{path}”. Check the name and the folder.",
        "tr": "“{path}” adında bir dosya ya da klasör yok. Adını ve bulunduğu klasörü denetle.",
    },
    "file_no_text_column": {
        "en": "No column of “{path}” seems to hold the text. Say which it is (text=COLUMN). Its columns: {columns}.",
        "tr": "“{path}” dosyasında metin sütunu bulunamadı. Hangisi olduğunu söyle (text=SÜTUN). Sütunları: {columns}.",
    },
    "file_trouble": {
        "en": "{path}: {detail}. Check that the file is there and that you may open it.",
        "tr": "{path}: {detail}. Dosyanın yerinde olduğunu ve açmaya iznin olduğunu denetle.",
    },
    "file_unreadable": {
        "en": "“{path}” cannot be read ({detail}). Download or copy it again; if it is open in another program, close it.",
        "tr": "“{path}” okunamıyor ({detail}). Dosyayı yeniden indir ya da kopyala; başka bir programda açıksa kapat.",
    },
    "file_zip_locked": {
        "en": "“{path}” is locked with a password. Unpack it yourself and import the folder.",
        "tr": "“{path}” parolayla kilitli. Kendin açıp klasörü içe aktar.",
    },
    "file_zip_too_large": {
        "en": "“{path}” would unpack to an unreasonable size, so it was left closed. Unpack it yourself and import the folder if you trust it.",
        "tr": "“{path}” açılınca akıl almaz bir boyuta varacağı için açılmadı. Ona güveniyorsan kendin açıp klasörü içe aktar.",
    },
    "held_not_yours": {
        "en": "This is held for somebody else, so it was not opened. Ask an owner of the brand.",
        "tr": "Bu, başka biri için bekletiliyor; açılmadı. Markanın bir sahibine sor.",
    },
    "hindsight_early": {
        "en": "It is still open. Look back once it is out, held, failed or taken back.",
        "tr": "Bu daha sonuçlanmadı. Yayımlanınca, bekletilince, başarısız olunca ya da geri alınınca dönüp bak.",
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
    "hook_off": {
        "en": "This address is switched off, so nothing was sent. Switch it on under Settings, Alarms.",
        "tr": "Bu adres kapalı olduğu için bir şey gönderilmedi. Ayarlar, Alarmlar altından açabilirsin.",
    },
    "hook_twice": {
        "en": "Alarms are posted to this address already. Change that one, or give another address.",
        "tr": "Alarmlar bu adrese zaten gönderiliyor. Onu değiştir ya da başka bir adres ver.",
    },
    "hooks_many": {
        "en": "{most} addresses are the most. Remove one that is not needed, then add this one.",
        "tr": "En fazla {most} adres olabilir. Gerekmeyen birini kaldır, sonra bunu ekle.",
    },
    "host_unknown": {
        "en": "No server of the name {host} was found. Check the spelling and the internet connection.",
        "tr": "{host} adında bir sunucu bulunamadı. Yazılışını ve internet bağlantısını denetle.",
    },
    "host_unreachable": {
        "en": "{host} could not be reached. Kalkan tries again by itself; if it lasts, check the internet connection.",
        "tr": "{host} sunucusuna ulaşılamadı. Kalkan kendiliğinden yeniden dener; sürerse internet bağlantısını denetle.",
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
    "import_cursor_unknown": {
        "en": "Where the import stopped cannot be read (“{cursor}”). Import the file from its beginning; nothing is added twice.",
        "tr": "Aktarımın nerede kaldığı okunamıyor (“{cursor}”). Dosyayı baştan içe aktar; hiçbir şey iki kez eklenmez.",
    },
    "import_done": {
        "en": "{name}: {posts} posts brought in, {repeats} were there already, {mentions} mentions.",
        "tr": "{name}: {posts} gönderi alındı, {repeats} tanesi zaten vardı, {mentions} anılma.",
    },
    "import_kept_out": {
        "en": "{n} rows kept out ({kind}), for example: {example}",
        "tr": "{n} satır dışarıda kaldı ({kind}), örneğin: {example}",
    },
    "import_left_out": {
        "en": "{name}: nothing is taken from the columns {columns}.",
        "tr": "{name}: şu sütunlardan bir şey alınmıyor: {columns}.",
    },
    "import_no_authors": {
        "en": "{name}: no column names the authors, so each post counts as one person. Name one with --map author_id=COLUMN.",
        "tr": "{name}: yazarları gösteren bir sütun yok; her gönderi bir kişi sayılıyor. Varsa --map author_id=SÜTUN ile göster.",
    },
    "import_taken": {
        "en": "{name}: taken as {mapping}. Another column for a field: --map FIELD=COLUMN.",
        "tr": "{name}: şöyle alınıyor: {mapping}. Bir alan için başka sütun: --map ALAN=SÜTUN.",
    },
    "invitation_closed": {
        "en": "This invitation is no longer open. Ask the owner of the brand for a new one.",
        "tr": "Bu davet artık açık değil. Markanın sahibinden yenisini iste.",
    },
    "invitations_many": {
        "en": "{most} invitations were made within the hour, which is the most. Wait a little, or use the links that are open.",
        "tr": "Bir saat içinde {most} davet hazırlandı; en çok bu kadar olabilir. Biraz bekle ya da açık bağlantıları kullan.",
    },
    "item_moved_on": {
        "en": "Somebody changed this in the meantime. Look at it again before you decide; what you wrote is still here.",
        "tr": "Bu arada biri bunu değiştirdi. Karar vermeden önce yeniden bak; yazdıkların hâlâ burada.",
    },
    "java_missing": {
        "en": "Spark needs Java 17 or later and there is none here. Install one (on Debian: apt install default-jre-headless), or use --engine local.",
        "tr": "Spark Java 17 ya da sonrasını ister, burada yok. Bir tane kur (Debian’da: apt install default-jre-headless) ya da --engine local kullan.",
    },
    "label_unit_unknown": {
        "en": "This is not one of the sample's people. Open the sample again and go on from there.",
        "tr": "Bu, örneklemdeki kişilerden biri değil. Örneklemi yeniden aç ve oradan sürdür.",
    },
    "last_owner": {
        "en": "A brand keeps at least one owner. Make somebody else an owner first.",
        "tr": "Bir markanın en az bir sahibi olur. Önce başka birini sahip yap.",
    },
    "leave_not_given": {
        "en": "The server gave no leave, so nothing was connected. Try again, and allow Kalkan there.",
        "tr": "Sunucu izin vermedi, hiçbir hesap bağlanmadı. Yeniden dene ve orada Kalkan’a izin ver.",
    },
    "leave_unasked": {
        "en": "This answer of a server does not belong to anything begun here. Open Accounts and connect the account again.",
        "tr": "Sunucunun bu yanıtı burada başlatılan bir işe ait değil. Hesaplar sayfasını açıp hesabı yeniden bağla.",
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
    "mapping_wrong": {
        "en": "“{given}” is no mapping. Write FIELD=COLUMN, e.g. --map text=body.",
        "tr": "“{given}” bir eşleme değil. ALAN=SÜTUN biçiminde yaz, örn. --map text=body.",
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
    "moment_wrong": {
        "en": "“{given}” is no moment. Write it like 2026-11-23 or 2026-11-23T09:00.",
        "tr": "“{given}” bir an değil. 2026-11-23 ya da 2026-11-23T09:00 gibi yaz.",
    },
    "network_forbidden": {
        "en": "{host} does not allow this (status {status}). Check what the account or token may see.",
        "tr": "{host} buna izin vermiyor (durum {status}). Hesabın ya da anahtarın neleri görebildiğini denetle.",
    },
    "network_unauthorized": {
        "en": "{host} asks for a valid token (status {status}). Renew the token in the settings of this network.",
        "tr": "{host} geçerli bir erişim anahtarı istiyor (durum {status}). Bu ağın ayarlarından anahtarı yenile.",
    },
    "no_brand": {
        "en": "You are on no brand’s team yet. Ask the owner of a brand to add you.",
        "tr": "Henüz hiçbir markanın ekibinde değilsin. Markanın sahibinden seni eklemesini iste.",
    },
    "nobody_on_duty": {
        "en": "Nobody else is on the rota, so nothing was handed over. Ask an owner to put somebody on it.",
        "tr": "Nöbet çizelgesinde başka kimse yok; bir şey devredilmedi. Bir sahipten birini yazmasını iste.",
    },
    "not_a_feed": {
        "en": "There is no feed at {url}. Look for the feed’s own address on that page (RSS or Atom) and enter it.",
        "tr": "{url} adresinde bir akış yok. O sayfada akışın kendi adresini (RSS ya da Atom) bulup onu gir.",
    },
    "not_allowed": {
        "en": "Your part on the team does not include this. Ask the owner of the brand.",
        "tr": "Ekipteki görevin bunu kapsamıyor. Markanın sahibine sor.",
    },
    "not_found": {
        "en": "{host} has nothing at this address (status {status}). Check the address.",
        "tr": "{host} sunucusunda bu adreste bir şey yok (durum {status}). Adresi denetle.",
    },
    "not_on_team": {
        "en": "That person may not work in this inbox. Choose somebody of the team.",
        "tr": "Bu kişi bu gelen kutusunda çalışamaz. Ekipten birini seç.",
    },
    "nothing_to_listen_to": {
        "en": "{network} has nothing to listen to: choose a timeline or enter at least one hashtag.",
        "tr": "{network} için dinlenecek bir şey yok: bir akış seç ya da en az bir etiket yaz.",
    },
    "on_team_already": {
        "en": "They are on this team already. Change their part in the list instead.",
        "tr": "Bu kişi zaten ekipte. Bunun yerine listeden görevini değiştir.",
    },
    "option_missing": {
        "en": "{network} needs “{option}”. Fill it in and try again.",
        "tr": "{network} için “{option}” gerekli. Doldurup yeniden dene.",
    },
    "option_not_a_number": {
        "en": "“{value}” does not work for “{name}”: give a whole number between 0 and {most}.",
        "tr": "“{name}” için “{value}” olmaz: 0 ile {most} arasında bir tam sayı yaz.",
    },
    "option_unknown": {
        "en": "{network} does not know “{option}”. Choose one of: {known}.",
        "tr": "{network}, “{option}” seçeneğini tanımıyor. Şunlardan birini seç: {known}.",
    },
    "outside_closed": {
        "en": "This link is no longer open. Ask whoever sent it for a new one.",
        "tr": "Bu bağlantı artık açık değil. Gönderenden yenisini iste.",
    },
    "outside_not_taken": {
        "en": "Nobody from outside can be asked now: either nothing waits for approval, or the rules take no approvers without an account. An owner sets that under Settings, Approvals.",
        "tr": "Şu anda dışarıdan kimseye sorulamaz: ya onay bekleyen bir şey yok ya da kurallar hesabı olmayan onaylayan kabul etmiyor. Markanın sahibi bunu Ayarlar, Onaylar altında belirler.",
    },
    "own_model_extra_missing": {
        "en": "A model of your own needs torch and transformers. Install them with “pip install 'kalkan[transformers]'”.",
        "tr": "Kendi modelin için torch ve transformers gerekir. “pip install 'kalkan[transformers]'” ile kur.",
    },
    "own_model_labels": {
        "en": "{path}: “{wrong}” does not fit. Under [labels], each label of the model gets one of Kalkan’s names; known here: {known}. Of the three sentiments either all are named or none.",
        "tr": "{path}: “{wrong}” uymuyor. [labels] altında modelin her etiketine Kalkan’ın adlarından biri yazılır; burada bilinenler: {known}. Üç tutumun ya hepsi yazılır ya hiçbiri.",
    },
    "own_model_unreadable": {
        "en": "{path} does not hold a model that can be read here ({detail}). Save it with save_pretrained (safetensors), its tokenizer beside it, and write kalkan-reader.toml there.",
        "tr": "{path} burada okunabilecek bir model içermiyor ({detail}). Modeli save_pretrained ile (safetensors), sözcük bölücüsünü de yanına kaydet, oraya kalkan-reader.toml yaz.",
    },
    "own_model_unset": {
        "en": "No model of your own is set. Put its folder into the setting own_model (KALKAN_OWN_MODEL) and try again.",
        "tr": "Kendi modelin ayarlanmamış. Klasörünü own_model ayarına (KALKAN_OWN_MODEL) yaz ve yeniden dene.",
    },
    "password_wrong": {
        "en": "This is not your password now.",
        "tr": "Şu anki parolan bu değil.",
    },
    "paused_already": {
        "en": "Just this is paused already. End that pause first, or pause something else.",
        "tr": "Bu zaten duraklatılmış. Önce o duraklatmayı bitir ya da başka bir şeyi duraklat.",
    },
    "person_unknown": {
        "en": "Nobody here signs in as {email}. Check the spelling.",
        "tr": "Burada {email} adresiyle giriş yapan kimse yok. Yazımı kontrol et.",
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
    "planned_past": {
        "en": "The planned time ({at}) is over. Choose a later one.",
        "tr": "Planlanan zaman ({at}) geçti. Daha ileri bir zaman seç.",
    },
    "plugin_broken": {
        "en": "The plug-in “{name}” of {group} cannot be loaded ({detail}). Update or remove its package.",
        "tr": "{group} grubundaki “{name}” eklentisi yüklenemiyor ({detail}). Paketini güncelle ya da kaldır.",
    },
    "plugin_group_unknown": {
        "en": "There is no plug-in group “{group}”. See docs/reference for the four that exist.",
        "tr": "“{group}” diye bir eklenti grubu yok. Var olan dört grup için docs/reference sayfalarına bak.",
    },
    "plugin_unknown": {
        "en": "There is no “{name}” among the plug-ins of {group}. Install the package that brings it, or choose another.",
        "tr": "{group} eklentileri arasında “{name}” yok. Onu getiren paketi kur ya da başka birini seç.",
    },
    "policy_late": {
        "en": "A draft cannot be sent {minutes} minutes late. Give between 1 and {most} minutes: later than that, a network can no longer tell a second try from a second post.",
        "tr": "Bir taslak {minutes} dakika geç gönderilemez. 1 ile {most} dakika arasında bir süre ver: daha sonra bir ağ, yeniden denemeyi yeni bir gönderiden ayırt edemez.",
    },
    "policy_rule": {
        "en": "This rule of approval cannot work ({kinds}, {needed} needed). It needs at least one person, from a role that may approve, and every required role must be one of those.",
        "tr": "Bu onay kuralı işleyemez ({kinds}, gereken: {needed}). En az bir kişi, onay verebilen bir rolden olmalı; şart koşulan her rol de bunların arasında bulunmalı.",
    },
    "port_in_use": {
        "en": "Port {port} on {host} cannot be had ({detail}). If Kalkan runs there already, open it in the browser; otherwise choose another with --port, or --port 0 for any free one.",
        "tr": "{host} üzerindeki {port} portu alınamıyor ({detail}). Kalkan orada zaten çalışıyorsa tarayıcıda aç; değilse --port ile başka bir port seç, --port 0 boş olanı bulur.",
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
    "question_wrong": {
        "en": "This question cannot be answered: {detail}.",
        "tr": "Bu soru yanıtlanamıyor: {detail}.",
    },
    "rate_limited": {
        "en": "{host} asks Kalkan to wait (status {status}). It goes on by itself as soon as it may.",
        "tr": "{host} Kalkan’dan beklemesini istiyor (durum {status}). İzin çıkar çıkmaz kendiliğinden sürer.",
    },
    "read_done": {
        "en": "{rows} rows read with {recipe}.",
        "tr": "{rows} satır okundu: {recipe}.",
    },
    "readings_missing": {
        "en": "The posts have not been read yet: the columns {columns} are missing. Run “kalkan read” on them first.",
        "tr": "Gönderiler henüz okunmamış: {columns} sütunları yok. Önce “kalkan read” ile oku.",
    },
    "redirects_too_many": {
        "en": "{host} sends from one address to the next without end. Check the address.",
        "tr": "{host} hiç bitmeyen bir yönlendirme yapıyor. Adresi denetle.",
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
    "request_refused": {
        "en": "{host} refused the request (status {status}). Check the address and the settings of this network.",
        "tr": "{host} isteği geri çevirdi (durum {status}). Adresi ve bu ağın ayarlarını denetle.",
    },
    "reread_done": {
        "en": "{n} posts were read anew by {recipe}; the readings they were heard with stay as they were.",
        "tr": "{n} gönderi {recipe} ile yeniden okundu; duyulurken yapılan okumalar olduğu gibi duruyor.",
    },
    "reread_master_without_spark": {
        "en": "{master} is a Spark cluster’s address, but the engine is this machine. Add --engine spark, or leave --master out.",
        "tr": "{master} bir Spark kümesinin adresi, ama motor bu makine. --engine spark ekle ya da --master seçeneğini çıkar.",
    },
    "reread_own_on_spark": {
        "en": "A model of your own reads on this machine alone. Leave --engine spark out.",
        "tr": "Kendi modelin yalnızca bu makinede okur. --engine spark seçeneğini çıkar.",
    },
    "reread_running": {
        "en": "Another process is reading this archive again just now ({path}). Wait until it is done, or stop it; what it has stored stays.",
        "tr": "Şu anda başka bir süreç bu arşivi yeniden okuyor ({path}). Bitmesini bekle ya da durdur; sakladıkları kalır.",
    },
    "rescue_had_no_second": {
        "en": "{email} had no second factor; the password alone is asked for.",
        "tr": "{email} için ikinci adım yoktu; yalnızca parola soruluyor.",
    },
    "rescue_password": {
        "en": "{email} may sign in with this password: {password}. Ask for it to be changed in Settings.",
        "tr": "{email} şu parolayla giriş yapabilir: {password}. Ayarlarda değiştirilmesini iste.",
    },
    "rescue_without_second": {
        "en": "{email} may sign in with the password alone. Ask for the second factor to be set up again.",
        "tr": "{email} yalnızca parolayla giriş yapabilir. İkinci adımın yeniden kurulmasını iste.",
    },
    "restore_done": {
        "en": "Restored to {path} and proved whole: {posts} posts.",
        "tr": "{path} klasörüne geri yüklendi ve sağlamlığı kanıtlandı: {posts} gönderi.",
    },
    "restore_not_empty": {
        "en": "{path} is not empty. Name an empty or new folder with --data; Kalkan overwrites nothing.",
        "tr": "{path} boş değil. --data ile boş ya da yeni bir klasör göster; Kalkan hiçbir şeyin üzerine yazmaz.",
    },
    "room_answer": {
        "en": "Answer the people who ask, with what is done and when.",
        "tr": "Soranlara, ne yapıldığını ve ne zaman yapıldığını söyleyerek yanıt ver.",
    },
    "room_ask_care": {
        "en": "Ask customer care what people are writing.",
        "tr": "Müşteri hizmetlerine, insanların ne yazdığını sor.",
    },
    "room_ask_crisis": {
        "en": "Ask whoever is on duty for crises.",
        "tr": "Kriz nöbetindeki kişiye sor.",
    },
    "room_ask_legal": {
        "en": "Ask the lawyers.",
        "tr": "Hukukçulara sor.",
    },
    "room_ask_owner": {
        "en": "Ask the owner of the brand.",
        "tr": "Markanın sorumlusuna sor.",
    },
    "room_ask_people": {
        "en": "Ask people of the group that it speaks of.",
        "tr": "Sözü edilen topluluktan insanlara sor.",
    },
    "room_conditional": {
        "en": "It gives only if people do something for the brand ({words}), while they speak of {story}.",
        "tr": "İnsanlar {story} konuşurken, yardımı markaya bir şey yapılmasına bağlıyor ({words}).",
    },
    "room_contact": {
        "en": "“{words}” belongs to a story that hurts people: {story} ({authors} people).",
        "tr": "“{words}”, insanların canını yakan bir konunun sözü: {story} ({authors} kişi).",
    },
    "room_day": {
        "en": "It will be in view on a day that people keep: {day} ({day_tr}, {at}).",
        "tr": "İnsanların tuttuğu bir günde görünecek: {day_tr} ({day}, {at}).",
    },
    "room_day_divisive": {
        "en": "{day} ({day_tr}, {at}) divides people.",
        "tr": "{day_tr} ({day}, {at}) insanları ikiye bölüyor.",
    },
    "room_day_named": {
        "en": "It names a day that people keep: {day} ({day_tr}, {at}).",
        "tr": "İnsanların tuttuğu bir günün adını anıyor: {day_tr} ({day}, {at}).",
    },
    "room_divisive": {
        "en": "People are divided over {story}; whatever the brand says, some will be against it.",
        "tr": "İnsanlar {story} konusunda ikiye bölünmüş; marka ne derse desin karşı çıkan olacak.",
    },
    "room_goods_in_grief": {
        "en": "It mourns and shows the goods in one breath ({goods}), while people speak of {story}.",
        "tr": "İnsanlar {story} konuşurken hem yas tutuyor hem ürünü gösteriyor ({goods}).",
    },
    "room_grave_story": {
        "en": "People are speaking of something grave: {story} ({authors} people, {n} posts).",
        "tr": "İnsanlar ağır bir şey konuşuyor: {story} ({authors} kişi, {n} gönderi).",
    },
    "room_hashtag": {
        "en": "{words}: people use this tag for {story}, and the brand has not used it before.",
        "tr": "{words}: bu etiketi insanlar {story} için kullanıyor; marka onu daha önce kullanmadı.",
    },
    "room_hold": {
        "en": "Held: the room check said HOLD at the time of sending. Read why, then wait, reword, or have somebody who may do so decide otherwise.",
        "tr": "Bekletildi: ortam yoklaması gönderme anında BEKLET dedi. Nedenini oku; sonra bekle, metni değiştir ya da yetkili birinden aksine karar vermesini iste.",
    },
    "room_in_court": {
        "en": "{words} is before a court, people say. Ask somebody who knows the law.",
        "tr": "Konuşulana göre {words} mahkemelik. Hukuk bilen birine sor.",
    },
    "room_open_call": {
        "en": "It asks the crowd for stories, and {authors} of {of} people who name the brand now are cross with it.",
        "tr": "Kalabalıktan hikâye istiyor; şu an markayı anan {of} kişinin {authors} kadarı ona kızgın.",
    },
    "room_own_crisis": {
        "en": "The brand itself is in the middle of it: {story} ({authors} people).",
        "tr": "Konunun ortasında markanın kendisi var: {story} ({authors} kişi).",
    },
    "room_own_crisis_fact": {
        "en": "The brand has an open issue: {fact}",
        "tr": "Markanın açık bir sorunu var: {fact}",
    },
    "room_pause": {
        "en": "Offer to pause everything planned for {market}.",
        "tr": "{market} için planlanan her şeyi durdurmayı öner.",
    },
    "room_record_gap": {
        "en": "It speaks against what is on record: {fact}",
        "tr": "Kayıttaki şeyle çelişiyor: {fact}",
    },
    "room_release_answers_a_call": {
        "en": "People call on the brand by name, and it answers.",
        "tr": "İnsanlar markayı adıyla çağırıyor, o da karşılık veriyor.",
    },
    "room_release_harmless_story": {
        "en": "The story hurts nobody.",
        "tr": "Bu konu kimsenin canını yakmıyor.",
    },
    "room_release_one_to_one_reply": {
        "en": "It answers one person and sells nothing.",
        "tr": "Tek bir kişiye yanıt veriyor, bir şey satmıyor.",
    },
    "room_release_owns_up": {
        "en": "It says sorry for its own trouble.",
        "tr": "Kendi kusuru için özür diliyor.",
    },
    "room_release_real_link_no_offer": {
        "en": "The brand has a true tie to this, and nothing is for sale.",
        "tr": "Markanın bununla gerçek bir bağı var ve satılan bir şey yok.",
    },
    "room_release_stand_with_substance": {
        "en": "The stand comes with an act: who gets what, or what should change.",
        "tr": "Tavrın yanında yapılan bir şey var: kime ne verildiği ya da neyin değişmesi gerektiği.",
    },
    "room_release_useful_to_affected": {
        "en": "It is of use to those who are hit, and asks nothing in return.",
        "tr": "Etkilenenlerin işine yarıyor ve karşılığında bir şey istemiyor.",
    },
    "room_reword": {
        "en": "Say it without: {words}.",
        "tr": "Şunlar olmadan söyle: {words}.",
    },
    "room_show": {
        "en": "Show substance; {n} of {of} points are there. Say what is done, how much, by when, who checks it, and what you got wrong yourselves.",
        "tr": "Dolu konuş; {of} noktanın {n} tanesi var. Ne yapıldığını, ne kadar, ne zamana dek, kimin denetlediğini ve kendinizin neyi yanlış yaptığını söyle.",
    },
    "room_silence": {
        "en": "{asking} people name the brand among those that say nothing of {story}.",
        "tr": "{asking} kişi, {story} için susanlar arasında markayı da sayıyor.",
    },
    "room_sweeping": {
        "en": "A sweeping word on a group of people: {words}.",
        "tr": "Bir insan topluluğu için toptan bir söz: {words}.",
    },
    "room_too_late": {
        "en": "People have named the brand for its silence; {story} began {days} days ago.",
        "tr": "İnsanlar markayı sessizliğiyle anıyor; {story} {days} gün önce başladı.",
    },
    "room_two_readings": {
        "en": "“{words}” has a second meaning while people speak of {story}.",
        "tr": "İnsanlar {story} konuşurken “{words}” başka bir anlama da geliyor.",
    },
    "room_unknown": {
        "en": "Held: the room could not be checked at the time of sending. Look at the conversation yourself, then let it go by hand or give it a new time.",
        "tr": "Bekletildi: gönderme anında ortam yoklanamadı. Konuşulanlara kendin bak; sonra elle gönder ya da yeni bir zaman ver.",
    },
    "room_verdict_care": {
        "en": "CARE: somebody should look at this first.",
        "tr": "DİKKAT: önce biri buna baksın.",
    },
    "room_verdict_go": {
        "en": "GO: nothing in the room speaks against it.",
        "tr": "GEÇ: konuşulanlarda buna engel bir şey yok.",
    },
    "room_verdict_hold": {
        "en": "HOLD: not now, not like this. Ask a person.",
        "tr": "BEKLE: şimdi değil, böyle değil. Birine sor.",
    },
    "room_wait": {
        "en": "Wait until {until}, then ask the room again.",
        "tr": "{until} anına dek bekle, sonra yeniden bak.",
    },
    "room_words_only": {
        "en": "Words about {story} and no act: such posts are often called empty ({words}).",
        "tr": "{story} için yalnızca söz var, yapılan bir şey yok: böyle gönderilere sık sık boş laf denir ({words}).",
    },
    "room_words_only_stand": {
        "en": "It takes a stand ({words}) and names no act: no sum, no recipient, no policy, and none is on record.",
        "tr": "Tavır alıyor ({words}) ama yapılan bir şey söylemiyor: tutar yok, alan yok, hedef yok; kayıtta da yok.",
    },
    "row_unreadable": {
        "en": "A stored {kind} cannot be read ({detail}). It may come from another version of Kalkan: run “kalkan doctor”.",
        "tr": "Saklanan bir {kind} okunamıyor ({detail}). Kalkan’ın başka bir sürümünden kalmış olabilir: “kalkan doctor” komutunu çalıştır.",
    },
    "scope_surges": {
        "en": "{authors} people in the last hour, where {usual} are usual: {times} times as many.",
        "tr": "Son bir saatte {authors} kişi; olağanı {usual}. Yani {times} katı.",
    },
    "second_factor_off": {
        "en": "The second factor is off, so there are no recovery codes. Switch it on first.",
        "tr": "İkinci adım kapalı; bu yüzden kurtarma kodu yok. Önce onu aç.",
    },
    "second_factor_unreadable": {
        "en": "The secret of this second factor was sealed with another secret key. Sign in with a recovery code, switch it off and on again.",
        "tr": "Bu ikinci adımın sırrı başka bir gizli anahtarla mühürlenmiş. Kurtarma koduyla giriş yap, sonra kapatıp yeniden aç.",
    },
    "secret_damaged": {
        "en": "The secret key in {path} is damaged. Put it back from a backup; without it, people must sign in again and access tokens must be given anew (delete the file to accept that).",
        "tr": "Gizli anahtar bozulmuş: {path}. Yedekten geri koy; yoksa herkesin yeniden giriş yapması, erişim anahtarlarının yeniden verilmesi gerekir (bunu kabul ediyorsan dosyayı sil).",
    },
    "sent_unsure": {
        "en": "Held: the network never said whether it took the post, and could not be asked for a day. Look at the account yourself before you do anything else.",
        "tr": "Bekletildi: ağ gönderiyi alıp almadığını hiç söylemedi, bir gün boyunca da sorulamadı. Başka bir şey yapmadan önce hesaba kendin bak.",
    },
    "server_fault": {
        "en": "{host} has a fault of its own (status {status}). Kalkan tries again by itself.",
        "tr": "{host} sunucusunda bir arıza var (durum {status}). Kalkan kendiliğinden yeniden dener.",
    },
    "setting_unknown": {
        "en": "There is no setting called “{name}” in {path}. Known settings: {known}.",
        "tr": "{path} içindeki “{name}” diye bir ayar yok. Bilinen ayarlar: {known}.",
    },
    "setting_wrong_type": {
        "en": "The setting “{name}” must be {kind}, but it is “{value}”. Change it in kalkan.toml or in the environment.",
        "tr": "“{name}” ayarının değeri “{value}” olamaz; beklenen: {kind}. kalkan.toml dosyasında ya da ortam değişkeninde değiştir.",
    },
    "settings_unreadable": {
        "en": "The settings file {path} cannot be read ({detail}). Mend it or move it away, then start again.",
        "tr": "Ayar dosyası {path} okunamıyor ({detail}). Düzelt ya da başka yere taşı, sonra yeniden başlat.",
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
    "smtp_tls_unknown": {
        "en": "The setting “smtp_tls” is “{value}”, which is not known. Use one of: {known}.",
        "tr": "“smtp_tls” ayarı “{value}”; böyle bir değer yok. Şunlardan birini kullan: {known}.",
    },
    "snooze_past": {
        "en": "That moment has passed. Choose a later one.",
        "tr": "Bu an geçti. Daha sonrasını seç.",
    },
    "source_twice": {
        "en": "Just this is listened to already. Change the one that is there, or choose something else.",
        "tr": "Tam olarak bu zaten dinleniyor. Var olanı değiştir ya da başka bir şey seç.",
    },
    "spark_failed": {
        "en": "The Spark cluster at {master} gave up: {detail}. Nothing of this step was stored; earlier steps stay. See that every machine has this version of Kalkan and the archive under the same path, then run it again.",
        "tr": "{master} adresindeki Spark kümesi işi bitiremedi: {detail}. Bu adımdan hiçbir şey saklanmadı; önceki adımlar duruyor. Her makinede Kalkan’ın bu sürümü olsun ve arşiv aynı yolda bulunsun, sonra yeniden çalıştır.",
    },
    "spark_missing": {
        "en": "Spark is not installed here. Install it with “pip install 'kalkan[spark]'”, or use --engine local.",
        "tr": "Burada Spark kurulu değil. “pip install 'kalkan[spark]'” ile kur ya da --engine local kullan.",
    },
    "spark_unreachable": {
        "en": "The Spark cluster at {master} does not answer ({detail}). Check the address and that its master runs, then try again.",
        "tr": "{master} adresindeki Spark kümesi yanıt vermiyor ({detail}). Adrese ve yönetici sürecin çalıştığına bak, sonra yeniden dene.",
    },
    "stories_damaged": {
        "en": "What was known about running stories is damaged ({detail}). Remove the stories checkpoint; the detector then learns again from the archive, and posts are not touched.",
        "tr": "Süren hikâyelerin kayıtlı durumu bozulmuş ({detail}). Hikâye kayıt dosyasını sil; algılayıcı arşivden yeniden öğrenir, gönderilere dokunulmaz.",
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
        "tr": "Bildiğin bir hikâye ağırlaştı: {authors} kişi konuşuyor, ağırlığı 3 üzerinden {gravity}.",
    },
    "story_reaches": {
        "en": "A story you know now reaches this brand: {authors} people name it, {usual} an hour are usual.",
        "tr": "Bildiğin bir hikâye artık bu markaya ulaştı: {authors} kişi adını anıyor, olağanı saatte {usual}.",
    },
    "story_rises": {
        "en": "{authors} people within {minutes} minutes, where {usual} an hour are usual.",
        "tr": "{minutes} dakika içinde {authors} kişi; olağanı saatte {usual}.",
    },
    "story_turns": {
        "en": "A story you know takes a new turn: {authors} people within {minutes} minutes, {usual} an hour are usual.",
        "tr": "Bildiğin bir hikâye yön değiştiriyor: {minutes} dakika içinde {authors} kişi; olağanı saatte {usual}.",
    },
    "stream_ended": {
        "en": "The live stream {url} ended. Kalkan opens it again and collects what came in between.",
        "tr": "{url} canlı akışı kesildi. Kalkan akışı yeniden açar ve arada gelenleri toplar.",
    },
    "suffix_unknown": {
        "en": "Kalkan cannot tell from the name {path} what kind of file it is. Use one of these suffixes: {known}.",
        "tr": "Kalkan, {path} adından dosyanın türünü anlayamadı. Şu uzantılardan birini kullan: {known}.",
    },
    "tags_many": {
        "en": "{most} tags at most.",
        "tr": "En çok {most} etiket.",
    },
    "text_column_missing": {
        "en": "There is no text column “{column}”; the columns are: {known}. Name the right one with --text.",
        "tr": "“{column}” adında bir metin sütunu yok; sütunlar şunlar: {known}. Doğru sütunu --text ile belirt.",
    },
    "tier_unknown": {
        "en": "There is no reading tier “{tier}”. Choose one of: {known}.",
        "tr": "“{tier}” diye bir okuma düzeyi yok. Şunlardan birini seç: {known}.",
    },
    "time_unreadable": {
        "en": "“{given}” in {field} is no time. Write it like 2026-11-25T10:00:00+03:00.",
        "tr": "{field} alanındaki “{given}” bir zaman değil. 2026-11-25T10:00:00+03:00 gibi yaz.",
    },
    "time_without_zone": {
        "en": "“{value}” is a time without a time zone. Add one, such as +03:00 or Z.",
        "tr": "“{value}” saat dilimi olmayan bir zaman. +03:00 ya da Z gibi bir dilim ekle.",
    },
    "time_zone_unknown": {
        "en": "There is no time zone “{zone}”. Write it as in Europe/Istanbul.",
        "tr": "“{zone}” diye bir saat dilimi yok. Europe/Istanbul örneğindeki gibi yaz.",
    },
    "timeline_refused": {
        "en": "{server} does not show the timeline “{timeline}” without an account (status {status}). Enter a token of an account there, or listen on another server.",
        "tr": "{server}, “{timeline}” akışını hesapsız göstermiyor (durum {status}). Oradaki bir hesabın erişim anahtarını gir ya da başka bir sunucuyu dinle.",
    },
    "tls_failed": {
        "en": "The secure connection to {host} failed (its certificate or this machine’s clock may be wrong). Check the clock; if it is right, ask whoever runs {host}.",
        "tr": "{host} ile güvenli bağlantı kurulamadı (sertifikası ya da bu makinenin saati yanlış olabilir). Saati denetle; doğruysa {host} sunucusunu işletene sor.",
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
    "triage_done": {
        "en": "{rows} posts: {show} shown, {soften} softened, {hold} held.",
        "tr": "{rows} gönderi: {show} gösteriliyor, {soften} yumuşatıldı, {hold} tutuldu.",
    },
    "trial_waits": {
        "en": "A trial is on its way already. Wait until it arrives or is given up.",
        "tr": "Bir deneme zaten yolda. Ulaşmasını ya da vazgeçilmesini bekle.",
    },
    "unexpected": {
        "en": "Something went wrong that Kalkan did not foresee ({detail}). Nothing that was stored is lost; try again, and if it comes back run “kalkan doctor”.",
        "tr": "Kalkan’ın öngörmediği bir sorun çıktı ({detail}). Saklanan hiçbir şey kaybolmadı; yeniden dene, tekrarlarsa “kalkan doctor” komutunu çalıştır.",
    },
    "up_demo": {
        "en": "Demo: a made-up town that talks on two networks. Nothing leaves this machine.",
        "tr": "Demo: iki ağda konuşan uydurma bir kasaba. Bu makineden dışarı hiçbir şey çıkmaz.",
    },
    "up_demo_anew": {
        "en": "The demo’s town was of another day; it was put aside in {path} and a new one begins.",
        "tr": "Demo kasabası başka bir güne aitti; {path} klasörüne kaldırıldı, yenisi başlıyor.",
    },
    "up_member_died": {
        "en": "The process “{name}” ended again and again (code {code}). Run “kalkan doctor” and read the lines above.",
        "tr": "“{name}” süreci tekrar tekrar sona erdi (kod {code}). “kalkan doctor” çalıştır ve yukarıdaki satırları oku.",
    },
    "up_offline": {
        "en": "No network answers, so this first start opens the demo. Start again with a connection to listen for real.",
        "tr": "Hiçbir ağ yanıt vermiyor; bu ilk açılışta demo geliyor. Gerçekten dinlemek için bağlantı varken yeniden başlat.",
    },
    "up_ready": {
        "en": "Ready after {seconds} s: {address}",
        "tr": "{seconds} saniyede hazır: {address}",
    },
    "up_setup_token": {
        "en": "The set-up page asks for this word once: {token}",
        "tr": "Kurulum sayfası bir kez şu sözcüğü soracak: {token}",
    },
    "up_starting": {
        "en": "Kalkan starts on {address}, data in {data}. Ctrl-C stops it.",
        "tr": "Kalkan başlıyor: {address}, veriler: {data}. Durdurmak için Ctrl-C.",
    },
    "websocket_unreachable": {
        "en": "No connection to {host} ({detail}). Check the address and the internet connection of this machine.",
        "tr": "{host} adresine bağlanılamadı ({detail}). Adresi ve bu makinenin internet bağlantısını kontrol et.",
    },
    "weights_damaged": {
        "en": "The reader’s weights in {path} are damaged ({detail}). Install Kalkan again; nothing of yours is lost.",
        "tr": "{path} içindeki okuyucu ağırlıkları bozulmuş ({detail}). Kalkan’ı yeniden kur; sana ait hiçbir şey kaybolmadı.",
    },
    "weights_missing": {
        "en": "The reader’s weights “{name}” are not here (here: {known}). Install Kalkan again, or choose a reader that is here.",
        "tr": "Okuyucunun “{name}” ağırlıkları burada yok (burada olanlar: {known}). Kalkan’ı yeniden kur ya da buradaki bir okuyucuyu seç.",
    },
}


def tell(error: KalkanError, lang: str = "en") -> str:
    """The sentence for ``error`` in ``lang``; for an unknown code, an honest general one that names it."""
    return say(error.code, error.params, lang=lang)


def say(code: str, params: Mapping[str, object] | None = None, *, lang: str = "en") -> str:
    """The sentence for ``code`` with its parameters filled in."""
    texts = SENTENCES.get(code)
    if texts is None:
        texts, params = SENTENCES["unexpected"], {"detail": code}
    template = texts.get(lang) or texts["en"]
    try:
        return template.format(**(params or {}))
    except (KeyError, IndexError):
        return template
