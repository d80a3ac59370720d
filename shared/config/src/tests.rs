use std::collections::HashSet;
use std::time::Duration;

use secrecy::ExposeSecret as _;

use crate::{ConfigError, DotEnv, Env, Form, Origin, Program, Var, markdown, var};

fn none() -> Env {
    Env::from_map::<&str, &str>([])
}

fn one(var: &Var, value: &str) -> Env {
    Env::from_map([(var.name, value)])
}

#[test]
fn every_default_has_its_form_and_every_row_its_words() {
    let mut seen = HashSet::new();
    for var in var::TABLE {
        assert!(seen.insert(var.name), "{} twice", var.name);
        assert!(!var.readers.is_empty(), "{}: read by nobody", var.name);
        assert!(var.doc.ends_with('.') && !var.doc.contains('|'), "{}: {}", var.name, var.doc);
        if let Some(default) = var.default {
            assert!(var.form.accepts(default), "{}={default}", var.name);
            assert!(!var.secret, "{}: a secret has no default", var.name);
        }
    }
    for program in [Program::Ingress, Program::Worker, Program::Admin, Program::Dev, Program::Serve]
    {
        assert_eq!(none().check(program), Ok(()), "{program}");
    }
}

#[test]
fn a_text_is_read_by_its_form() {
    let schemes = Form::Url(&["redis", "rediss"]);
    let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let table: &[(Form, &str, bool)] = &[
        (Form::Text, "anything", true),
        (Form::Flag, "TRUE", true),
        (Form::Flag, "off", true),
        (Form::Flag, "maybe", false),
        (Form::Whole(1, 10), "10", true),
        (Form::Whole(1, 10), "11", false),
        (Form::Whole(0, 10), "-1", false),
        (Form::Whole(0, 10), "1.5", false),
        (Form::Decimal(0.0, 2.0), "0.2", true),
        (Form::Decimal(0.0, 2.0), "NaN", false),
        (Form::Seconds(0.0, 60.0), "0.5", true),
        (Form::Seconds(0.0, 60.0), "inf", false),
        (Form::Seconds(0.0, 60.0), "30s", false),
        (Form::Millis(1, 100), "0", false),
        (Form::Address, "0.0.0.0:9464", true),
        (Form::Address, "[::]:9464", true),
        (Form::Address, "9464", false),
        (schemes, "rediss://u:p@h:6380/1?ssl_cert_reqs=none", true),
        (schemes, "http://h", false),
        (schemes, "localhost:6379", false),
        (Form::Url(&["postgres"]), "postgres:///lumi?host=/tmp/pg", true),
        (Form::Ranges, "10.0.0.0/8, fd00::/8", true),
        (Form::Ranges, "10.0.0.0", false),
        (Form::Choice(&["grpc"]), "GRPC", true),
        (Form::Choice(&["grpc"]), "soap", false),
        (Form::Keys, key, true),
        (Form::Keys, "AAAA", false),
        (Form::Keys, ",", false),
    ];
    for (form, text, good) in table {
        assert_eq!(form.accepts(text), *good, "{form:?} {text}");
    }
}

#[test]
fn readers_give_types() {
    let env = Env::from_map([
        ("PORT", " 8080 "),
        ("SHUTDOWN_GRACE_SECONDS", "1.5"),
        ("CORS_ALLOWED_ORIGINS", "https://a.example, ,https://b.example"),
        ("OUTBOUND_ALLOW", "127.0.0.0/8,10.1.0.0/16"),
        ("RUN_MIGRATIONS_ON_STARTUP", "yes"),
        ("X_ADMIN_TOKEN", "t0ken"),
        ("WA_APP_SECRET", "s"),
        ("LOG_LEVEL", ""),
    ]);
    assert_eq!(env.number::<u16>(&var::PORT), Ok(8080));
    assert_eq!(env.seconds(&var::SHUTDOWN_GRACE_SECONDS), Ok(Duration::from_millis(1500)));
    assert_eq!(env.millis(&var::REDIS_CONNECT_TIMEOUT_MS), Ok(Duration::from_millis(500)));
    assert_eq!(env.list(&var::CORS_ALLOWED_ORIGINS), ["https://a.example", "https://b.example"]);
    assert_eq!(env.ranges(&var::OUTBOUND_ALLOW).map(|ranges| ranges.len()), Ok(2));
    assert_eq!(env.flag(&var::RUN_MIGRATIONS_ON_STARTUP), Ok(true));
    assert_eq!(env.addr(&var::OPS_ADDR).map(|addr| addr.port()), Ok(9464));
    assert_eq!(env.url(&var::REDIS_URL), Ok(None));
    let token = env.secret(&var::X_ADMIN_TOKEN).expect("text").expect("set");
    assert_eq!(token.expose_secret(), "t0ken");
    assert_eq!(env.foreign("WA_APP_SECRET").as_deref(), Some("s"));
    assert_eq!(env.text(&var::LOG_LEVEL).as_deref(), Some("info"), "empty is unset");
    assert!(!env.is_set(&var::LOG_LEVEL) && env.is_set(&var::PORT));
    assert!(!format!("{env:?}").contains("t0ken"));
}

#[test]
fn an_error_is_one_line_that_names_the_variable() {
    let long = "x".repeat(500);
    let table: &[(&str, Result<(), ConfigError>, &str)] = &[
        (
            "number",
            one(&var::PORT, "80a").number::<u16>(&var::PORT).map(drop),
            "PORT=\"80a\": expected a whole number from 0 to 65535",
        ),
        (
            "flag",
            one(&var::AI_ENABLE, "jein").flag(&var::AI_ENABLE).map(drop),
            "AI_ENABLE=\"jein\": expected true or false",
        ),
        (
            "missing",
            none().required_secret(&var::AMQP_URL).map(drop),
            "AMQP_URL is not set: expected a URL like amqp://host or amqps://host",
        ),
        (
            "secret",
            one(&var::AMQP_URL, "u:hunter2@h").url(&var::AMQP_URL).map(drop),
            "AMQP_URL=(hidden, 11 characters): expected a URL like amqp://host or amqps://host",
        ),
        (
            "two lines",
            one(&var::OPS_ADDR, "a\nb").addr(&var::OPS_ADDR).map(drop),
            "OPS_ADDR=\"a\\nb\": expected an address with a port, like 0.0.0.0:9464",
        ),
        (
            "check",
            one(&var::AI_TEMPERATURE, "9").check(Program::Worker),
            "AI_TEMPERATURE=\"9\": expected a number from 0 to 2",
        ),
    ];
    for (case, result, line) in table {
        assert_eq!(result.as_ref().map_err(ToString::to_string), Err((*line).to_owned()), "{case}");
    }
    let cut = one(&var::PORT, &long).number::<u16>(&var::PORT).expect_err("not a port").to_string();
    assert!(cut.len() < 200 && cut.contains('…'), "{cut}");
    assert_eq!(one(&var::AI_TEMPERATURE, "9").check(Program::Ingress), Ok(()), "not its variable");
}

#[test]
fn flags_win_over_the_environment_and_it_over_the_file() {
    let folder = std::env::temp_dir().join(format!("lumi-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    let path = folder.join(".env");
    assert!(DotEnv::read(&path).is_ok(), "no file is an empty one");
    std::fs::write(&path, "PORT=1\nOPENAI_MODEL='from file'\n# note\nexport RAG_TOP_K=3\n")
        .expect("write");
    let file = DotEnv::read(&path).expect("a good file");
    let real = std::collections::HashMap::from([("PORT".to_owned(), "2".to_owned())]);
    let env = Env::layers(real, file);
    assert_eq!(env.number::<u16>(&var::PORT), Ok(2));
    assert_eq!(env.origin(&var::PORT), Some(Origin::Environment));
    assert_eq!(env.text(&var::OPENAI_MODEL).as_deref(), Some("from file"));
    assert_eq!(env.origin(&var::RAG_TOP_K), Some(Origin::DotEnv));
    assert_eq!(env.origin(&var::LOG_LEVEL), Some(Origin::Default));
    assert_eq!(env.origin(&var::AMQP_URL), None);
    let flagged = env.set(&var::PORT, "3");
    assert_eq!(flagged.number::<u16>(&var::PORT), Ok(3));
    assert_eq!(flagged.origin(&var::PORT), Some(Origin::Flag));

    std::fs::write(&path, "PORT=1\nhunter2 is no name\n").expect("write");
    let error = DotEnv::read(&path).expect_err("a broken line").to_string();
    assert!(error.contains("entry 2") && !error.contains("hunter2"), "{error}");
    std::fs::remove_dir_all(&folder).expect("the folder is ours");
}

#[test]
fn the_page_has_every_row_once() {
    let page = markdown();
    for var in var::TABLE {
        let rows = page.lines().filter(|l| l.starts_with(&format!("| `{}` |", var.name))).count();
        assert_eq!(rows, 1, "{}", var.name);
    }
    assert_eq!(page.lines().filter(|l| l.starts_with("| `")).count(), var::TABLE.len());
}
