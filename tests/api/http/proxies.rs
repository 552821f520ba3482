//! Requests through a proxy.

use std::net::Ipv4Addr;

use aod::{Client, ErrorKind};
use aod_test_support::{FakeServer, ScriptedServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use super::{AGENTS, builder, in_process_with};

/// The version of SOCKS, with which its messages start.
const SOCKS: u8 = 5;

/// Starts a SOCKS5 proxy that asks for the user name `ann` and the password `secret`.
async fn socks5() -> FakeServer {
    FakeServer::start(1, |_, mut socket| async move {
        let mut greeting = [0; 2];
        socket.read_exact(&mut greeting).await.unwrap();
        let mut methods = vec![0; greeting[1].into()];
        socket.read_exact(&mut methods).await.unwrap();
        assert!(greeting[0] == SOCKS && methods.contains(&2));
        socket.write_all(&[SOCKS, 2]).await.unwrap();
        let mut credentials = [0; 12];
        socket.read_exact(&mut credentials).await.unwrap();
        assert_eq!(&credentials, b"\x01\x03ann\x06secret");
        socket.write_all(&[1, 0]).await.unwrap();
        // A request to connect to an IPv4 address.
        let mut request = [0; 10];
        socket.read_exact(&mut request).await.unwrap();
        let [SOCKS, 1, 0, 1, a, b, c, d, high, low] = request else {
            panic!("{request:?}");
        };
        let address = (Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low]));
        let mut target = TcpStream::connect(address).await.unwrap();
        socket
            .write_all(&[SOCKS, 0, 0, 1, 0, 0, 0, 0, 0, 0])
            .await
            .unwrap();
        // Fails when one side resets its connection.
        let _ = copy_bidirectional(&mut socket, &mut target).await;
    })
    .await
}

#[tokio::test]
async fn a_call_goes_through_a_socks5_proxy() {
    let server = ScriptedServer::start(|_, exchange| exchange.respond_json(200, AGENTS)).await;
    let proxy = socks5().await;
    let client = builder(&server.url())
        .proxy(format!("socks5://ann:secret@{}", proxy.address()))
        .build()
        .unwrap();
    client.agents().list().await.unwrap();
    assert_eq!((proxy.accepted(), server.received().len()), (1, 1));
}

#[tokio::test]
async fn a_proxy_of_the_environment_that_cannot_be_used_is_a_configuration_error() {
    if std::env::var_os("AOD_TEST_CHILD").is_some() {
        let error = Client::builder()
            .base_url("http://192.0.2.1")
            .token("t")
            .build()
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(!format!("{error} {error:?}").contains("planted"), "{error}");
        return;
    }
    let name = "proxies::a_proxy_of_the_environment_that_cannot_be_used_is_a_configuration_error";
    for variable in ["http_proxy", "HTTP_PROXY", "ALL_PROXY"] {
        for proxy in ["quic://u:planted@h", "http://", "::planted"] {
            let variables = [
                ("AOD_TEST_CHILD", "yes".as_ref()),
                ("no_proxy", "".as_ref()),
                ("NO_PROXY", "".as_ref()),
                (variable, proxy.as_ref()),
            ];
            in_process_with(name, &variables).await;
        }
    }
}
