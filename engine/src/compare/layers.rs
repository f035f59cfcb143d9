//! The layers of a network as comma-separated values.

use crate::format::csv;
use crate::{Analysis, Graph};

const HEAD: &str = "name,layer,inputs,channels,height,width,trainable,other,macs,flops,\
                    field_height,field_width,jump_height,jump_width\n";

/// One line for each layer. A cell is empty where a problem leaves the shape unknown, and where the
/// receptive field is the whole input.
pub fn layers_as_csv(graph: &Graph, analysis: &Analysis) -> String {
    let mut text = HEAD.to_owned();
    for (node, facts) in graph.nodes().iter().zip(&analysis.nodes) {
        let name = |id: &crate::NodeId| graph.node(*id).map_or("input", |node| node.name.as_str());
        let inputs: Vec<&str> = node.inputs.iter().map(name).collect();
        let shape = facts.shape.map(|it| [it.channels, it.height, it.width]);
        let cost = facts.cost;
        let costs = [cost.trainable, cost.other, cost.macs, cost.flops()];
        let field = facts.receptive_field.map(|it| [it.size, it.stride]);
        let mut cells = vec![node.name.clone(), graph.title(node), inputs.join(" ")];
        cells.extend(texts(shape));
        cells.extend(costs.map(|count| count.to_string()));
        for axes in field.map_or([None; 2], |it| it.map(Some)) {
            cells.extend(texts(axes));
        }
        text += &(csv::line(&cells) + "\n");
    }
    text
}

/// The numbers as text; empty where they are not known.
fn texts<T: ToString + Copy, const N: usize>(numbers: Option<[T; N]>) -> [String; N] {
    std::array::from_fn(|at| numbers.map_or_else(String::new, |all| all[at].to_string()))
}
