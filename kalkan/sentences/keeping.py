"""What the archive, files, figures and briefs say."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, dict[str, str]]] = {
    "adjustment_not_better": {
        "en": "Nothing was measured as better beyond doubt, so there is nothing to switch on. Correct and confirm more readings, then measure again.",
        "tr": "Kuşkuya yer bırakmayacak kadar iyi çıkan bir şey yok, bu yüzden açılacak bir şey de yok. Daha çok okumayı düzelt ya da onayla, sonra yeniden ölç.",
    },
    "adjustment_too_few": {
        "en": "There are not enough verdicts to measure anything: {most} posts at most for one task, where {enough} are needed, at least {each} of them read right and {each} read wrong. Confirm right readings too.",
        "tr": "Ölçmek için yeterince karar yok: bir başlıkta en çok {most} gönderi var, {enough} gerekiyor; en az {each} tanesi doğru, {each} tanesi yanlış okunmuş olmalı. Doğru okunanları da onayla.",
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
        "en": "This file holds no brief that can be asked again ({detail}). Give the .html, .pdf or .json as Kalkan wrote it.",
        "tr": "Bu dosyada yeniden sorulabilecek bir özet yok ({detail}). Kalkan’ın yazdığı .html, .pdf ya da .json dosyasını olduğu gibi ver.",
    },
    "careful_missing": {
        "en": 'The careful tier is not installed here ({name}). Install it with: pip install "kalkan[careful]" — or choose the tier “fast”.',
        "tr": 'Dikkatli düzey burada kurulu değil ({name}). Şununla kur: pip install "kalkan[careful]" — ya da “fast” düzeyini seç.',
    },
    "brief_story_unknown": {
        "en": "There is no story “{story}”. Give its number as its page’s address has it. The latest: {known}.",
        "tr": "“{story}” diye bir konu yok. Sayfasının adresinde yazan numarayı ver. Son konular: {known}.",
    },
    "endpoint_unreadable": {
        "en": "The language model answered in a form that cannot be read ({detail}). Look whether its address ends in /v1 and the model’s name is right.",
        "tr": "Dil modelinin yanıtı okunabilecek biçimde değil ({detail}). Adresi /v1 ile mi bitiyor, modelin adı doğru mu, bak.",
    },
    "disk_full": {
        "en": "The disk is full ({path}). Make room and start again; nothing that was stored is lost.",
        "tr": "Disk dolu ({path}). Yer aç ve yeniden başlat; saklanan hiçbir şey kaybolmadı.",
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
    "mapping_wrong": {
        "en": "“{given}” is no mapping. Write FIELD=COLUMN, e.g. --map text=body.",
        "tr": "“{given}” bir eşleme değil. ALAN=SÜTUN biçiminde yaz, örn. --map text=body.",
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
    "own_model_differs": {
        "en": "The model at {path} on a machine of the cluster is {found}, but {wanted} was asked for. Copy the same folder to every machine.",
        "tr": "Kümedeki bir makinede {path} altındaki model {found}, ama istenen {wanted}. Aynı klasörü her makineye kopyala.",
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
    "read_done": {
        "en": "{rows} rows read with {recipe}.",
        "tr": "{rows} satır okundu: {recipe}.",
    },
    "reread_done": {
        "en": "{n} posts were read anew by {recipe}; the readings they were heard with stay as they were.",
        "tr": "{n} gönderi {recipe} ile yeniden okundu; duyulurken yapılan okumalar olduğu gibi duruyor.",
    },
    "reread_master_without_spark": {
        "en": "{master} is a Spark cluster’s address, but the engine is this machine. Add --engine spark, or leave --master out.",
        "tr": "{master} bir Spark kümesinin adresi, ama motor bu makine. --engine spark ekle ya da --master seçeneğini çıkar.",
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
    "weights_damaged": {
        "en": "The reader’s weights in {path} are damaged ({detail}). Install Kalkan again; nothing of yours is lost.",
        "tr": "{path} içindeki okuyucu ağırlıkları bozulmuş ({detail}). Kalkan’ı yeniden kur; sana ait hiçbir şey kaybolmadı.",
    },
    "weights_missing": {
        "en": "The reader’s weights “{name}” are not here (here: {known}). Install Kalkan again, or choose a reader that is here.",
        "tr": "Okuyucunun “{name}” ağırlıkları burada yok (burada olanlar: {known}). Kalkan’ı yeniden kur ya da buradaki bir okuyucuyu seç.",
    },
}
