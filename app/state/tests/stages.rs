//! The network as stage cards, and where they stand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::HashSet;

use engine::graph::{Edit, Piece, Place};
use engine::layer::Activation;
use engine::zoo::{self, CATALOGUE, Options};
use engine::{Analysis, Graph, Layer, NodeId};
use state::selection::Folding;
use state::stages::{Card, Layout, Level, Point, Rect, Room, StageId, Stages, layout, stages};

fn build(name: &str) -> Graph {
    zoo::build(name, &Options::default()).unwrap()
}

fn of(graph: &Graph, folding: &Folding) -> Stages {
    stages(graph, &Analysis::of(graph), folding, &HashSet::new())
}

fn usual(graph: &Graph) -> Stages {
    of(graph, &Folding::usual(graph))
}

const fn room(width: f32, height: f32) -> Room {
    Room {
        width,
        height,
        level: None,
        costs: true,
        list: false,
    }
}

/// The middle of the page at 1440×900 without and with the right panel, at 1024×768, the same with
/// the dock open, a large screen, and a phone.
const ROOMS: [Room; 6] = [
    room(1160.0, 776.0),
    room(800.0, 776.0),
    room(776.0, 640.0),
    room(800.0, 500.0),
    room(1600.0, 1000.0),
    room(358.0, 700.0),
];

/// Every network as it opens, all blocks folded, and all open.
fn all(mut act: impl FnMut(&str, &Graph, &Stages)) {
    for entry in CATALOGUE {
        let graph = entry.graph(&Options::default()).unwrap();
        let analysis = Analysis::of(&graph);
        for folding in [
            Folding::usual(&graph),
            Folding::all(&graph),
            Folding::default(),
        ] {
            let split = graph.nodes().iter().map(|node| node.id);
            for unfolded in [HashSet::new(), split.step_by(3).collect()] {
                act(
                    entry.name,
                    &graph,
                    &stages(&graph, &analysis, &folding, &unfolded),
                );
            }
        }
    }
}

#[test]
fn every_node_is_in_exactly_one_part() {
    all(|name, graph, stages| {
        let mut nodes: Vec<NodeId> = stages.all.iter().flat_map(|stage| stage.nodes()).collect();
        nodes.sort_unstable();
        let mut wanted: Vec<NodeId> = graph.nodes().iter().map(|node| node.id).collect();
        wanted.push(NodeId::INPUT);
        wanted.sort_unstable();
        assert_eq!(nodes, wanted, "{name}");
        for (at, stage) in stages.all.iter().enumerate() {
            assert!(
                stage.nodes().all(|node| stages.of(node) == Some(at)),
                "{name}"
            );
        }
        let ids: HashSet<StageId> = stages.all.iter().map(|stage| stage.id).collect();
        assert_eq!(ids.len(), stages.all.len(), "{name}");
    });
}

#[test]
fn every_connection_between_cards_is_an_edge() {
    all(|name, graph, stages| {
        let between = graph.nodes().iter().flat_map(|node| {
            let slots = node.inputs.iter().enumerate();
            slots.map(|(slot, &input)| (input, node.id, slot))
        });
        let between: HashSet<_> = between
            .filter(|&(from, to, _)| stages.of(from) != stages.of(to))
            .collect();
        let edges = stages.edges.iter().flat_map(|edge| {
            let takers = edge.takers.iter();
            takers.map(|&(to, slot)| (edge.source, to, slot))
        });
        let edges: Vec<_> = edges.collect();
        assert_eq!(edges.len(), between.len(), "{name}");
        assert_eq!(edges.into_iter().collect::<HashSet<_>>(), between, "{name}");
    });
}

#[test]
fn lenet_5_is_six_cards() {
    let stages = usual(&zoo::lenet5().unwrap());
    let says = |stage: &state::stages::Stage| {
        let parts = stage.parts.iter().map(|part| {
            let face = &part.face;
            let tail = face.tail.iter().map(|(_, name)| format!(" + {name}"));
            format!(
                "{}{}: {}, {}",
                face.name,
                tail.collect::<String>(),
                face.operation,
                face.size
            )
        });
        parts.collect::<Vec<_>>().join("; ")
    };
    assert_eq!(
        stages.all.iter().map(says).collect::<Vec<_>>(),
        [
            "input: picture, 1×32×32",
            "C1 + tanh: conv 5×5, 6×28×28; S2: avg 2×2, 6×14×14",
            "C3 + tanh: conv 5×5, 16×10×10; S4 + flatten: avg 2×2, 16×5×5",
            "F5 + tanh: linear, 120",
            "F6 + tanh: linear, 84",
            "output + softmax: linear, 10",
        ]
    );
    let captions: Vec<_> = stages
        .all
        .iter()
        .filter_map(|it| it.caption.as_deref())
        .collect();
    assert_eq!(
        captions,
        [
            "Six 5×5 filters, then half the size.",
            "Sixteen filters over all six maps, then half the size.",
            "120 sums of all 400.",
            "84 sums of all 120.",
            "Ten scores; the largest wins.",
        ]
    );
}

#[test]
fn an_unfolded_stage_has_a_card_a_layer() {
    let graph = zoo::lenet5().unwrap();
    let c1 = graph.named("C1").unwrap().id;
    let stages = stages(
        &graph,
        &Analysis::of(&graph),
        &Folding::default(),
        &HashSet::from([c1]),
    );
    let names: Vec<&str> = stages.all[1..5]
        .iter()
        .map(|it| it.parts[0].face.name.as_str())
        .collect();
    assert_eq!(names, ["C1", "tanh1", "S2", "C3"]);
    assert!(
        stages.all[1..4]
            .iter()
            .all(|stage| stage.unfolded == Some(c1))
    );
}

#[test]
fn a_folded_residual_block_is_one_card_with_a_skip() {
    let graph = build("resnet-50");
    let stages = usual(&graph);
    // The input, C1 with its pooling, 3 + 4 + 6 + 3 blocks, the mean, and the output.
    assert_eq!(stages.all.len(), 1 + 1 + 16 + 1 + 1);
    let blocks: Vec<_> = stages
        .all
        .iter()
        .filter(|stage| stage.block.is_some())
        .collect();
    assert_eq!(blocks.iter().filter(|stage| stage.skips).count(), 12);
}

/// Whether the point is on the edge of the rectangle.
fn is_on(rect: &Rect, (x, y): Point) -> bool {
    let near = |one: f32, other: f32| (one - other).abs() < 0.01;
    let across = (rect.x - 0.01..=rect.right() + 0.01).contains(&x);
    let down = (rect.y - 0.01..=rect.bottom() + 0.01).contains(&y);
    (across && down)
        && (near(x, rect.x) || near(x, rect.right()) || near(y, rect.y) || near(y, rect.bottom()))
}

fn inside(inner: &Rect, outer: &Rect) -> bool {
    inner.x >= outer.x - 0.01
        && inner.y >= outer.y - 0.01
        && inner.right() <= outer.right() + 0.01
        && inner.bottom() <= outer.bottom() + 0.01
}

fn check(name: &str, stages: &Stages, layout: &Layout) {
    let picture = Rect {
        x: 0.0,
        y: 0.0,
        width: layout.width,
        height: layout.height,
    };
    let mut rows: Vec<Vec<&Card>> = Vec::new();
    for card in &layout.cards {
        assert!(
            inside(&card.rect, &picture),
            "{name}: {card:?} of {picture:?}"
        );
        for part in &card.parts {
            let own = Rect {
                x: card.rect.x + part.rect.x,
                y: card.rect.y + part.rect.y,
                ..part.rect
            };
            assert!(inside(&own, &card.rect), "{name}: {part:?} of {card:?}");
            let maps = part.maps.iter().map(|map| map.rect);
            let bound = Rect {
                x: 0.0,
                y: 0.0,
                width: part.rect.width,
                height: part.rect.height,
            };
            for shown in maps.chain(part.cells.map(|cells| cells.rect)) {
                assert!(
                    inside(&shown, &bound),
                    "{name}: {shown:?} of {part:?} of {card:?}"
                );
            }
        }
        if rows.len() <= card.row {
            rows.resize(card.row + 1, Vec::new());
        }
        rows[card.row].push(card);
    }
    for row in &rows {
        for (at, one) in row.iter().enumerate() {
            for other in &row[at + 1..] {
                assert!(
                    !one.rect.overlaps(&other.rect),
                    "{name}: {one:?} and {other:?}"
                );
            }
        }
    }
    let bottom = |row: &Vec<&Card>| row.iter().map(|it| it.rect.bottom()).fold(0.0, f32::max);
    let top = |row: &Vec<&Card>| row.iter().map(|it| it.rect.y).fold(f32::MAX, f32::min);
    for pair in rows.windows(2) {
        assert!(bottom(&pair[0]) < top(&pair[1]), "{name}");
    }
    assert_eq!(layout.wires.len(), stages.edges.len());
    for wire in &layout.wires {
        let edge = &stages.edges[wire.edge];
        let (from, to) = (&layout.cards[edge.from].rect, &layout.cards[edge.to].rect);
        let (first, last) = (wire.points[0], wire.points[wire.points.len() - 1]);
        assert!(is_on(from, first), "{name}: {first:?} of {from:?}");
        assert!(is_on(to, last), "{name}: {last:?} of {to:?}");
        for &(x, y) in &wire.points {
            assert!((0.0..=layout.width).contains(&x), "{name}: {wire:?}");
            assert!((0.0..=layout.height).contains(&y), "{name}: {wire:?}");
        }
        for pair in wire.points.windows(2) {
            let along =
                (pair[0].0 - pair[1].0).abs() < 0.01 || (pair[0].1 - pair[1].1).abs() < 0.01;
            assert!(along, "{name}: {wire:?}");
        }
    }
}

#[test]
fn no_two_cards_overlap_and_every_wire_connects_them() {
    all(|name, _, stages| {
        for room in ROOMS {
            for level in [
                None,
                Some(Level::Near),
                Some(Level::Block),
                Some(Level::Far),
            ] {
                check(name, stages, &layout(stages, Room { level, ..room }));
            }
        }
    });
}

#[test]
fn lenet_5_is_seen_whole_with_maps_of_at_least_40_pixels() {
    let stages = usual(&zoo::lenet5().unwrap());
    for room in &ROOMS[..5] {
        let layout = layout(&stages, *room);
        assert_eq!(layout.level, Level::Near, "{room:?}");
        assert!(layout.width <= room.width, "{} in {room:?}", layout.width);
        assert!(
            layout.height <= room.height,
            "{} in {room:?}",
            layout.height
        );
        let maps = layout
            .cards
            .iter()
            .flat_map(|card| &card.parts)
            .flat_map(|part| &part.maps);
        let maps: Vec<_> = maps.collect();
        assert_eq!(maps.len(), 1 + 6 + 6 + 16 + 16);
        for map in maps {
            assert!(map.rect.width >= 40.0, "{map:?} in {room:?}");
        }
    }
}

#[test]
fn large_networks_are_seen_whole_on_a_large_screen() {
    for (name, level) in [
        ("efficientnet-lite0", Level::Block),
        ("resnet-50", Level::Far),
        ("googlenet", Level::Far),
    ] {
        let stages = usual(&build(name));
        let layout = layout(&stages, ROOMS[0]);
        assert!(layout.level >= level, "{name}: {:?}", layout.level);
        assert!(layout.height <= ROOMS[0].height, "{name}");
    }
    // 50 blocks: bars with names.
    let layout = layout(&usual(&build("resnet-152")), ROOMS[0]);
    assert!(layout.width <= ROOMS[0].width && layout.height <= ROOMS[0].height);
}

#[test]
fn an_inserted_layer_moves_only_what_is_behind_it() {
    for name in ["lenet-5", "resnet-18", "googlenet", "vgg-16"] {
        let graph = build(name);
        for place in [1, graph.nodes().len() / 2, graph.nodes().len() - 2] {
            let node = graph.nodes()[place].id;
            let edited = graph.apply(&Edit::Insert {
                place: Place::After {
                    node,
                    with: Vec::new(),
                },
                piece: Piece::Layer(Layer::Activation(Activation::Tanh)),
                name: None,
            });
            let edited = edited.unwrap();
            let folding = Folding::default();
            for level in [Level::Furthest, Level::Far, Level::Block] {
                let room = Room {
                    level: Some(level),
                    ..ROOMS[0]
                };
                let (one, other) = (of(&graph, &folding), of(&edited, &folding));
                let (before, after) = (layout(&one, room), layout(&other, room));
                let stage = one.of(node).unwrap();
                let row = before.cards[stage].row;
                for (at, card) in before.cards.iter().enumerate() {
                    // A longer branch may need another lane, which moves its row down.
                    if card.row < row && at < stage {
                        let there = other.by_id(one.all[at].id).unwrap();
                        assert_eq!(after.cards[there].rect, card.rect, "{name}, {level:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn branches_stand_below_each_other_and_the_main_path_stays_in_its_lane() {
    let graph = build("googlenet");
    let stages = of(&graph, &Folding::default());
    let layout = layout(
        &stages,
        Room {
            level: Some(Level::Far),
            ..ROOMS[0]
        },
    );
    let concat = |card: &&Card| {
        let head = stages.all[card.stage].parts[0].head;
        graph
            .node(head)
            .is_some_and(|node| node.layer.title() == "concat")
    };
    let concats: Vec<_> = layout.cards.iter().filter(concat).collect();
    // Nine inception modules.
    assert_eq!(concats.len(), 9);
    assert!(concats.iter().all(|card| card.lane == 0));
    for card in concats {
        let mut lanes: Vec<_> = stages
            .edges
            .iter()
            .filter(|edge| edge.to == card.stage)
            .map(|edge| layout.cards[edge.from].lane)
            .collect();
        lanes.sort_unstable();
        assert_eq!(lanes, [0, 1, 2, 3]);
    }
}

#[test]
fn the_likeliest_class_of_a_small_card_stands_above_its_costs() {
    let room = Room {
        level: Some(Level::Far),
        ..ROOMS[2]
    };
    let layout = layout(&usual(&build("mobilenet-v2")), room);
    let mut seen = 0;
    for card in &layout.cards {
        for part in &card.parts {
            let Some(cells) = part.cells.filter(|it| it.top) else {
                continue;
            };
            seen += 1;
            assert_eq!(cells.rows, 1);
            // The name is 18 pixels high; two bars of 3 pixels, 4 apart, stand 12 above the edge.
            assert!(cells.rect.y >= 18.0, "{cells:?}");
            let bottom = part.rect.y + cells.rect.y + cells.rect.height;
            assert!(bottom <= card.rect.height - 22.0, "{cells:?} of {card:?}");
        }
    }
    assert!(seen > 0);
}

#[test]
fn the_number_of_further_maps_has_a_line_of_its_own_in_a_list() {
    let room = Room {
        list: true,
        ..ROOMS[0]
    };
    let layout = layout(&usual(&build("googlenet")), room);
    assert_eq!(layout.level, Level::Near);
    let mut seen = 0;
    for part in layout.cards.iter().flat_map(|card| &card.parts) {
        if part.rest > 0 {
            seen += 1;
            let lowest = part.maps.iter().map(|it| it.rect.y + it.rect.height);
            let lowest = lowest.fold(0.0, f32::max);
            assert!(part.rect.height >= lowest + 16.0, "{part:?}");
        }
    }
    assert!(seen > 0);
}
