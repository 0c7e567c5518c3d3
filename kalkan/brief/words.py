"""The brief's words in English and Turkish. Sentences are whole; nothing filled in gets a bare suffix.

Owns them and the writing of numbers in them. Decides nothing.
"""

from __future__ import annotations

from typing import Final

from kalkan import formats
from kalkan.figures import Interval

WORDS: Final[dict[str, tuple[str, str]]] = {
    "leadership": ("Brief for leadership", "Yönetim özeti"),
    "team": ("Brief for the team", "Ekip özeti"),
    "made": ("Made {at}", "Hazırlanış {at}"),
    "by": ("by {name}", "hazırlayan {name}"),
    "feel": ("What they feel", "Ne hissediyorlar"),
    "authors_head": ("Authors", "Yazar"),
    "want_story": ("What they ask", "Ne soruyor, ne istiyorlar"),
    "want": ("What they ask of us", "Bizden ne istiyorlar"),
    "days": ("Day by day", "Gün gün anılma"),
    "own_words": ("In their own words", "Kendi sözleriyle"),
    "stories": ("What rose", "Öne çıkan konular"),
    "peers": ("How brands were received", "Markalar nasıl karşılandı"),
    "advice": ("What we advise", "Tavsiyemiz"),
    "acts": ("What we did, and how it was received", "Ne yaptık, nasıl karşılandı"),
    "coverage": ("Coverage", "Kapsam"),
    "method": ("Method", "Yöntem"),
    "proof": ("Ask again", "Yeniden sor"),
    "feeling": ("Feeling", "Duygu"),
    "now": ("This period", "Bu dönem"),
    "change": ("Change", "Değişim"),
    "ask": ("Ask", "İstek"),
    "authors": ("Authors, 95 %", "Yazar, %95"),
    "brand": ("Brand", "Marka"),
    "act": ("Act", "Adım"),
    "praise_among": ("Praise among those who take sides", "Taraf tutanlarda övgü"),
    "reception": ("Reception", "Karşılanma"),
    "why": ("Why", "Neden"),
    "story": ("Story", "Konu"),
    "began": ("Began", "Başladı"),
    "gravity": ("Gravity", "Ağırlık"),
    "when": ("When", "Ne zaman"),
    "rose": ("rose", "arttı"),
    "fell": ("fell", "azaldı"),
    "no_clear": ("no clear change", "açık fark yok"),
    "not_compared": ("not compared", "karşılaştırılmadı"),
    "anger": ("Anger", "Öfke"),
    "sadness": ("Sadness", "Üzüntü"),
    "fear": ("Fear", "Korku"),
    "joy": ("Joy", "Sevinç"),
    "optimism": ("Optimism", "İyimserlik"),
    "disgust": ("Disgust", "Tiksinti"),
    "surprise": ("Surprise", "Şaşkınlık"),
    "question_or_ask": ("Questions and asks", "Sorular ve istekler"),
    "complaint": ("Complaining", "Şikâyet"),
    "praise": ("Praise", "Övgü"),
    "praised": ("praised", "övüldü"),
    "called_out": ("called out", "tepki gördü"),
    "mixed": ("mixed", "karışık"),
    "too_few": ("too few to say", "söylemek için az"),
    "ignored": ("ignored", "ilgi görmedi"),
    "silent": ("silent", "sessiz"),
    "titled_rose": ("{feeling} rose among those who speak of {brand}.", "{brand} konuşulurken {feeling_low} arttı."),
    "titled_fell": ("{feeling} fell among those who speak of {brand}.", "{brand} konuşulurken {feeling_low} azaldı."),
    "titled_more": ("More people speak of {brand} than before.", "{brand} daha çok konuşuluyor."),
    "titled_fewer": ("Fewer people speak of {brand} than before.", "{brand} daha az konuşuluyor."),
    "titled_calm": ("{brand}: nothing unusual in this period.", "{brand}: bu dönemde olağan dışı bir şey yok."),
    "titled_alone": (
        "{brand}: {n} people spoke; there is nothing to compare with yet.",
        "{brand}: {n} kişi konuştu; henüz karşılaştıracak bir dönem yok.",
    ),
    "titled_few": ("{brand}: too few voices to say more.", "{brand}: daha fazlasını söylemek için az ses var."),
    "titled_none": ("{brand}: nobody was heard in this period.", "{brand}: bu dönemde kimse duyulmadı."),
    "lead_authors": ("{n} authors", "{n} yazar"),
    "lead_spoke": (" spoke of us in {posts} posts", " {posts} gönderide bizden söz etti"),
    "lead_before": ("; {before} {n}.", "; {before} {n}."),
    "before_day": ("the day before", "önceki gün"),
    "before_week": ("the week before", "önceki hafta"),
    "before_period": ("in the period before", "önceki dönemde"),
    "one_story": ("One story", "Tek konu"),
    "lead_unheard": (
        ". The period before was not heard in full, so amounts are not compared.",
        ". Önceki dönem bütünüyle dinlenmediği için miktarlar karşılaştırılmadı.",
    ),
    "lead_too_few": (
        ". Too little was heard in the period before to compare with (authors: {n}).",
        ". Önceki dönemde karşılaştırmaya yetecek kadar ses yok (yazar: {n}).",
    ),
    "lead_story_of": (
        " spoke of it in {posts} posts",
        " {posts} gönderide bundan söz etti",
    ),
    "lead_story_us": ("; of them name us: ", "; bizi anan: "),
    "lead_changed": ("{feeling} went from {was} ({was_in}) to ", "{feeling}: önce {was} ({was_in}), şimdi "),
    "lead_ask": (" Asked most: {about}, by ", " En çok sorulan: {about}; soran "),
    "lead_story": (" What moved them: “{title}”, spoken of by ", " İnsanları hareketlendiren: “{title}”; konuşan "),
    "lead_story_far": (" Around us: “{title}”, spoken of by ", " Çevremizde: “{title}”; konuşan "),
    "lead_angry": (" What angers most often: {about}, ", " En sık kızdıran: {about}; "),
    "feel_note": (
        "Share of authors with such a post, n {n}; one author can feel several. Thin line: the period before."
        " For {unsure} one could not be told for sure. {corrected}",
        "Böyle bir gönderisi olan yazarların payı, n {n}; bir yazar birden çok şey hissedebilir."
        " İnce çizgi: önceki dönem."
        " {unsure} için emin olunamadı. {corrected}",
    ),
    "feel_once": (
        " With near-copies counted once: {n} voices; {feeling}: {share}.",
        " Birbirinin kopyası gönderiler bir sayılırsa: {n} ses; {feeling}: {share}.",
    ),
    "feel_not_once": (
        " Near-copies are counted each: of more than {n} posts they are not compared.",
        " Birbirinin kopyası gönderiler ayrı ayrı sayıldı: {n} gönderiden çoğu karşılaştırılmaz.",
    ),
    "stories_large": (
        "A number without a line: a story of more posts than a brief can carry; its page under Stories opens them.",
        "Altı çizgisiz sayı: gönderileri bir özetin taşıyabileceğinden çok olan konu; Gündem’deki sayfası açar.",
    ),
    "proof_case": (
        "Made from what the case keeps; its acts are asked again on the case’s page. Fingerprint: {digest}",
        "Örnekte saklananlardan hazırlandı; adımları örneğin sayfasında yeniden sorulur. Parmak izi: {digest}",
    ),
    "feel_note_line": (" Thin line: the period before.", " İnce çizgi: önceki dönem."),
    "uncorrected": (
        "Uncorrected: the reader's own mistakes are not taken out.",
        "Düzeltilmemiş: okuyucunun kendi hataları ayıklanmadı.",
    ),
    "corrected": (
        "Corrected with {n} labels of people drawn at random: {names}. The others are not corrected.",
        "Rastgele çekilen {n} kişinin etiketiyle düzeltildi: {names}. Ötekiler düzeltilmedi.",
    ),
    "read_as": ("read as {share}", "okunan {share}"),
    "asks_note": (
        "The first {shown} of {all} things asked; {authors} authors were read as asking something. Each is what several"
        " people ask about, in one of their own sentences.",
        "Sorulan {all} şeyin ilk {shown} tanesi; {authors} yazarın bir şey sorduğu ya da istediği okundu. Her biri"
        " birkaç kişinin sorduğu bir şeydir ve içlerinden birinin cümlesiyle anlatılır.",
    ),
    "asks_part": (" Looked at: {n} of their posts.", " Bakılan: gönderilerinden {n} tanesi."),
    "asks_none": ("No ask came from two people or more.", "İki ya da daha çok kişiden gelen bir istek yok."),
    "days_note": (
        "Posts, {total} in all. Line: the period before ({was}).",
        "Gönderi, toplam {total}. Çizgi: önceki dönem ({was}).",
    ),
    "days_note_alone": ("Posts, {total} in all.", "Gönderi, toplam {total}."),
    "days_alt": ("Posts a day: {days}.", "Günlük gönderi: {days}."),
    "days_alt_before": (" The period before: {days}.", " Önceki dönem: {days}."),
    "about_angry": ("Angry about", "Kızdıran"),
    "about_hurt": ("Hurt by", "İnciten"),
    "about_afraid": ("Afraid of", "Korkutan"),
    "about_glad": ("Glad about", "Sevindiren"),
    "about": ("What it is about", "Neyle ilgili"),
    "about_phrase": ("Spoken of, authors", "Konuşulan, yazar"),
    "about_said": ("In one person’s words", "Bir kişinin sözüyle"),
    "about_nothing": ("nothing that three people share", "üç kişinin birleştiği bir şey yok"),
    "about_note": (
        "Posts read as such, gathered by the words they share; a quote stands for many and bears no name.",
        "Böyle okunan gönderiler, ortak sözlerine göre toplandı; her alıntı birçoğunun yerine durur, adı yoktur.",
    ),
    "beside": ("Beside us: brands we watch", "Yanımızdakiler: izlediğimiz markalar"),
    "we": ("{brand} (we)", "{brand} (biz)"),
    "beside_angry": ("Anger", "Öfke"),
    "beside_glad": ("Joy", "Sevinç"),
    "beside_note": (
        "Authors who name each in posts that we heard; they are heard where our watches reach, so this is no share of"
        " the whole market. Fewer than 30 authors: no share is given.",
        "Duyduğumuz gönderilerde her birini anan yazarlar; izlemelerimizin ulaştığı yerde duyulurlar, bu yüzden bütün"
        " pazarın payı değildir. 30 yazardan azsa pay verilmez.",
    ),
    "case_file": ("Case file", "Örnek dosyası"),
    "case_lead": ("{n} acts side by side: {words}.", "Yan yana {n} adım: {words}."),
    "case_acts": ("What they did, and how it was received", "Ne yaptılar, nasıl karşılandı"),
    "case_stances": ("Who took which side, authors", "Kim ne dedi, yazar"),
    "stance_praise": ("praise", "övgü"),
    "stance_call_out": ("call-out", "tepki"),
    "stance_joke": ("joke", "şaka"),
    "stance_ask": ("ask", "istek"),
    "stance_none": ("no side", "taraf yok"),
    "why_performative": ("performative", "gösteriş"),
    "why_tone_deaf": ("tone-deaf", "duyarsız"),
    "why_opportunistic": ("opportunistic", "fırsatçı"),
    "why_hypocritical": ("hypocritical", "ikiyüzlü"),
    "why_too_late": ("too late", "geç kalmış"),
    "authors_only": ("{n} authors", "{n} yazar"),
    "not_seen_at": ("not seen: {where}", "görülmedi: {where}"),
    "feed_seen": ("its own feed was seen", "kendi akışı görüldü"),
    "after_hours": ("after {hours} h", "{hours} sa sonra"),
    "soon": ("How soon they spoke", "Ne kadar çabuk konuştular"),
    "soon_2": ("within 2 hours", "2 saat içinde"),
    "soon_24": ("within 24 hours", "24 saat içinde"),
    "soon_later": ("later", "daha sonra"),
    "soon_note": (
        "These are the acts of this case alone: an example, not a rule.",
        "Yalnızca bu örnekteki adımlar: bir örnek, kural değil.",
    ),
    "lesson": ("What it teaches", "Ne öğretiyor"),
    "case_unseen": ("Not listened to: {where}.", "Dinlenmeyen: {where}."),
    "case_all_seen": ("Nothing was noted as not listened to.", "Dinlenmediği not edilen bir yer yok."),
    "case_kept": ("Numbers as they were kept on {at}.", "Sayılar {at} anında saklandığı gibi."),
    "case_method": (
        "Reception in the 48 hours after an act, authors counted once: praised where the whole 95 % interval of praise"
        " among those who take sides lies above 60 %, called out where it lies below 40 %, else mixed; fewer than 30"
        " authors or an interval wider than 30 points: too few to say. Jokes are no call-outs; reasons are named from"
        " 15 coded voices on.",
        "Bir adımdan sonraki 48 saatteki karşılanma, her yazar bir kez: taraf tutanlarda övgünün %95 aralığı bütünüyle"
        " %60 üstündeyse övüldü, %40 altındaysa tepki gördü, yoksa karışık; 30 yazardan az ya da 30 puandan geniş"
        " aralık: söylemek için az. Şakalar tepki değildir; nedenler ancak 15 sesten sonra söylenir.",
    ),
    "worded": ("Proposed by a language model", "Bir dil modelinin önerisi"),
    "worded_posts": ("(from {n} posts)", "({n} gönderiden)"),
    "worded_note": (
        "A language model wrote these sentences from posts quoted in this brief and from nothing else. Of {all}"
        " sentences {kept} stood the check of their numbers, names and quotations; {down} did not. No figure of this"
        " brief is its work.",
        "Bu cümleleri, yalnızca bu özette alıntılanan gönderilerden bir dil modeli yazdı. {all} cümleden {kept} tanesi"
        " sayı, ad ve alıntı denetiminden geçti; {down} tanesi geçmedi. Bu özetteki hiçbir sayı onun işi değildir.",
    ),
    "worded_fault": (
        "A language model was asked for wording and gave none that could be used ({code}). The brief is whole without"
        " it.",
        "Bir dil modelinden cümle istendi, kullanılabilecek bir şey vermedi ({code}). Özet onsuz da tamdır.",
    ),
    "expect": ("What they expect of us on a public question", "Toplumsal bir konuda bizden ne bekliyorlar"),
    "expect_asked": (
        " were read as asking something where they name us, on “{title}”.",
        " bizi anarak bir şey soruyor ya da istiyor; konu: “{title}”.",
    ),
    "expect_none": (
        "On “{title}” nobody who names us was read as asking anything. That is no reason to speak.",
        "“{title}” konusunda bizi ananlardan kimsenin bir şey istediği okunmadı. Bu, konuşmak için bir neden değildir.",
    ),
    "expect_facts": (
        "Beside it, what consumers said in general: 70 % find it important that brands take a public stand on social"
        " and political issues; 66 % of those say it is because brands can create real change (a share of the 70 %, so"
        " about 46 % of all). The caveat of the same report: 53 % think that brands do it for PR or marketing. Sprout"
        " Social, #BrandsGetReal: Brands Creating Change in the Conscious Consumer Era, 2019, more than 1,500 consumers"
        " in the USA: not our audience, and not this year.",
        "Bunun yanında, tüketicilerin genel olarak söyledikleri: %70’i markaların toplumsal ve siyasi konularda açık"
        " tutum almasını önemli buluyor; bunların %66’sı nedenini markaların gerçek bir değişim yaratabilmesiyle"
        " açıklıyor (%70’in içinde bir pay, herkesin yaklaşık %46’sı). Aynı raporun uyarısı: %53’ü markaların bunu"
        " halkla ilişkiler ya da pazarlama için yaptığını düşünüyor. Sprout Social, #BrandsGetReal: Brands Creating"
        " Change in the Conscious Consumer Era, 2019, ABD’de 1.500’den çok tüketici: bizim kitlemiz değil, bu yıl da"
        " değil.",
    ),
    "titled_story": ("{brand}: “{title}” is what moved people.", "{brand}: insanları “{title}” hareketlendirdi."),
    "titled_of_story": ("“{title}”: how people take it.", "“{title}”: insanlar nasıl karşılıyor."),
    "imported": ("imported files", "içe aktarılan dosyalar"),
    "no_authors": (
        "Imported files named no author for {n} posts: each of these counts as one person.",
        "İçe aktarılan dosyalar {n} gönderinin yazarını söylemiyor: her biri bir kişi sayıldı.",
    ),
    "not_followed": (
        "Stories of this period were found afterwards, from the posts that are held.",
        "Bu dönemin konuları sonradan, elde tutulan gönderilerden bulundu.",
    ),
    "under": ("under 1 %", "%1’den az"),
    "quotes_note": (
        "Picked to represent the whole; names left out. {networks}.",
        "Bütünü temsil etsin diye seçildi; adlar yazılmadı. {networks}.",
    ),
    "advice_answer": ("Answer on {about}: “{title}”", "{about} için yanıt verin: “{title}”"),
    "advice_answer_why": (" {n} people ask about it.", " Bunu {n} kişi soruyor."),
    "advice_look": ("Look into {about}.", "{about} konusuna bakın."),
    "advice_look_why": (
        " {n} people are angry about it.",
        " {n} kişi buna kızgın.",
    ),
    "advice_rose": ("Find out where the {feeling} comes from.", "{feeling} nereden geliyor, bakın."),
    "advice_rose_why": (
        " It rose to {now} and the rise is certain.",
        " {now} oldu; artış kesin.",
    ),
    "advice_peer": ("Look at what {brand} did: {text}.", "{brand} ne yaptı, bakın: {text}."),
    "advice_peer_why": (" It was praised ({share}, n {n}).", " Övüldü ({share}, n {n})."),
    "advice_story": ("Keep an eye on “{title}”.", "“{title}” konusunu izleyin."),
    "advice_story_why": (
        " Gravity {gravity} of 3: check every planned post against it.",
        " Ağırlığı 3 üzerinden {gravity}: planlı her gönderiyi ona göre gözden geçirin.",
    ),
    "advice_wait": ("Wait and watch.", "Bekleyip izleyin."),
    "advice_wait_why": (
        " Nothing changed so clearly that it calls for an act; that is a decision too.",
        " Harekete geçirecek kadar açık bir değişim yok; bu da bir karardır.",
    ),
    "seen": ("Seen: {what}.", "Görülen: {what}."),
    "seen_none": ("Nothing was heard.", "Hiçbir şey duyulmadı."),
    "not_seen": (
        "Networks that are not named here were not seen; no number here speaks for them.",
        "Adı geçmeyen ağlar görülmedi; buradaki hiçbir sayı onlar adına söylenmiş değildir.",
    ),
    "gap": ("Gap: {network}, {since}–{until}.", "Boşluk: {network}, {since}–{until}."),
    "method_says": (
        "Shares are of authors; brackets hold the 95 % interval, n is the authors looked at. Reading: {recipes}."
        " “No clear change”: the interval of the difference holds zero.",
        "Paylar yazar sayısına göredir; parantez %95 aralıktır, n bakılan yazar sayısı. Okuma: {recipes}."
        " “Açık fark yok”: farkın aralığı sıfırı içeriyor.",
    ),
    "proof_says": (
        "This file holds its questions: “kalkan brief --verify FILE” asks them again. Fingerprint: {digest}",
        "Bu dosya sorularını taşır: “kalkan brief --verify DOSYA” onları yeniden sorar. Parmak izi: {digest}",
    ),
    "posts_of": ("{network} ({n} posts)", "{network} ({n} gönderi)"),
}


def worded(lang: str, word: str, /, **given: object) -> str:
    """One of :data:`WORDS` with what is given filled in."""
    return WORDS[word][formats.language(lang) == "tr"].format(**given)


def within(interval: Interval, lang: str) -> str:
    """An interval of shares: 15–21. What is above nothing never shows as nothing."""
    low, high = round(interval.low * 100), round(interval.high * 100)
    high = max(high, low, 1 if interval.high > 0 else 0)
    return f"{formats.number(low, lang=lang)}–{formats.number(high, lang=lang)}"


def part(value: float, lang: str) -> str:
    """A share: 18 %; one below half a per cent that is not nothing is "under 1 %"."""
    if 0 < value < 0.005:
        return worded(lang, "under")
    return formats.share(value, lang=lang)


def count_within(interval: Interval, lang: str) -> str:
    """An interval of counts: 121–166."""
    return f"{formats.number(round(interval.low), lang=lang)}–{formats.number(round(interval.high), lang=lang)}"
