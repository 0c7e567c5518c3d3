"""What the room check says: findings, releases, proposals."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, dict[str, str]]] = {
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
    "room_silence_many": {
        "en": "{asking} of {of} people who speak of {story} ask who stays silent. Nobody names the brand yet.",
        "tr": "{story} konuşan {of} kişinin {asking} tanesi kimlerin sustuğunu soruyor. Markanın adını anan henüz yok.",
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
}
