"""What each figure of the index is: formula, denominator, definition, where it is counted from, whose definition it is.

Owns this one table, for the page, the file and the reference. Promises that no figure is shown that does not stand
here, and that what never may stand in an index is said too. Counts nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Words = tuple[str, str]
"""The same in English and Turkish."""

STAGES: Final[dict[str, Words]] = {
    "output": ("Outputs: what we did", "Çıktı: ne yaptık"),
    "outtake": ("Out-takes: what people made of it", "Algı: insanlar ne dedi"),
    "outcome": ("Outcomes: what came of it", "Sonuç: ne işe yaradı"),
    "impact": ("Impact: what it brought", "Etki: ne kazandırdı"),
}
"""The order of AMEC's framework. Nothing of one stage is ever told as something of the next."""

SECTIONS: Final[dict[str, Words]] = {
    "brand": ("Brand", "Marka"),
    "leads": ("Leads", "Talep"),
    "service": ("Customer service", "Müşteri hizmeti"),
    "community": ("Community", "Topluluk"),
    "mix": ("What we said, and how it was received", "Ne söyledik, nasıl karşılandı"),
    "learning": ("What the room check was right and wrong about", "Ortam yoklaması nerede haklı, nerede haksız çıktı"),
}

NEVER: Final[tuple[Words, ...]] = (
    (
        "No advertising value equivalent (AVE) and no multiplier: what a page of advertising would have cost says"
        " nothing of what was said or came of it.",
        "Reklam eşdeğeri (AVE) ve çarpan yok: bir reklam sayfasının kaça çıkacağı, ne söylendiğini ya da neye"
        " yaradığını göstermez.",
    ),
    (
        "Followers are never called reach: how many people saw a post is known to the networks alone.",
        "Takipçi sayısına erişim denmez: bir gönderiyi kaç kişinin gördüğünü yalnız ağlar bilir.",
    ),
    (
        "No figure by person: neither of those who write to us nor of those who answer them.",
        "Kişiye göre sayı yok: ne bize yazanlar ne onlara yanıt verenler sıralanır.",
    ),
    (
        "Of peers only what they and others say in public, counted from the same posts as ours.",
        "Emsaller için yalnız herkese açık söylenenler; bizimkilerle aynı gönderilerden sayılır.",
    ),
)

_AMEC: Final = "AMEC Integrated Evaluation Framework; Barcelona Principles 4.0"
_WILSON: Final = "Wilson (1927) 95 %; Newcombe (1998)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """One figure. ``unit``: share, count, minutes or money. ``counted``: from which of our own records."""

    name: str
    section: str
    stage: str
    unit: str
    title: Words
    formula: Words
    base: Words  # the denominator; for a count or a time, over what it runs
    says: Words
    counted: Words
    source: str  # whose definition or method it is


_ARCHIVE: Final = (
    "public posts in the archive, of the networks listened to",
    "arşivdeki herkese açık gönderiler, dinlenen ağlardan",
)
_INBOX: Final = ("the inbox: every mention with its triage", "gelen kutusu: her anılma, ayrımıyla birlikte")
_LEDGER: Final = ("the ledger: advice, decision, outcome", "defter: tavsiye, karar, sonuç")
_DRAFTS: Final = (
    "drafts that went out, and the last look at each (1 h, 24 h or 7 days after)",
    "çıkan taslaklar ve her birine son bakış (1 saat, 24 saat ya da 7 gün sonra)",
)
_FILES: Final = (
    "files and messages that the team brought in; each row counts once",
    "ekibin getirdiği dosyalar ve iletiler; her satır bir kez sayılır",
)
_NEEDED: Final = (
    "posts to or of us that needed a person: questions, asks, complaints, criticism",
    "bir kişinin bakması gereken gönderiler: soru, istek, şikâyet, eleştiri",
)
_SERVICE: Final = "First response time: plain.com/docs; response rate: hellointech.com; business hours: Intercom API"
_UTM: Final = "Campaign tags (UTM): support.google.com/analytics/answer/10917952"

_ALL: Final = (
    Definition(
        name="mentioners", section="brand", stage="outtake", unit="count",
        title=("People who spoke to or of us", "Bize ya da bizden söz edenler"),
        formula=("number of different authors", "farklı yazar sayısı"),
        base=("all mentions of the period", "dönemdeki bütün anılmalar"),
        says=("An author counts once, however much they write. Our own posts are not counted.",
              "Bir yazar ne kadar yazarsa yazsın bir kez sayılır. Kendi gönderilerimiz sayılmaz."),
        counted=_ARCHIVE, source=_AMEC,
    ),
    Definition(
        name="voice_share", section="brand", stage="outtake", unit="share",
        title=("Share of voice", "Konuşma payı"),
        formula=("authors who speak of us ÷ (those of us + those of each peer)",
                 "bizden söz eden yazarlar ÷ (bizimkiler + her emsalinkiler)"),
        base=("voices: one author speaking of one brand", "sesler: bir yazarın bir markadan söz etmesi"),
        says=("How much of the talk about us and the peers we named is about us. Says nothing of liking. A post that"
              " names us and a peer counts as ours; one that names several peers counts for one of them.",
              "Bizim ve adını verdiğimiz emsallerin konuşulmasında bize düşen pay. Beğeniyi göstermez. Bizi ve bir"
              " emsali anan gönderi bizim sayılır; birkaç emsali anan, onlardan birine sayılır."),
        counted=_ARCHIVE, source="industrydif.com/social/engagement-rate-vs-social-share-of-voice; " + _WILSON,
    ),
    Definition(
        name="negative", section="brand", stage="outtake", unit="share",
        title=("Speak ill", "Olumsuz konuşanlar"),
        formula=("authors with a negative post ÷ authors", "olumsuz gönderisi olan yazarlar ÷ yazarlar"),
        base=("authors who spoke of that brand", "o markadan söz eden yazarlar"),
        says=("As the reader reads the posts. Uncorrected, until people have labelled a random sample of these days;"
              " then corrected by PPI++, and marked so.",
              "Okuyucunun gönderileri okuduğu gibi. İnsanlar bu günlerden rastgele bir örneği etiketleyene dek"
              " düzeltilmemiştir; sonra PPI++ ile düzeltilir ve öyle işaretlenir."),
        counted=_ARCHIVE, source=_WILSON + "; Angelopoulos et al. (2023), PPI++",
    ),
    Definition(
        name="positive", section="brand", stage="outtake", unit="share",
        title=("Speak well", "Olumlu konuşanlar"),
        formula=("authors with a positive post ÷ authors", "olumlu gönderisi olan yazarlar ÷ yazarlar"),
        base=("authors who spoke of that brand", "o markadan söz eden yazarlar"),
        says=("As for speaking ill. One author can stand in both.",
              "Olumsuz konuşanlar gibi. Bir yazar ikisinde de yer alabilir."),
        counted=_ARCHIVE, source=_WILSON + "; Angelopoulos et al. (2023), PPI++",
    ),
    Definition(
        name="acts", section="brand", stage="outtake", unit="count",
        title=("Acts, by how they were received", "Adımlar, karşılanışlarına göre"),
        formula=("number of our public acts with that verdict", "bu sonucu alan kamuya açık adımlarımızın sayısı"),
        base=("acts that were entered", "girilen adımlar"),
        says=("Praised: the whole interval of praise among those who take sides lies above 60 %; called out: below"
              " 40 %; fewer than 30 authors: too few to say.",
              "Övüldü: taraf tutanlar içinde övgü aralığının tümü %60’ın üstünde; tepki gördü: %40’ın altında;"
              " 30 yazardan az: söylemek için az."),
        counted=("acts under Cases, and the voices of the 48 hours after each",
                 "Örnekler’deki adımlar ve her birinden sonraki 48 saatin sesleri"),
        source=_WILSON,
    ),
    Definition(
        name="opens", section="leads", stage="outcome", unit="count",
        title=("Opens of our links", "Bağlantılarımızın açılışı"),
        formula=("number of opens, machines left out", "açılış sayısı; makineler dışarıda"),
        base=("links that were made here", "burada yapılan bağlantılar"),
        says=("Opens, not people: who opens twice counts twice. No cookie is set or read and no address is kept, so"
              " people cannot be told apart.",
              "Açılış, kişi değil: iki kez açan iki sayılır. Çerez konmaz, okunmaz, adres saklanmaz; bu yüzden kişiler"
              " ayırt edilemez."),
        counted=("our own redirect, one number a link and day", "kendi yönlendirmemiz; bağlantı ve güne bir sayı"),
        source=_AMEC,
    ),
    Definition(
        name="visits", section="leads", stage="outcome", unit="count",
        title=("Visits, as imported", "Ziyaretler, getirildiği gibi"),
        formula=("sum of imported clicks or visits", "getirilen tıklama ya da ziyaretlerin toplamı"),
        base=("campaigns by their UTM tags", "UTM etiketleriyle kampanyalar"),
        says=("As the team’s own analytics counted them. Never added to the opens of our links: both may see the same"
              " click.",
              "Ekibin kendi ölçüm aracının saydığı gibi. Bağlantılarımızın açılışlarına eklenmez: ikisi aynı tıklamayı"
              " görmüş olabilir."),
        counted=_FILES, source=_UTM,
    ),
    Definition(
        name="conversions", section="leads", stage="impact", unit="count",
        title=("Conversions", "Dönüşümler"),
        formula=("sum of imported conversions", "getirilen dönüşümlerin toplamı"),
        base=("campaigns by their UTM tags", "UTM etiketleriyle kampanyalar"),
        says=("What the team calls a conversion: an order, a sign-up, a request. Credited to the campaign that the"
              " file names; no other way to the sale is guessed.",
              "Ekibin dönüşüm dediği şey: sipariş, kayıt, başvuru. Dosyanın adını verdiği kampanyaya yazılır; satışa"
              " giden başka yollar tahmin edilmez."),
        counted=_FILES, source=_UTM,
    ),
    Definition(
        name="conversion_share", section="leads", stage="impact", unit="share",
        title=("Visits that became conversions", "Dönüşüme varan ziyaretler"),
        formula=("conversions ÷ visits", "dönüşümler ÷ ziyaretler"),
        base=("imported visits of campaigns with both", "ikisi de bilinen kampanyaların ziyaretleri"),
        says=("Only where both came in for the same campaign, and no more conversions than visits.",
              "Yalnız aynı kampanya için ikisi de geldiyse ve dönüşümler ziyaretlerden çok değilse."),
        counted=_FILES, source=_UTM + "; " + _WILSON,
    ),
    Definition(
        name="value", section="leads", stage="impact", unit="money",
        title=("Value of conversions", "Dönüşümlerin değeri"),
        formula=("sum of the values in the imported rows", "getirilen satırlardaki değerlerin toplamı"),
        base=("conversions with a value, a sum for each currency", "değeri olan dönüşümler; her para birimi ayrı"),
        says=("What the file says, unchanged. No value is given to what has none.",
              "Dosyanın dediği, değiştirilmeden. Değeri olmayana değer biçilmez."),
        counted=_FILES, source=_AMEC,
    ),
    Definition(
        name="needed", section="service", stage="output", unit="count",
        title=("Posts that needed a person", "Kişi bekleyen gönderiler"),
        formula=("number of posts", "gönderi sayısı"),
        base=_NEEDED,
        says=("Read by the shield and put right by people; abuse and praise are not among them.",
              "Kalkan’ın ayırdığı, insanların düzelttiği gibi; hakaret ve övgü bunların içinde değildir."),
        counted=_INBOX, source=_SERVICE,
    ),
    Definition(
        name="answered", section="service", stage="outcome", unit="share",
        title=("Answered by a person", "Bir kişinin yanıtladığı"),
        formula=("answered ÷ needed a person", "yanıtlanan ÷ kişi bekleyen"),
        base=_NEEDED,
        says=("A reply that a person wrote, up to three days after the end of the period. What is solved without a"
              " reply is not answered.",
              "Bir kişinin yazdığı yanıt; dönemin bitiminden üç gün sonrasına dek. Yanıtsız çözülen, yanıtlanmış"
              " sayılmaz."),
        counted=_INBOX, source=_SERVICE + "; " + _WILSON,
    ),
    Definition(
        name="first_reply", section="service", stage="outcome", unit="minutes",
        title=("First human reply, median", "İlk insan yanıtı, ortanca"),
        formula=("time from the post to the first reply by a person, half are quicker",
                 "gönderiden bir kişinin ilk yanıtına dek geçen süre; yarısı daha çabuk"),
        base=("answered posts", "yanıtlanan gönderiler"),
        says=("Business hours of the brand alone are counted; a machine’s answer stops no clock. Interval of the"
              " median by order statistics.",
              "Yalnız markanın iş saatleri sayılır; makinenin yanıtı saati durdurmaz. Ortancanın aralığı sıra"
              " istatistikleriyle."),
        counted=_INBOX, source=_SERVICE,
    ),
    Definition(
        name="first_reply_p90", section="service", stage="outcome", unit="minutes",
        title=("First human reply, nine of ten within", "İlk insan yanıtı, onda dokuzu şu sürede"),
        formula=("the time that nine of ten do not exceed (nearest rank)",
                 "onda dokuzun aşmadığı süre (en yakın sıra)"),
        base=("answered posts", "yanıtlanan gönderiler"),
        says=("As the median; it tells of those who waited longest.", "Ortanca gibi; en çok bekleyenleri anlatır."),
        counted=_INBOX, source=_SERVICE,
    ),
    Definition(
        name="in_goal", section="service", stage="outcome", unit="share",
        title=("Answered within our goal", "Hedefimiz içinde yanıtlanan"),
        formula=("answered in time ÷ (answered in time + late)", "zamanında ÷ (zamanında + geç)"),
        base=("posts that were answered, or wait past the goal", "yanıtlanan ya da hedefi aşıp bekleyen gönderiler"),
        says=("The goal is the brand’s own, in business time. What still waits in time is not counted yet.",
              "Hedef markanın kendisinindir, iş saatiyle. Süresi dolmadan bekleyen henüz sayılmaz."),
        counted=_INBOX, source=_SERVICE + "; " + _WILSON,
    ),
    Definition(
        name="solved", section="service", stage="outcome", unit="share",
        title=("Solved", "Çözülen"),
        formula=("marked done ÷ needed a person", "bitti denen ÷ kişi bekleyen"),
        base=_NEEDED,
        says=("Somebody on the team said that nothing is left to do. The person who wrote was not asked.",
              "Ekipten biri yapılacak bir şey kalmadığını söyledi. Yazan kişiye sorulmadı."),
        counted=_INBOX, source=_SERVICE + "; " + _WILSON,
    ),
    Definition(
        name="asks_answered", section="service", stage="outcome", unit="share",
        title=("Questions and asks answered", "Yanıtlanan soru ve istekler"),
        formula=("questions and asks with a reply ÷ questions and asks",
                 "yanıtlanan soru ve istekler ÷ soru ve istekler"),
        base=("posts that ask something or want something of us", "bir şey soran ya da bizden isteyen gönderiler"),
        says=("As answered; of these alone.", "Yanıtlananlar gibi; yalnız bunlar için."),
        counted=_INBOX, source=_SERVICE + "; " + _WILSON,
    ),
    Definition(
        name="replies", section="community", stage="output", unit="count",
        title=("Replies given", "Verilen yanıtlar"),
        formula=("number of posts that got their first reply in the period",
                 "dönem içinde ilk yanıtını alan gönderi sayısı"),
        base=("everything in the inbox, praise too", "gelen kutusundaki her şey, övgü de"),
        says=("Replies by people, written here or seen on the network.",
              "İnsanların yanıtları; burada yazılan ya da ağda görülen."),
        counted=_INBOX, source=_AMEC,
    ),
    Definition(
        name="conversations", section="community", stage="outcome", unit="count",
        title=("Conversations we took part in", "İçinde yer aldığımız konuşmalar"),
        formula=("number of different threads with a reply of ours", "içinde yanıtımız olan farklı konuşma sayısı"),
        base=("threads in which somebody spoke to or of us", "birinin bize ya da bizden söz ettiği konuşmalar"),
        says=("Ten replies in one thread are one conversation.", "Bir konuşmadaki on yanıt bir konuşmadır."),
        counted=_INBOX, source=_AMEC,
    ),
    Definition(
        name="thanks", section="community", stage="outtake", unit="share",
        title=("Thank or praise us", "Teşekkür eden, övenler"),
        formula=("authors with praise ÷ authors", "övgüsü olan yazarlar ÷ yazarlar"),
        base=("authors who spoke to or of us", "bize ya da bizden söz eden yazarlar"),
        says=("As the reader reads the posts, uncorrected.", "Okuyucunun okuduğu gibi, düzeltilmemiş."),
        counted=_ARCHIVE, source=_WILSON,
    ),
    Definition(
        name="posts_out", section="mix", stage="output", unit="share",
        title=("Share of what we posted", "Gönderdiklerimiz içindeki pay"),
        formula=("posts of that kind ÷ posts that went out", "o türden gönderiler ÷ çıkan gönderiler"),
        base=("drafts that went out, replies left out; each once, on however many networks",
              "çıkan taslaklar, yanıtlar dışında; kaç ağda olursa olsun birer kez"),
        says=("The kind is what the team chose: product, service, education, cause, community.",
              "Tür ekibin seçtiğidir: ürün, hizmet, eğitim, toplumsal konu, topluluk."),
        counted=_DRAFTS, source=_AMEC,
    ),
    Definition(
        name="mix_reception", section="mix", stage="outtake", unit="share",
        title=("Praise among those who take sides", "Taraf tutanlar içinde övgü"),
        formula=("authors who praise ÷ (those who praise + those who are against)",
                 "öven yazarlar ÷ (övenler + karşı çıkanlar)"),
        base=("authors who answered posts of that kind and took a side, once a post",
              "o türden gönderilere yanıt verip taraf tutan yazarlar, gönderi başına bir kez"),
        says=("Praised, called out, mixed or too few to say, by the same rules as acts.",
              "Övüldü, tepki gördü, karışık ya da söylemek için az; adımlarla aynı kurallarla."),
        counted=_DRAFTS, source=_WILSON,
    ),
    Definition(
        name="upheld", section="learning", stage="outcome", unit="share",
        title=("HOLDs that people upheld", "İnsanların yerinde bulduğu BEKLET’ler"),
        formula=("HOLDs not overruled ÷ HOLDs decided", "üstünden geçilmeyen BEKLET’ler ÷ karara varılan BEKLET’ler"),
        base=("drafts with a HOLD that was decided in the period", "dönemde karara varılan, BEKLET almış taslaklar"),
        says=("Not proof that it was right: what was never sent was never received.",
              "Haklı olduğunun kanıtı değildir: hiç çıkmayan, hiç karşılanmamıştır."),
        counted=_LEDGER, source=_WILSON,
    ),
    Definition(
        name="overruled_well", section="learning", stage="outcome", unit="share",
        title=("Sent against a HOLD, and not called out", "BEKLET’e karşın çıkan ve tepki görmeyen"),
        formula=("not called out ÷ sent against a HOLD with enough answers",
                 "tepki görmeyen ÷ BEKLET’e karşın çıkıp yeterince yanıt alan"),
        base=("drafts with enough answers to say", "söylemeye yetecek yanıt alan taslaklar"),
        says=("Where the room check was too careful.", "Ortam yoklamasının fazla dikkatli davrandığı yer."),
        counted=_LEDGER, source=_WILSON,
    ),
    Definition(
        name="go_well", section="learning", stage="outcome", unit="share",
        title=("Sent with GO or CARE, and not called out", "UYGUN ya da DİKKAT ile çıkan ve tepki görmeyen"),
        formula=("not called out ÷ sent with GO or CARE with enough answers",
                 "tepki görmeyen ÷ UYGUN ya da DİKKAT ile çıkıp yeterince yanıt alan"),
        base=("drafts with enough answers to say", "söylemeye yetecek yanıt alan taslaklar"),
        says=("The rest is what the room check missed.", "Geri kalanı ortam yoklamasının kaçırdığıdır."),
        counted=_LEDGER, source=_WILSON,
    ),
    Definition(
        name="hindsight", section="learning", stage="outcome", unit="share",
        title=("Looking back: the decision was right", "Geriye bakınca: karar doğruydu"),
        formula=("looks back that say right ÷ looks back", "doğru diyen geri bakışlar ÷ geri bakışlar"),
        base=("what people wrote when it was over", "iş bitince insanların yazdıkları"),
        says=("In people’s own judgement; “in part right” counts as not right.",
              "İnsanların kendi yargısıyla; “kısmen doğru” doğru sayılmaz."),
        counted=_LEDGER, source=_WILSON,
    ),
)  # fmt: skip

DEFINITIONS: Final[dict[str, Definition]] = {one.name: one for one in _ALL}
"""Every figure of the index by its name, in the order in which they are shown."""


def reference() -> str:
    """The table as a page of the reference, in English."""
    lines = [
        "# Figures of the index\n",
        "What stands on the page Index and in `kalkan index`, month by month and year by year. A number without its"
        " denominator is none; a change is told only where its 95 % interval leaves out no change at all.\n",
        "## What never stands there\n",
        *(f"- {english}" for english, _turkish in NEVER),
        "",
    ]
    for section, title in SECTIONS.items():
        lines += [f"## {title[0]}\n", "| figure | stage | formula | denominator | definition | counted from | source |"]
        lines.append("|---|---|---|---|---|---|---|")
        for one in _ALL:
            if one.section == section:
                words = [one.title, STAGES[one.stage], one.formula, one.base, one.says, one.counted]
                cells = [english.replace("|", "\\|") for english, _turkish in words]
                cells[1] = cells[1].partition(":")[0]
                lines.append(f"| {' | '.join((*cells, one.source))} |")
        lines.append("")
    return "\n".join(lines)
