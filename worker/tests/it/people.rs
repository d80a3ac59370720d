//! Who is told what, and in which language.

use lumi_testing::Platform;

use crate::fleet::{CONTACT, Fleet, OWNER};

#[tokio::test]
async fn a_question_passed_on_leaves_the_owners_language_alone() {
    let platform = Platform::start().await;
    let fleet = Fleet::new(&platform).await;
    let worker = fleet.worker();
    fleet.write(OWNER, "Vacances").await;
    platform.wait(1).await;
    fleet.write(CONTACT, "Здравствуйте, сколько стоит доставка до Марселя?").await;
    let sent = platform.wait(3).await;
    let to_owner = sent.iter().filter(|s| s.body["to"] == OWNER).count();
    assert_eq!(to_owner, 2, "{:?}", platform.texts());
    // A mute message is answered in the language of the conversation: still French.
    fleet.write(OWNER, "24/12/2031").await;
    platform.wait(4).await;
    assert_eq!(platform.texts()[3], "Parfait. Et quand se termine-t-il ?");
    worker.stop().await;
}

#[tokio::test]
async fn thanks_and_thumbs_call_nobody() {
    let platform = Platform::start().await;
    let fleet = Fleet::new(&platform).await;
    let worker = fleet.worker();
    for (n, text) in ["Merci !", "👍", "ok", "Bonjour"].into_iter().enumerate() {
        fleet.write(CONTACT, text).await;
        platform.wait(n + 1).await;
    }
    fleet.until("SELECT string_agg(DISTINCT action, ' ') FROM inbox", "greeting").await;
    assert!(platform.taken().iter().all(|s| s.body["to"] == CONTACT), "{:?}", platform.texts());
    worker.stop().await;
}

#[tokio::test]
async fn only_an_owner_enters_a_vacation() {
    let platform = Platform::start().await;
    let fleet = Fleet::new(&platform).await;
    let worker = fleet.worker();
    for (n, text) in ["Urlaub", "24.12.2031"].into_iter().enumerate() {
        fleet.write(CONTACT, text).await;
        platform.wait(n + 1).await;
    }
    assert_eq!(fleet.db.text("SELECT language || ' ' || coalesce(dialogue::text, 'idle') FROM conversations WHERE peer = '33700000000'").await, "de idle");
    worker.stop().await;
}

#[tokio::test]
async fn who_writes_during_a_vacation_is_told_once_when_it_ends() {
    let platform = Platform::start().await;
    let fleet = Fleet::new(&platform).await;
    fleet.db.execute("INSERT INTO vacations (tenant, starts_on, ends_on, owner)
        VALUES ('t', current_date - 3, current_date + 3, 'x'), ('t', current_date - 3, current_date + 2, 'y')").await;
    let worker = fleet.worker();
    fleet.write(CONTACT, "Combien coûte la livraison à Marseille ?").await;
    fleet.write(CONTACT, "Et à Toulouse, alors ?").await;
    fleet.until("SELECT count(*) FROM inbox WHERE state = 'done' AND input = 'text'", "2").await;
    fleet.until("SELECT count(*) FROM outbox WHERE state <> 'sent'", "0").await;
    let back = fleet.db.text("SELECT extract(day FROM current_date + 4)::int").await;
    let told: Vec<String> = platform.texts().into_iter().filter(|t| t.contains("congés")).collect();
    assert!(told.len() == 1 && told[0].contains(&back), "{told:?}");
    assert_eq!(
        fleet
            .db
            .text(
                "SELECT string_agg(idx::text, ' ' ORDER BY o.seq) FROM outbox o
        JOIN conversations c ON c.id = o.conversation_id WHERE peer = '33700000000'"
            )
            .await,
        "0 1 0"
    );
    worker.stop().await;
}

#[tokio::test]
async fn two_bots_do_not_talk_for_ever() {
    let platform = Platform::start().await;
    let fleet = Fleet::new(&platform).await;
    fleet.db.execute("UPDATE tenants SET replies_per_contact_per_hour = 3").await;
    let worker = fleet.worker();
    for n in 0..8 {
        fleet.write(CONTACT, &format!("Bonjour, je suis un automate, message {n}.")).await;
    }
    fleet.until("SELECT count(*) FROM inbox WHERE state = 'done' AND input = 'text'", "8").await;
    fleet.until("SELECT count(*) FROM outbox WHERE state <> 'sent'", "0").await;
    let to_contact = platform.taken().iter().filter(|s| s.body["to"] == CONTACT).count();
    assert_eq!(to_contact, 4, "three answers and one line that says so");
    assert_eq!(fleet.db.text("SELECT count(*) FROM inbox WHERE action = 'cap'").await, "5");
    worker.stop().await;
}

#[tokio::test]
async fn a_one_time_link_makes_an_owner_once() {
    let platform = Platform::start().await;
    let fleet = Fleet::new(&platform).await;
    fleet.db.channel("t", "chat", "web", "chat", &serde_json::json!({}), &[]).await;
    let hash = "decode('2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b', 'hex')";
    fleet
        .db
        .execute(&format!(
            "INSERT INTO owner_links (token_hash, tenant, channel_id, expires_at)
        SELECT {hash}, 't', id, now() + interval '1 hour' FROM channels WHERE key = 'chat'"
        ))
        .await;
    let worker = fleet.worker();
    let link = |visitor: &str| serde_json::json!({"type": "web.owner_link", "visitor": visitor, "token": "secret"});
    let says = |visitor: &str, id: &str, text: &str| serde_json::json!({"type": "web.message", "visitor": visitor, "client_msg_id": id, "text": text});
    fleet.deliver_web(&link("anna"), 1).await;
    fleet.until("SELECT peer FROM owners WHERE channel_id > 1 OR peer = 'anna' ORDER BY peer DESC LIMIT 1", "anna").await;
    fleet.deliver_web(&link("bert"), 2).await;
    fleet.deliver_web(&says("anna", "6f1c1d3e-0000-4000-8000-000000000001", "Vacances"), 3).await;
    fleet.until("SELECT string_agg(body, '|' ORDER BY o.created_at DESC) FROM (SELECT body, o.created_at FROM outbox o
        JOIN conversations c ON c.id = o.conversation_id WHERE c.peer = 'anna' ORDER BY seq DESC LIMIT 1) o",
        "Quelle est la date de début de vos congés ?").await;
    assert_eq!(fleet.db.text("SELECT count(*) FROM owners WHERE peer = 'bert'").await, "0");
    worker.stop().await;
}
