#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod rendered;

use std::path::Path;

use engine::data::*;
use engine::run::{Network, cpu, read_weights};
use engine::zoo;
use pollster::block_on;
use rendered::kinds::{BLANKS, KINDS};
use rendered::{Mnist, Random, Sent, at_random};

fn lenet() -> Network {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public/models/lenet-5.safetensors");
    let mut network = Network::seeded(zoo::lenet5().unwrap(), 0, &cpu()).unwrap();
    read_weights(&mut network, &std::fs::read(path).unwrap()).unwrap();
    network
}

fn read(network: &Network, sent: &Sent) -> (Option<usize>, Option<DigitNote>) {
    let target = network.graph().input();
    let t = std::time::Instant::now();
    let prepared = prepare_picture(&sent.rgba, sent.width, sent.height, Means::default(), target).unwrap();
    if std::env::var("TIME").is_ok() { eprintln!("{}x{} {:?}", sent.width, sent.height, t.elapsed()); }
    let PreparedPicture::Digit(p) = prepared else { panic!() };
    if let Ok(dir) = std::env::var("DUMP") {
        use std::sync::atomic::*; static N: AtomicUsize = AtomicUsize::new(0);
        let n = N.fetch_add(1, Ordering::SeqCst);
        image::RgbaImage::from_raw(sent.width as u32, sent.height as u32, sent.rgba.clone()).unwrap().save(format!("{dir}/{n:04}_0.png")).unwrap();
        for (i, (_, s)) in p.steps.iter().enumerate() {
            let b: Vec<u8> = s.values.iter().map(|v| (v * 255.0).clamp(0.0, 255.0) as u8).collect();
            image::GrayImage::from_raw(s.width as u32, s.height as u32, b).unwrap().save(format!("{dir}/{n:04}_{}.png", i + 1)).unwrap();
        }
    }
    if p.note == Some(DigitNote::NoDigit) { return (None, p.note); }
    let mut trace = block_on(network.trace(&p.input, &[network.graph().output()])).unwrap();
    let v = trace.values.pop().unwrap();
    (v.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map(|it| it.0), p.note)
}

#[test]
fn evaluate() {
    let net = lenet();
    let mnist = Mnist::test("00");
    let per: usize = std::env::var("PER").ok().and_then(|s| s.parse().ok()).unwrap_or(3);
    let only = std::env::var("ONLY").unwrap_or_default();
    let mut random = Random(7);
    for (name, make) in KINDS {
        if !name.contains(&only) { continue; }
        let (mut ok, mut notes, mut wrong) = (0, 0, String::new());
        for nth in 0..per {
            for (d, image) in mnist.digits(nth).into_iter().enumerate() {
                let sent = make(image, &mut random);
                let (got, note) = read(&net, &sent);
                if got == Some(d) { ok += 1 } else { wrong += &format!(" {d}:{}", got.map_or("-".into(), |g| g.to_string())); }
                notes += usize::from(matches!(note, Some(DigitNote::Several(_))));
            }
        }
        println!("{name:24} {ok}/{} notes {notes} wrong{wrong}", per * 10);
    }
    for (name, make) in BLANKS {
        if !name.contains(&only) { continue; }
        println!("blank {name:24} {:?}", read(&net, &make(&mut random)));
    }
}

#[test]
fn files() {
    let net = lenet();
    let mut all: Vec<_> = std::fs::read_dir("tests/data/digits").unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    for p in all {
        let im = image::open(&p).unwrap().into_rgba8();
        let sent = Sent { width: im.width() as usize, height: im.height() as usize, rgba: im.into_raw() };
        println!("{} {:?}", p.display(), read(&net, &sent));
    }
}

#[test]
fn randoms() {
    let net = lenet();
    let mnist = Mnist::test("00");
    let mut random = Random(2026);
    let (mut ok, n) = (0, 500);
    for index in 0..n {
        let (image, label) = mnist.get(index);
        let sent = at_random(image, &mut random);
        let (got, _) = read(&net, &sent);
        if got == Some(label.into()) { ok += 1 } else { println!("{index}: {label} read {got:?}"); }
    }
    println!("{ok}/{n}");
}

#[test]
fn same() {
    let net = lenet();
    let mnist = Mnist::test("00");
    let (mut diff, mut most) = (0, 0.0f32);
    let (mut ok_raw, mut ok) = (0, 0);
    for index in 0..1000 {
        let (image, label) = mnist.get(index);
        let rgba: Vec<u8> = image.iter().flat_map(|&l| [l, l, l, 255]).collect();
        let PreparedPicture::Digit(p) = prepare_picture(&rgba, 28, 28, Means::default(), net.graph().input()).unwrap() else { panic!() };
        let raw = prepare(image, 28, 28, Recipe::default(), net.graph().input()).unwrap().input;
        let d = p.input.iter().zip(&raw).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        most = most.max(d);
        if d > 0.01 { diff += 1; if diff < 20 { println!("{index} label {label} {d} {:?}", p.note); } }
        let ans = |v: &[f32]| { let v = block_on(net.trace(v, &[net.graph().output()])).unwrap().values.pop().unwrap(); v.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0 };
        ok_raw += usize::from(ans(&raw) == label as usize);
        ok += usize::from(ans(&p.input) == label as usize);
    }
    println!("{diff} differ, most {most}; raw {ok_raw} ours {ok}");
}
