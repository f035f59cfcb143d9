//! The visible maps as a safetensors file, for use in a notebook: one `f32` tensor a node. The
//! format (huggingface.co/docs/safetensors) is a length, a JSON header and the values.

use engine::graph::INPUT_NAME;
use engine::{Graph, NodeId};
use serde_json::{Map, Value, json};

use super::Trace;

/// The file's bytes: `input` and every map in the trace, named by node; maps as [1, C, H, W],
/// vectors as [1, C]. No node has a name that the file uses for something else
/// (`engine::graph::is_reserved`).
pub fn maps_file(graph: &Graph, trace: &Trace) -> Vec<u8> {
    let mut header = Map::new();
    let mut data = Vec::new();
    let metadata = json!({ "network": graph.name(), "device": trace.device.title() });
    header.insert("__metadata__".into(), metadata);
    let nodes = graph
        .nodes()
        .iter()
        .map(|node| (node.id, node.name.as_str()));
    for (id, name) in [(NodeId::INPUT, INPUT_NAME)].into_iter().chain(nodes) {
        let Some((slice, values)) = trace.map(id) else {
            continue;
        };
        let shape = slice.shape;
        let sizes = if shape.is_vector() {
            json!([1, shape.channels])
        } else {
            json!([1, shape.channels, shape.height, shape.width])
        };
        let start = data.len();
        data.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        let tensor = json!({ "dtype": "F32", "shape": sizes, "data_offsets": [start, data.len()] });
        header.insert(name.into(), tensor);
    }
    let mut text = Value::Object(header).to_string().into_bytes();
    // Filled up with spaces so that the values lie 8-aligned, as the format asks.
    text.resize(text.len().next_multiple_of(8), b' ');
    let mut file = (text.len() as u64).to_le_bytes().to_vec();
    file.append(&mut text);
    file.append(&mut data);
    file
}

#[cfg(test)]
mod tests {
    use engine::Shape;
    use engine::session::{DeviceKind, MapSlice};

    use super::*;

    #[test]
    fn the_file_s_header_has_the_offsets_of_each_tensor() {
        let graph = engine::zoo::lenet5().unwrap();
        let c1 = graph.named("C1").unwrap().id;
        let slice = |node, shape, offset| MapSlice {
            node,
            shape,
            first: 0,
            sent: shape,
            offset,
            min: 0.0,
            max: 1.0,
        };
        let trace = Trace {
            generation: 1,
            device: DeviceKind::Cpu,
            forward_ms: 1.0,
            blank: false,
            note: None,
            steps: Vec::new(),
            maps: vec![
                slice(c1, Shape::new(1, 1, 2), 1),
                slice(NodeId::INPUT, Shape::vector(1), 0),
            ],
            answer: Vec::new(),
            values: vec![5.0, 6.0, 7.0],
            ranges: Default::default(),
        };
        let file = maps_file(&graph, &trace);
        let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
        assert_eq!(length % 8, 0);
        let header: Value = serde_json::from_slice(&file[8..8 + length]).unwrap();
        let c1 = &header["C1"];
        assert_eq!(c1["shape"], json!([1, 1, 1, 2]));
        assert_eq!(header["input"]["shape"], json!([1, 1]));
        let from = 8 + length + c1["data_offsets"][0].as_u64().unwrap() as usize;
        assert_eq!(
            file[from..from + 8],
            [6.0_f32.to_le_bytes(), 7.0_f32.to_le_bytes()].concat()
        );
        assert_eq!(file.len(), 8 + length + 12);
    }
}
