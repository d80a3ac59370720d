vacation-trigger = Tatil

## İşletme sahibiyle tatil konuşması

vacation-ask-start = Tatilinizin başlangıç tarihi nedir?
vacation-ask-end = Harika. Peki ne zaman bitiyor?
vacation-confirm = Lütfen onaylayın: { $start } ile { $end } arası (✅ kaydetmek için, ❌ iptal etmek için).
vacation-saved = Kaydedildi! İyi tatiller dileriz.
vacation-cancelled = İptal edildi. Hiçbir şey kaydedilmedi.
vacation-misread-date = { $asked ->
        [start] Tatilinizin başlangıç tarihini okuyamadım.
       *[end] Tatilinizin bitiş tarihini okuyamadım.
    } Lütfen şöyle yazın: { $iso } veya { $long }.
vacation-ambiguous-date = Bu, iki şekilde okunabilir: { $first } veya { $second }. Hangisini kastettiniz? Lütfen buradaki gibi yazın.
vacation-end-before-start = Bitiş ({ $end }) başlangıçtan ({ $start }) önce. Tatiliniz ne zaman bitiyor?
vacation-overlap = { $start } ile { $end } arasında zaten bir tatiliniz var. Başka hangi başlangıç tarihini istersiniz?
vacation-remind-start = Tatilinize dönelim: başlangıç tarihi nedir? (❌ iptal etmek için)
vacation-remind-end = { $start } tarihinde başlayan tatilinize dönelim: ne zaman bitiyor? (❌ iptal etmek için)
vacation-remind-confirm = Tatilinize dönelim: { $start } ile { $end } arası mı? (✅ kaydetmek için, ❌ iptal etmek için)
date-range = { $start } – { $end }

## Müşterilere tatil bildirimi

vacation-only-owner = Üzgünüm, tatil günlerini yalnızca işletme sahibi belirleyebilir. Bir sorunuz varsa memnuniyetle yardımcı olurum.
vacation-notice = Tatildeyiz ve { $back } tarihinde döneceğiz. Sabrınız için teşekkür ederiz.

## Yanıtlar

answer-unknown-handoff = Bunun yanıtını bilmiyorum. Size bir yetkili yanıt verecek.
answer-unknown = Üzgünüm, bunun yanıtını bilmiyorum.
owner-question =
    { $name } soruyor: “{ $question }”
    Bunu yanıtlayamadım; lütfen siz yanıtlayın.
owner-question-nameless =
    Bir müşteri soruyor: “{ $question }”
    Bunu yanıtlayamadım; lütfen siz yanıtlayın.
answer-language = { $language ->
        [en] Yanıtımız İngilizcedir:
        [fr] Yanıtımız Fransızcadır:
        [de] Yanıtımız Almancadır:
        [es] Yanıtımız İspanyolcadır:
        [it] Yanıtımız İtalyancadır:
        [pt] Yanıtımız Portekizcedir:
        [nl] Yanıtımız Felemenkçedir:
        [pl] Yanıtımız Lehçedir:
        [ru] Yanıtımız Rusçadır:
        [tr] Yanıtımız Türkçedir:
        [ar] Yanıtımız Arapçadır:
        [zh] Yanıtımız Çincedir:
        [ja] Yanıtımız Japoncadır:
       *[other] Yanıtımız başka bir dildedir:
    }
clarify = Sizi doğru anladığımdan emin değilim. Sorunuzu farklı bir şekilde sorabilir veya bir ayrıntı ekleyebilir misiniz?

## İşlenemeyen mesajlar

media-not-understood = Üzgünüm, yalnızca metin okuyabiliyorum. Mesajınızı lütfen yazabilir misiniz?
apology = Üzgünüz, mesajınızı işleyemedik. Lütfen yeniden gönderin veya farklı bir şekilde yazın.
replay-too-late = Gönderdiğiniz mesajı (saat { $time }) işleyemedik; hâlâ önemliyse lütfen yeniden gönderin.
replay-too-late-dated = Gönderdiğiniz mesajı ({ $date }, saat { $time }) işleyemedik; hâlâ önemliyse lütfen yeniden gönderin.
too-many-messages = Çok sayıda mesaj gönderdiniz. { $minutes ->
       *[other] { $minutes } dakika
    } sonra yeniden yanıt verebileceğim.

## Yardım ve sahiplik

help-contact = Merhaba! Bana sorunuzu sorun; örneğin çalışma saatleri, fiyatlar veya hizmetler hakkında.
help-owner = Merhaba! Tatil günlerinizi belirlemek için “{ vacation-trigger }” yazın veya müşterilerinize ne yanıt verildiğini görmek için bir soru sorun.
now-owner = Artık burada işletme sahibisiniz. Tatil günlerinizi belirlemek için “{ vacation-trigger }” yazın.
link-expired = Bu bağlantı daha önce kullanılmış veya süresi dolmuş. Lütfen yeni bir bağlantı isteyin.
