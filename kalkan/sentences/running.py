"""What starting, settings, people and networks say."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, dict[str, str]]] = {
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
    "feed_unreadable": {
        "en": "The feed {url} could not be read ({detail}). Open the address in a browser to see whether it is a feed.",
        "tr": "{url} akışı okunamadı ({detail}). Gerçekten bir akış mı diye adresi tarayıcıda aç.",
    },
    "ask_copies_too_many": {
        "en": "More than {most} posts would have to be compared with each other to count near-copies once. Ask for a shorter period or a brand, or leave “copies” out.",
        "tr": "Neredeyse aynı gönderileri bir kez saymak için {most} gönderiden çoğunu birbiriyle karşılaştırmak gerekirdi. Daha kısa bir süreyi ya da bir markayı sor ya da “copies” alanını çıkar.",
    },
    "spark_question_failed": {
        "en": "The Spark cluster at {master} could not answer: {detail}. See that every machine has the archive under the same path, or ask this machine with --engine local.",
        "tr": "{master} adresindeki Spark kümesi yanıtlayamadı: {detail}. Arşiv her makinede aynı yolda olsun ya da --engine local ile bu makineye sor.",
    },
    "figures_by_author": {
        "en": "Kalkan gives no figure by author. Group by hour, day, network, language, kind or feeling instead.",
        "tr": "Kalkan yazara göre sayı vermez. Bunun yerine saate, güne, ağa, dile, türe ya da duyguya göre ayır.",
    },
    "held_not_yours": {
        "en": "This is held for somebody else, so it was not opened. Ask an owner of the brand.",
        "tr": "Bu, başka biri için bekletiliyor; açılmadı. Markanın bir sahibine sor.",
    },
    "hindsight_early": {
        "en": "It is still open. Look back once it is out, held, failed or taken back.",
        "tr": "Bu daha sonuçlanmadı. Yayımlanınca, bekletilince, başarısız olunca ya da geri alınınca dönüp bak.",
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
    "invitation_closed": {
        "en": "This invitation is no longer open. Ask the owner of the brand for a new one.",
        "tr": "Bu davet artık açık değil. Markanın sahibinden yenisini iste.",
    },
    "invitations_many": {
        "en": "{most} invitations were made within the hour, which is the most. Wait a little, or use the links that are open.",
        "tr": "Bir saat içinde {most} davet hazırlandı; en çok bu kadar olabilir. Biraz bekle ya da açık bağlantıları kullan.",
    },
    "java_missing": {
        "en": "Spark needs Java 17 or later and there is none here. Install one (on Debian: apt install default-jre-headless), or use --engine local.",
        "tr": "Spark Java 17 ya da sonrasını ister, burada yok. Bir tane kur (Debian’da: apt install default-jre-headless) ya da --engine local kullan.",
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
    "port_in_use": {
        "en": "Port {port} on {host} cannot be had ({detail}). If Kalkan runs there already, open it in the browser; otherwise choose another with --port, or --port 0 for any free one.",
        "tr": "{host} üzerindeki {port} portu alınamıyor ({detail}). Kalkan orada zaten çalışıyorsa tarayıcıda aç; değilse --port ile başka bir port seç, --port 0 boş olanı bulur.",
    },
    "question_wrong": {
        "en": "This question cannot be answered: {detail}.",
        "tr": "Bu soru yanıtlanamıyor: {detail}.",
    },
    "rate_limited": {
        "en": "{host} asks Kalkan to wait (status {status}). It goes on by itself as soon as it may.",
        "tr": "{host} Kalkan’dan beklemesini istiyor (durum {status}). İzin çıkar çıkmaz kendiliğinden sürer.",
    },
    "readings_missing": {
        "en": "The posts have not been read yet: the columns {columns} are missing. Run “kalkan read” on them first.",
        "tr": "Gönderiler henüz okunmamış: {columns} sütunları yok. Önce “kalkan read” ile oku.",
    },
    "redirects_too_many": {
        "en": "{host} sends from one address to the next without end. Check the address.",
        "tr": "{host} hiç bitmeyen bir yönlendirme yapıyor. Adresi denetle.",
    },
    "request_refused": {
        "en": "{host} refused the request (status {status}). Check the address and the settings of this network.",
        "tr": "{host} isteği geri çevirdi (durum {status}). Adresi ve bu ağın ayarlarını denetle.",
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
    "source_twice": {
        "en": "Just this is listened to already. Change the one that is there, or choose something else.",
        "tr": "Tam olarak bu zaten dinleniyor. Var olanı değiştir ya da başka bir şey seç.",
    },
    "stream_ended": {
        "en": "The live stream {url} ended. Kalkan opens it again and collects what came in between.",
        "tr": "{url} canlı akışı kesildi. Kalkan akışı yeniden açar ve arada gelenleri toplar.",
    },
    "suffix_unknown": {
        "en": "Kalkan cannot tell from the name {path} what kind of file it is. Use one of these suffixes: {known}.",
        "tr": "Kalkan, {path} adından dosyanın türünü anlayamadı. Şu uzantılardan birini kullan: {known}.",
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
}
