//! Servers that speak just enough of the protocol to misbehave, and a wire that can be cut.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

/// What a server answers.
#[derive(Clone, Copy)]
pub(crate) enum Manner {
    /// It accepts and says nothing.
    Hung,
    /// Every command gets this line.
    Says(&'static str),
}

pub(crate) async fn misbehaving(manner: Manner) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let tasks = TaskTracker::new();
    let more = tasks.clone();
    tasks.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            more.spawn(answer(stream, manner));
        }
    });
    address
}

async fn answer(mut stream: TcpStream, manner: Manner) {
    let mut commands = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = stream.read(&mut commands).await {
        if let Manner::Says(line) = manner {
            // A command is one array: count the arrays that came.
            let count = commands[..read].iter().filter(|byte| **byte == b'*').count();
            if stream.write_all(line.repeat(count).as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

/// A wire to a server; cut, it closes what is open and refuses what is new.
pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    up: watch::Sender<bool>,
}

impl Wire {
    pub(crate) async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let up = watch::Sender::new(true);
        let tasks = TaskTracker::new();
        let (more, state) = (tasks.clone(), up.subscribe());
        tasks.spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (server, mut state) = (server.clone(), state.clone());
                more.spawn(async move {
                    if !*state.borrow() {
                        return;
                    }
                    let mut far = TcpStream::connect(&server).await.expect("the real server");
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        _ = state.wait_for(|up| !up) => {}
                    }
                });
            }
        });
        Self { address, up }
    }

    pub(crate) fn cut(&self) {
        self.up.send_replace(false);
    }

    pub(crate) fn mend(&self) {
        self.up.send_replace(true);
    }
}
