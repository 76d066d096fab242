//! Connections: what is cut, when, and what a stream resumes with.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn half_a_head_is_cut_and_good_requests_go_on() {
    let limits = Limits { head: Duration::from_millis(300), ..Limits::default() };
    let stage = stage(limits).await;
    let mut half_open = Vec::new();
    for n in 0..200 {
        let mut stream = TcpStream::connect(stage.address).await.unwrap();
        // Some say nothing at all, some dribble.
        if n % 2 == 0 {
            stream.write_all(b"GET /v1/me HTTP/1.1\r\nx: ").await.unwrap();
        }
        half_open.push(stream);
    }
    assert_eq!(stage.status("GET /v1/toy/open/1 HTTP/1.1", "").await, 200);
    let since = Instant::now();
    for stream in &mut half_open {
        closed_after(stream).await;
    }
    assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_may_rest_between_requests_longer_than_within_one() {
    let limits = Limits { head: Duration::from_millis(200), idle: Duration::from_millis(900), ..Limits::default() };
    let stage = stage(limits).await;
    let mut stream = TcpStream::connect(stage.address).await.unwrap();
    stream.write_all(b"GET /v1/toy/open/1 HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    read_until(&mut stream, |text| text.ends_with('}')).await;
    let rested = closed_after(&mut stream).await;
    assert!(rested > Duration::from_millis(600) && rested < Duration::from_secs(4), "{rested:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_that_do_not_read_are_cut_and_hold_no_memory() {
    let limits = Limits { stall: Duration::from_millis(500), ..Limits::default() };
    let stage = stage(limits).await;
    let viewer = stage.token("viewer");
    let mut stuck = Vec::new();
    for _ in 0..20 {
        let mut stream = stage.open_stream(&viewer, None).await;
        read_until(&mut stream, |text| text.contains("id: ")).await;
        stuck.push(stream);
    }
    let mut good = stage.open_stream(&viewer, None).await;
    read_until(&mut good, |text| text.contains("id: ")).await;
    let big = big();
    let drain = tokio::spawn(async move {
        let mut sink = vec![0u8; 1 << 16];
        let mut total = 0usize;
        while total < 20_000_000 {
            match timeout(Duration::from_secs(10), good.read(&mut sink)).await {
                Ok(Ok(n)) if n > 0 => total += n,
                _ => break,
            }
        }
        total
    });
    for _ in 0..200 {
        stage.hub.publish(&big);
        tokio::task::yield_now().await;
    }
    let mut held = Vec::new();
    for stream in &mut stuck {
        // Only look at whether the other end has let go: reading would set it free.
        held.push(timeout(Duration::from_secs(10), reset(stream)).await.is_ok());
    }
    assert_eq!(held.iter().filter(|gone| !**gone).count(), 0);
    assert!(drain.await.unwrap() >= 20_000_000, "the good reader got everything");
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_a_token_cuts_its_connections_within_a_second() {
    let stage = stage(Limits::default()).await;
    let (text, token) = stage.tokens.create("ana", Role::Viewer, 1, now()).unwrap();
    let mut quiet = stage.open_stream(&text, None).await;
    read_until(&mut quiet, |text| text.contains("id: ")).await;
    let mut idle = TcpStream::connect(stage.address).await.unwrap();
    idle.write_all(format!("GET /v1/me HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {text}\r\n\r\n").as_bytes())
        .await
        .unwrap();
    read_until(&mut idle, |text| text.ends_with('}')).await;
    // A reader that is stuck: everything on its way is full.
    let mut stuck = stage.open_stream(&text, None).await;
    read_until(&mut stuck, |text| text.contains("id: ")).await;
    (0..200).for_each(|_| stage.hub.publish(&big()));
    let mut other = stage.open_stream(&stage.token("viewer"), None).await;
    read_until(&mut other, |text| text.contains("id: ")).await;
    stage.tokens.revoke(&token.id, now()).unwrap();
    for stream in [&mut quiet, &mut idle, &mut stuck] {
        assert!(closed_after(stream).await < Duration::from_secs(1));
    }
    stage.hub.publish(&update(424_242));
    read_until(&mut other, |text| text.contains("424242")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_revoked_by_another_process_or_expired_is_cut_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tokens.json");
    let stage = stage_with(Limits::default(), Tokens::open(&path).unwrap()).await;
    let (text, token) = stage.tokens.create("ana", Role::Viewer, 1, now()).unwrap();
    let (other_text, _) = stage.tokens.create("colleague", Role::Viewer, 1, now()).unwrap();
    let mut revoked = stage.open_stream(&text, None).await;
    let mut expired = stage.open_stream(&other_text, None).await;
    read_until(&mut revoked, |text| text.contains("id: ")).await;
    read_until(&mut expired, |text| text.contains("id: ")).await;
    let elsewhere = Tokens::open(&path).unwrap();
    elsewhere.revoke(&token.id, now()).unwrap();
    assert!(closed_after(&mut revoked).await < Duration::from_secs(1));
    // And one made by another process opens the door.
    let (made, _) = elsewhere.create("eve", Role::Viewer, 1, now()).unwrap();
    let opened = async { while stage.status("GET /v1/me HTTP/1.1", &made).await != 200 {} };
    timeout(Duration::from_secs(5), opened).await.unwrap();
    stage.tokens.tend(now().plus(2 * crate::api::time::DAY_MS));
    assert!(closed_after(&mut expired).await < Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_resumes_exactly_where_it_stopped() {
    let stage = stage(Limits::default()).await;
    let viewer = stage.token("viewer");
    let mut first = stage.open_stream(&viewer, None).await;
    let greeting = read_until(&mut first, |text| text.contains("id: ")).await;
    let start = id_of(&greeting);
    drop(first);
    (1..=50).for_each(|n| stage.hub.publish(&update(n)));
    let mut second = stage.open_stream(&viewer, Some(&start)).await;
    let text = read_until(&mut second, |text| text.contains("\"count\":50,")).await;
    assert_eq!(counts(&text), (1..=50).collect::<Vec<u64>>());
    drop(second);
    let mut third = stage.open_stream(&viewer, Some(&start.replace("-0", "-30"))).await;
    let text = read_until(&mut third, |text| text.contains("\"count\":50,")).await;
    assert_eq!(counts(&text), (31..=50).collect::<Vec<u64>>());
    let by_query = format!("GET /v1/stream?after={} HTTP/1.1", start.replace("-0", "-48"));
    let mut stream = TcpStream::connect(stage.address).await.unwrap();
    let head = format!("{by_query}\r\nhost: x\r\nauthorization: Bearer {viewer}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let text = read_until(&mut stream, |text| text.contains("\"count\":50,")).await;
    assert_eq!(counts(&text), [49, 50]);
    // From before a restart, or longer ago than is held.
    for (old, newest) in [("00000000000000aa-7", 50), ("nonsense", 51)] {
        let mut stream = stage.open_stream(&viewer, Some(old)).await;
        let text = read_until(&mut stream, |text| text.contains("gap")).await;
        assert!(id_of(&text).ends_with(&format!("-{newest}")), "{text}");
        stage.hub.publish(&update(newest + 1));
        let done = format!("\"count\":{},", newest + 1);
        let text = read_until(&mut stream, |text| text.contains(&done)).await;
        assert_eq!(counts(&text), [newest + 1], "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_ends_streams_and_lets_calls_finish() {
    let mut stage = stage(Limits::default()).await;
    let mut stream = stage.open_stream(&stage.token("viewer"), None).await;
    read_until(&mut stream, |text| text.contains("id: ")).await;
    stage.stop.take().unwrap().send(()).unwrap();
    assert!(closed_after(&mut stream).await < Duration::from_secs(2));
    assert!(TcpStream::connect(stage.address).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_connections_are_turned_away() {
    let stage = stage(Limits { connections: 5, ..Limits::default() }).await;
    let mut open = Vec::new();
    for _ in 0..5 {
        open.push(stage.open_stream(&stage.token("viewer"), None).await);
    }
    for stream in &mut open {
        read_until(stream, |text| text.contains("id: ")).await;
    }
    let mut sixth = TcpStream::connect(stage.address).await.unwrap();
    assert!(closed_after(&mut sixth).await < Duration::from_secs(1));
    open.pop();
    let again = async {
        while stage.ask("GET /v1/toy/open/1 HTTP/1.1", "", b"").await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(5), again).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_breaks_nothing() {
    let stage = stage(Limits { head: Duration::from_millis(300), ..Limits::default() }).await;
    let mut seed = 0x2545_f491_4f6c_dd1du64;
    let mut noise = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for n in 0..200 {
        let mut bytes: Vec<u8> = (0..noise() % 3000).map(|_| noise().to_le_bytes()[0]).collect();
        match n % 4 {
            0 => bytes.splice(..0, *b"POST /v1/ingest HTTP/1.1\r\n").for_each(drop),
            1 => bytes.splice(..0, *b"GET /v1/toy/open/1 HTTP/1.1\r\nhost: x\r\nx: ").for_each(drop),
            2 => bytes
                .splice(..0, *b"GET /v1/gate/check HTTP/1.1\r\nx-real-ip: 192.0.2.1\r\nx-original-uri: ")
                .for_each(drop),
            _ => {}
        }
        bytes.extend_from_slice(b"\r\n\r\n");
        let mut stream = TcpStream::connect(stage.address).await.unwrap();
        let _ = stream.write_all(&bytes).await;
    }
    assert_eq!(stage.status("GET /v1/toy/open/1 HTTP/1.1", "").await, 200);
}
