//! Damaged and hostile ONNX files: each a clear error, none a crash or a large allocation.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use engine::checkpoint::{Role, Weights, parameters};
use engine::layer::{Conv, Linear};
use engine::onnx::{self, Options, external_files};
use engine::{GraphBuilder, Shape};
use proptest::prelude::*;

/// A message by its fields, as protobuf writes them.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
    fn int(mut self, number: u64, value: i64) -> Self {
        self.varint(number << 3);
        self.varint(value.cast_unsigned());
        self
    }
    fn bytes(mut self, number: u64, value: &[u8]) -> Self {
        self.varint(number << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }
    fn text(self, number: u64, value: &str) -> Self {
        self.bytes(number, value.as_bytes())
    }
    fn message(self, number: u64, value: Self) -> Self {
        self.bytes(number, &value.0)
    }
}

fn node(operator: &str, inputs: &[&str], output: &str) -> Message {
    let node = inputs
        .iter()
        .fold(Message::default(), |node, input| node.text(1, input));
    node.text(2, output).text(3, output).text(4, operator)
}

fn value(name: &str, sides: &[i64]) -> Message {
    let shape = sides.iter().fold(Message::default(), |shape, &side| {
        shape.message(1, Message::default().int(1, side))
    });
    let tensor = Message::default().int(1, 1).message(2, shape);
    let kind = Message::default().message(1, tensor);
    Message::default().text(1, name).message(2, kind)
}

fn tensor(name: &str, sides: &[i64], values: &[f32]) -> Message {
    let tensor = sides
        .iter()
        .fold(Message::default(), |tensor, &side| tensor.int(1, side));
    let raw: Vec<u8> = values.iter().flat_map(|it| it.to_le_bytes()).collect();
    tensor.int(2, 1).text(8, name).bytes(9, &raw)
}

fn file(graph: Message) -> Vec<u8> {
    let opset = Message::default().text(1, "").int(2, 17);
    Message::default()
        .int(1, 8)
        .message(7, graph)
        .message(8, opset)
        .0
}

fn graph(nodes: Vec<Message>, tensors: Vec<Message>) -> Message {
    let last = "y";
    let graph = nodes
        .into_iter()
        .fold(Message::default(), |graph, node| graph.message(1, node));
    let graph = tensors
        .into_iter()
        .fold(graph, |graph, tensor| graph.message(5, tensor));
    graph
        .message(11, value("x", &[1, 3, 8, 8]))
        .message(12, value(last, &[1, 4, 6, 6]))
}

fn error(file: &[u8]) -> String {
    onnx::read(file, &Options::default())
        .unwrap_err()
        .to_string()
}

fn conv() -> Message {
    node("Conv", &["x", "w"], "y")
}

#[test]
fn a_small_file_of_these_parts_is_read() {
    let tensors = vec![tensor("w", &[4, 3, 3, 3], &[0.5; 108])];
    let import = onnx::read(&file(graph(vec![conv()], tensors)), &Options::default()).unwrap();
    assert!(import.is_complete());
    assert_eq!(import.weights.count(), 108);
}

#[test]
fn what_is_no_onnx_file_is_told() {
    assert!(error(b"").contains("no graph"), "{}", error(b""));
    assert!(error(b"\x89PNG\r\n\x1a\n").contains("not an ONNX file"));
}

#[test]
fn a_truncated_file_is_told() {
    let whole = file(graph(
        vec![conv()],
        vec![tensor("w", &[4, 3, 3, 3], &[0.5; 108])],
    ));
    let error = error(&whole[..whole.len() / 2]);
    assert!(error.contains("ends before it should"), "{error}");
}

#[test]
fn a_length_of_2_to_63_is_told() {
    let mut bytes = vec![7 << 3 | 2];
    bytes.extend([0xff; 9]);
    bytes.push(0x01);
    assert!(error(&bytes).contains("ends before it should"));
    bytes.splice(1.., [0xff; 11]);
    assert!(error(&bytes).contains("not an ONNX file, or it is damaged"));
}

#[test]
fn a_cycle_is_told() {
    let nodes = vec![
        node("Add", &["x", "b"], "a"),
        node("Relu", &["a"], "b"),
        node("Relu", &["b"], "y"),
    ];
    let error = error(&file(graph(nodes, Vec::new())));
    assert!(error.contains("need each other"), "{error}");
}

#[test]
fn a_value_that_nothing_gives_and_one_that_two_give_are_told() {
    let error_of = |nodes| error(&file(graph(nodes, Vec::new())));
    let error = error_of(vec![node("Relu", &["z"], "y")]);
    assert!(error.contains("“z”, which nothing gives"), "{error}");
    let error = error_of(vec![node("Relu", &["x"], "y"), node("Relu", &["x"], "y")]);
    assert!(error.contains("two nodes give"), "{error}");
}

#[test]
fn sides_that_are_huge_or_negative_are_told() {
    for sides in [
        &[i64::MAX, i64::MAX][..],
        &[-1, 3, 3, 3],
        &[1 << 40, 1 << 40, 3, 3],
    ] {
        let error = error(&file(graph(vec![conv()], vec![tensor("w", sides, &[0.5])])));
        assert!(error.contains("“w”") && error.contains("sides"), "{error}");
    }
    let error = error(&file(graph(
        vec![conv()],
        vec![tensor("w", &[4, 3, 3, 3], &[0.5; 7])],
    )));
    assert!(
        error.contains("7 values") && error.contains("108"),
        "{error}"
    );
}

#[test]
fn a_constant_too_large_to_compute_is_told() {
    let wanted = Message::default()
        .int(1, 2)
        .int(2, 7)
        .text(8, "n")
        .int(7, 1 << 40)
        .int(7, 1 << 40);
    let nodes = vec![
        node("ConstantOfShape", &["n"], "c"),
        node("Add", &["x", "c"], "y"),
    ];
    let error = error(&file(graph(nodes, vec![wanted])));
    assert!(error.contains("ConstantOfShape"), "{error}");
}

#[test]
fn weights_that_are_not_finite_are_told() {
    let mut values = [0.5; 108];
    values[7] = f32::NAN;
    let error = error(&file(graph(
        vec![conv()],
        vec![tensor("w", &[4, 3, 3, 3], &values)],
    )));
    assert!(error.contains("NaN"), "{error}");
}

#[test]
fn a_path_out_of_the_folder_is_refused() {
    for path in ["../../x", "/etc/passwd", "a/../../x", "C:\\x", "..\\x"] {
        let entry = Message::default().text(1, "location").text(2, path);
        let weight = Message::default()
            .int(1, 108)
            .int(2, 1)
            .text(8, "w")
            .message(13, entry)
            .int(14, 1);
        let file = file(graph(vec![conv()], vec![weight]));
        let error = external_files(&file).unwrap_err().to_string();
        assert!(error.contains("outside of this file's folder"), "{error}");
        assert!(self::error(&file).contains("outside"), "{path}");
    }
}

#[test]
fn weights_in_a_file_beside_it_are_read_and_missing_ones_named() {
    let entries = [("location", "w.bin"), ("offset", "4"), ("length", "432")];
    let weight = [4, 3, 3, 3]
        .iter()
        .fold(Message::default(), |it, &side| it.int(1, side));
    let weight = entries.iter().fold(
        weight.int(2, 1).text(8, "w").int(14, 1),
        |it, (key, value)| it.message(13, Message::default().text(1, key).text(2, value)),
    );
    let file = file(graph(vec![conv()], vec![weight]));
    assert_eq!(external_files(&file).unwrap(), ["w.bin"]);
    assert!(
        error(&file).contains("open “w.bin” together"),
        "{}",
        error(&file)
    );
    let beside: Vec<u8> = (0..109).flat_map(|it| (it as f32).to_le_bytes()).collect();
    let external = [("w.bin".to_owned(), beside.as_slice())];
    let options = Options {
        external: &external,
        ..Options::default()
    };
    let import = onnx::read(&file, &options).unwrap();
    let (_, values) = import.weights.iter().next().unwrap();
    assert_eq!((values[0], values[107]), (1.0, 108.0));
    let short = [("w.bin".to_owned(), &beside[..100])];
    let options = Options {
        external: &short,
        ..Options::default()
    };
    let error = onnx::read(&file, &options).unwrap_err().to_string();
    assert!(error.contains("100 bytes"), "{error}");
}

#[test]
fn conditions_within_conditions_end() {
    // Each branch is a graph that has the next one; the bytes nest, the reader does not.
    let mut branch = Message::default().message(12, value("x", &[1, 3, 8, 8]));
    for _ in 0..2000 {
        let attribute = |name: &str| {
            Message::default()
                .text(1, name)
                .bytes(6, &branch.0)
                .int(20, 5)
        };
        let inner = node("If", &["t"], "r").message(5, attribute("then_branch"));
        branch = Message::default()
            .message(1, inner)
            .message(12, value("r", &[1, 3, 8, 8]));
    }
    let attribute = Message::default()
        .text(1, "then_branch")
        .bytes(6, &branch.0)
        .int(20, 5);
    let truth = Message::default()
        .int(1, 1)
        .int(2, 7)
        .text(8, "t")
        .int(7, 1);
    let nodes = vec![node("If", &["t"], "y").message(5, attribute)];
    let error = error(&file(graph(nodes, vec![truth])));
    assert!(error.contains("too deeply"), "{error}");
}

#[test]
fn what_is_not_supported_is_listed_and_the_part_before_it_opens() {
    let nodes = vec![
        node("Conv", &["x", "w"], "c"),
        node("Relu", &["c"], "r"),
        node("Mystery", &["r"], "m"),
        node("Relu", &["m"], "n"),
        node("Relu", &["n"], "y"),
    ];
    let tensors = vec![tensor("w", &[4, 3, 3, 3], &[0.5; 108])];
    let import = onnx::read(&file(graph(nodes, tensors)), &Options::default()).unwrap();
    let [unsupported] = import.unsupported.as_slice() else {
        panic!("{:?}", import.unsupported)
    };
    assert_eq!(
        (unsupported.node.as_str(), unsupported.operator.as_str()),
        ("m", "Mystery")
    );
    assert_eq!(import.behind, 2);
    let names: Vec<&str> = import
        .graph
        .nodes()
        .iter()
        .map(|node| node.name.as_str())
        .collect();
    assert_eq!(names, ["c", "r"]);
}

proptest! {
    /// Whatever bytes of a real file change, it is read or refused.
    #[test]
    fn changed_bytes_never_panic(changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..12)) {
        let mut net = GraphBuilder::new("small", Shape::new(1, 6, 6));
        net.then("conv", Conv::new(2, 3));
        net.then("flatten", engine::layer::Flatten::default());
        net.then("fc", Linear::new(3));
        let graph = net.finish().unwrap();
        let mut weights = Weights::default();
        for parameter in parameters(&graph) {
            let value = if parameter.role == Role::Weight { 0.25 } else { 0.0 };
            let count = parameter.count();
            weights.push(parameter, vec![value; count]);
        }
        let mut bytes = onnx::write(&graph, &weights, &[]).unwrap();
        for (place, byte) in changes {
            let place = place % bytes.len();
            bytes[place] = byte;
        }
        if let Ok(import) = onnx::read(&bytes, &Options::default()) {
            prop_assert!(import.graph.nodes().len() < 100);
        }
    }
}
