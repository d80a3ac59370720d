use lumi_testing::Platform;

use crate::fleet::{CONTACT, Fleet, OWNER, body};

#[tokio::test]
async fn the_seed_dialogue_word_for_word() {
    let platform = Platform::start().await;
    let fleet = Fleet::new(&platform).await;
    let worker = fleet.worker();
    for (n, text) in ["Vacances", "24/12/2024", "08/01/2025", "✅"].into_iter().enumerate() {
        fleet.write(OWNER, text).await;
        platform.wait(n + 1).await;
    }
    assert_eq!(
        platform.texts(),
        [
            "Quelle est la date de début de vos congés ?",
            "Parfait. Et quand se termine-t-il ?",
            "Merci de confirmer : du 2024-12-24 au 2025-01-08 (✅ pour enregistrer, ❌ pour annuler).",
            "Enregistré ! Profitez de vos congés.",
        ]
    );
    fleet.until("SELECT starts_on || ' ' || ends_on FROM vacations", "2024-12-24 2025-01-08").await;
    worker.stop().await;
}

#[tokio::test]
async fn exact_faqs_verbatim_unknown_ones_to_the_owner() {
    let platform = Platform::start().await;
    let fleet = Fleet::new(&platform).await;
    fleet
        .db
        .execute(
            "INSERT INTO faqs (tenant, id, question, answer, language) VALUES
            ('t', 'hours', 'À quelle heure ouvrez-vous ?', 'Nous ouvrons à 9 h.', 'fr')",
        )
        .await;
    let worker = fleet.worker();
    fleet.write(CONTACT, "a quelle heure ouvrez vous").await;
    platform.wait(1).await;
    fleet.write(CONTACT, "Quel est le sens de la vie, selon vous ?").await;
    let sent = platform.wait(3).await;
    let to: Vec<_> = sent.iter().map(|s| s.body["to"].as_str().unwrap().to_owned()).collect();
    let texts = platform.texts();
    assert_eq!(texts[0], "Nous ouvrons à 9 h.");
    assert!(to[1..].contains(&OWNER.to_owned()) && to[1..].contains(&CONTACT.to_owned()));
    let told = texts.iter().zip(&to).find(|(_, to)| *to == OWNER).unwrap().0;
    assert!(told.contains("Quel est le sens de la vie"), "{told}");
    // Once per conversation and hour.
    fleet.write(CONTACT, "Et celui de la mort, alors ?").await;
    platform.wait(4).await;
    fleet.until("SELECT count(*) FROM inbox WHERE state = 'pending'", "0").await;
    assert_eq!(platform.taken().len(), 4);
    worker.stop().await;
}

#[tokio::test]
async fn a_redelivery_is_answered_once_and_replies_keep_their_order() {
    let platform = Platform::start().await;
    let fleet = Fleet::new(&platform).await;
    fleet.db.execute("INSERT INTO faqs (tenant, id, question, answer, language)
        SELECT 't', n::text, 'Quelle est la réponse numéro ' || n || ' ?', 'Réponse ' || n || '.', 'fr' FROM generate_series(0, 39) n").await;
    for n in 0..40 {
        let message =
            body("111", CONTACT, &format!("id{n}"), &format!("Quelle est la réponse numéro {n} ?"));
        fleet.deliver(&message, n).await;
        fleet.deliver(&message, n).await;
    }
    let (a, b) = (fleet.worker(), fleet.worker());
    fleet.until("SELECT count(*) FROM inbox WHERE state = 'done' AND input = 'text'", "40").await;
    fleet.until("SELECT count(*) FROM outbox WHERE state = 'sent'", "40").await;
    // The platform saw the answers in the order of the questions.
    let answered: Vec<String> = platform
        .taken()
        .iter()
        .filter(|s| s.body["to"] == CONTACT)
        .map(|s| s.body["text"]["body"].as_str().unwrap().to_owned())
        .collect();
    let wanted: Vec<String> = (0..40).map(|n| format!("Réponse {n}.")).collect();
    assert_eq!(answered, wanted);
    assert_eq!(platform.taken().len(), 40);
    a.stop().await;
    b.stop().await;
}
