use std::net::TcpListener;

use lumi_testing::TestDb;

use crate::lumi::{KEY, Lumi};

fn run_json(pid: u32, port: u16, url: &str) -> String {
    serde_json::json!({
        "pid": pid, "base_url": format!("http://127.0.0.1:{port}"), "admin_token": "t", "database_url": url
    })
    .to_string()
}

#[tokio::test]
async fn which_data_a_command_works_on() {
    let dev = TestDb::new().await;
    dev.tenant("of-dev", "fr").await;
    let env = TestDb::new().await;
    env.tenant("of-env", "fr").await;
    let port = TcpListener::bind("127.0.0.1:0").unwrap();
    let number = port.local_addr().unwrap().port();
    let living = run_json(std::process::id(), number, &dev.url);

    // DATABASE_URL in .env alone.
    let lumi = Lumi::bare();
    lumi.file(".env", &format!("DATABASE_URL={}\n", env.url));
    let run = lumi.run(&["tenant", "list"]);
    assert!(run.out.contains("of-env") && run.err.contains("DATABASE_URL of .env"), "{run:?}");
    // A living dev goes before it.
    lumi.file(".lumi/run.json", &living).file(".lumi/secret.key", KEY);
    let run = lumi.run(&["tenant", "list"]);
    assert!(
        run.out.contains("of-dev") && run.err.contains("the data of lumi dev in .lumi"),
        "{run:?}"
    );
    lumi.file("m.yaml", "tenant: of-dev\ntimezone: UTC\nchannels: [{key: w, kind: web}]\n");
    lumi.ok(&["apply", "-f", "m.yaml"]);
    assert_eq!(dev.text("SELECT key FROM channels").await, "w");
    // The real environment before that, and --data before all.
    let real = Lumi::bare().var("DATABASE_URL", &env.url);
    real.file(".lumi/run.json", &living).file("elsewhere/run.json", &living);
    let run = real.run(&["tenant", "list"]);
    assert!(
        run.out.contains("of-env") && run.err.contains("DATABASE_URL of the environment"),
        "{run:?}"
    );
    assert!(real.ok(&["--data", "elsewhere", "tenant", "list"]).contains("of-dev"));
    assert!(real.ok(&["tenant", "list", "--data", "elsewhere"]).contains("of-dev"));
    let run = real.run(&["tenant", "list", "--data", "nowhere"]);
    assert!(run.code == 1 && run.err.contains("no lumi dev is running on nowhere"), "{run:?}");
}

#[test]
fn a_stale_run_json_says_so() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    // A pid beyond any, and a pid that lives but does not serve.
    for pid in [0x7fff_fff0, std::process::id()] {
        let lumi = Lumi::bare();
        lumi.file(".env", "DATABASE_URL=postgres://127.0.0.1:1/x\n");
        lumi.file(".lumi/run.json", &run_json(pid, closed, "postgres://127.0.0.1:1/x"));
        let run = lumi.run(&["tenant", "list"]);
        assert!(run.code == 1 && run.err.contains(".lumi/run.json is stale"), "{run:?}");
    }
}
