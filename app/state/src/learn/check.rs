//! What a step asks for, as a condition on the state of the lab. All of it follows signals, so that a
//! step is done the moment when the person has done it.

use engine::data::Recipe;
use engine::layer::{Conv, Layer, Padding, Window};
use engine::{Analysis, Graph, Node, NodeId, Shape};
use reactive_graph::traits::{Get, Track, With};

use super::Fact;
use super::start::{self, node};
use crate::State;
use crate::answer::Reading;
use crate::data::Origin;
use crate::input::{DataSet, Source};
use crate::screen::Area;
use crate::train::Status;

/// A quantity of the whole network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    Parameters,
    Macs,
    /// The receptive field of the last map.
    Field,
}

impl Of {
    fn value(self, analysis: &Analysis) -> Option<u64> {
        Some(match self {
            Self::Parameters => analysis.total.params(),
            Self::Macs => analysis.total.macs,
            Self::Field => analysis.last_receptive_field()?.size[0],
        })
    }
}

/// A setting of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    Kernel(u32),
    Stride(u32),
    Dilation(u32),
    Channels(u32),
    Features(u32),
    Groups(u32),
    /// Each output channel reads one input channel.
    Depthwise,
    /// Split into groups, but not into single channels.
    Grouped,
    /// The output is as large as the input.
    SameSize,
    /// Windows that overlap: the kernel is larger than the stride.
    Overlapping,
    Max,
}

/// A switch of the preprocessing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knob {
    Crop,
    Fit,
    Centre,
    Pad,
    Normalise,
}

impl Knob {
    const fn is_on(self, recipe: &Recipe) -> bool {
        match self {
            Self::Crop => recipe.crop,
            Self::Fit => recipe.fit,
            Self::Centre => recipe.centre,
            Self::Pad => recipe.pad,
            Self::Normalise => recipe.normalise,
        }
    }
}

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Check {
    Area(Area),
    /// The person has drawn, and the answer is this class.
    Reads(usize),
    /// The person has drawn, and the largest probability is below this.
    Unsure(f32),
    /// A test image of this set is the input.
    Sample(DataSet),
    /// A test image is answered with another class than its label.
    Misread,
    /// This switch of the preprocessing is off.
    Off(Knob),
    /// The preprocessing is that of the start.
    UsualRecipe,
    /// A map or unit of this node is chosen.
    Chosen(&'static str),
    /// A map of this node is chosen that is not its first.
    AnotherMap(&'static str),
    /// A map of a layer of this kind is chosen.
    ChosenKind(&'static str),
    /// A map of a convolution with this setting is chosen.
    ChosenConv(Is),
    Happened(Fact),
    /// The node of this name has this setting.
    Layer(&'static str, Is),
    /// There are at least so many layers of this kind with this setting.
    Layers(usize, &'static str, Is),
    /// The network has no node of this name.
    Without(&'static str),
    /// It has one.
    With(&'static str),
    /// The network has a problem.
    Broken,
    /// It has none.
    Valid,
    /// At most this share of what the network had at the start.
    AtMost(Of, f64),
    /// At least this share of it.
    AtLeast(Of, f64),
    /// Fewer layers of this kind than at the start.
    Fewer(&'static str),
    /// These networks of the zoo are pinned in Compare.
    Pinned(&'static [&'static str]),
    /// A training has made at least so many steps.
    Trained(u64),
    /// A training of a network with fewer layers of this kind than at the start has, since the step
    /// before was done.
    TrainedWithout(&'static str, u64),
    /// A training that has made steps has been paused or has ended.
    Rested,
    /// The learning rate is not what it was at the start.
    OtherRate,
    /// At least this share of the validation examples is answered right.
    Reached(f64),
    /// The data set of Fashion-MNIST is chosen to train on.
    OnFashion,
    /// At least so many layers are frozen.
    Frozen(usize),
    /// At least one variant came of a step whose description has this word.
    Variant(&'static str),
    Latency,
    Budget,
    /// A step ran in at least so many stages.
    Pipeline(usize),
}

/// What the checks compare with: the lab as the lesson began.
#[derive(Clone, Debug)]
pub struct Began {
    pub graph: Graph,
    pub analysis: Analysis,
    pub recipe: Recipe,
    pub rate: f64,
    /// The steps of the training when the present step of the lesson became the present one.
    trained: u64,
}

impl Began {
    /// A lesson that begins so; `rate` is the learning rate that training has then.
    ///
    /// # Errors
    /// When there is no such network.
    pub fn with(start: &start::Start, rate: f64) -> Result<Self, engine::zoo::ZooError> {
        let graph = start::network(start.network)?;
        Ok(Self {
            analysis: Analysis::of(&graph),
            graph,
            recipe: start.recipe(),
            rate,
            trained: 0,
        })
    }

    /// Called before each check; `now` when the step has just become the present one. A training that
    /// begins anew counts from its beginning.
    pub fn follow(&mut self, state: State, now: bool) {
        let trained = trained(state);
        if now || trained < self.trained {
            self.trained = trained;
        }
    }
}

impl Check {
    /// Whether the state is as asked. Follows what it reads.
    pub fn holds(&self, state: State, began: &Began) -> bool {
        let on_graph = |read: &dyn Fn(&Graph) -> bool| state.document.graph().with(read);
        match *self {
            Self::Area(area) => state.screen.area().get() == area,
            Self::Reads(class) => is_drawing(state) && answer(state) == Some(class),
            Self::Unsure(share) => {
                is_drawing(state)
                    && state.answer.reading.with(|reading| {
                        let sure = reading.as_ref().and_then(Reading::sure);
                        sure.is_some_and(|it| it < share)
                    })
            }
            Self::Sample(set) => {
                let of = state.input.sample().get().map(|it| it.set);
                !state.input.source().get().is_photo() && of == Some(set)
            }
            Self::Misread => {
                let (label, answer) = (state.input.label(), answer(state));
                let name = answer.map(|it| state.answer.names.with(|names| names.of(it)));
                // A boot has no right answer among digits.
                let set = state.input.sample().get().map(|it| it.set.classes());
                let differs = label.zip(name).is_some_and(|(label, name)| *label != *name);
                differs && set == state.answer.classes.get()
            }
            Self::Off(knob) => !state.input.recipe().with(|recipe| knob.is_on(recipe)),
            Self::UsualRecipe => state.input.recipe().get() == began.recipe,
            Self::Chosen(name) => chosen(state)
                .is_some_and(|(id, _)| on_graph(&|graph| node(graph, name) == Some(id))),
            Self::AnotherMap(name) => chosen(state).is_some_and(|(id, channel)| {
                channel > 0 && on_graph(&|graph| node(graph, name) == Some(id))
            }),
            Self::ChosenKind(kind) => {
                chosen_layer(state, &|it, _| it.layer.kind() == kind).unwrap_or(false)
            }
            Self::ChosenConv(is) => chosen_layer(state, &|it, input| {
                matches!(it.layer, Layer::Conv(_)) && is.holds(&it.layer, input)
            })
            .unwrap_or(false),
            Self::Happened(fact) => state.learn.facts().with(|facts| facts.contains(&fact)),
            Self::Layer(name, is) => on_analysed(state, &|graph, analysis| {
                let node = graph.named(name);
                node.is_some_and(|it| is.of(graph, analysis, it))
            }),
            Self::Layers(least, kind, is) => on_analysed(state, &|graph, analysis| {
                let all = graph.nodes().iter();
                let such = all.filter(|it| it.layer.kind() == kind && is.of(graph, analysis, it));
                such.count() >= least
            }),
            Self::Without(name) => on_graph(&|graph| graph.named(name).is_none()),
            Self::With(name) => on_graph(&|graph| graph.named(name).is_some()),
            Self::Broken => !state.document.analysis.with(Analysis::is_valid),
            Self::Valid => state.document.analysis.with(Analysis::is_valid),
            Self::AtMost(of, share) => shares(state, began, of).is_some_and(|it| it <= share),
            Self::AtLeast(of, share) => shares(state, began, of).is_some_and(|it| it >= share),
            Self::Fewer(kind) => on_graph(&|graph| count(graph, kind) < count(&began.graph, kind)),
            Self::Pinned(names) => state.compare.pins().with(|pins| {
                names
                    .iter()
                    .all(|name| pins.iter().any(|pin| pin.origin == Some(name)))
            }),
            Self::Trained(steps) => trained(state) >= steps,
            Self::TrainedWithout(kind, steps) => {
                trained(state) >= began.trained + steps
                    && on_graph(&|graph| count(graph, kind) < count(&began.graph, kind))
            }
            Self::Rested => {
                let resting = |status: &Status| {
                    matches!(status, Status::Paused | Status::Stopped | Status::Ended(_))
                };
                trained(state) > 0 && state.train.status().with(resting)
            }
            Self::OtherRate => {
                let rate = state.train.task().with(|task| task.settings.schedule.rate);
                (rate - began.rate).abs() > f64::EPSILON
            }
            Self::Reached(accuracy) => state.train.curve().with(|curve| {
                let mut checks = curve.checks().iter();
                checks.any(|check| check.accuracy >= accuracy)
            }),
            Self::OnFashion => state
                .data
                .chosen()
                .is_some_and(|it| it.origin == Origin::Fashion),
            Self::Frozen(least) => {
                state.train.task().with(|task| task.settings.frozen.len()) >= least
            }
            Self::Variant(word) => state.shrink.read(|held| {
                let mut all = held.variants.all().iter();
                all.any(|it| it.steps.iter().any(|step| step.contains(word)))
            }),
            Self::Latency => state.deploy.measured().with(|all| !all.is_empty()),
            Self::Budget => state
                .deploy
                .budgets()
                .with(|it| *it != engine::deploy::Budgets::default()),
            Self::Pipeline(stages) => state
                .deploy
                .piped()
                .with(|it| it.as_ref().is_some_and(|it| it.stages.len() >= stages)),
        }
    }
}

impl Is {
    /// Whether a layer with this input has this setting. The size of its output is not
    /// known here.
    fn holds(self, layer: &Layer, input: Option<Shape>) -> bool {
        let window: Option<Window> = input.and_then(|it| layer.rule().window(it));
        let channels = input.map(|it| it.channels);
        let on_window = |read: &dyn Fn(Window) -> bool| window.is_some_and(read);
        let on_conv = |read: &dyn Fn(&Conv) -> bool| match layer {
            Layer::Conv(conv) => read(conv),
            _ => false,
        };
        match self {
            Self::Kernel(side) => on_window(&|it| it.kernel == [side; 2]),
            Self::Stride(step) => on_window(&|it| it.stride == [step; 2]),
            Self::Dilation(step) => on_window(&|it| it.dilation == [step; 2]),
            Self::Channels(count) => on_conv(&|it| it.channels == count),
            Self::Groups(count) => on_conv(&|it| it.groups == count),
            Self::Features(count) => {
                matches!(layer, Layer::Linear(linear) if linear.features == count)
            }
            Self::Depthwise => on_conv(&|it| it.groups > 1 && Some(it.groups) == channels),
            Self::Grouped => on_conv(&|it| it.groups > 1 && Some(it.groups) != channels),
            Self::Overlapping => on_window(&|it| it.kernel[0] > it.stride[0]),
            Self::Max => matches!(layer, Layer::MaxPool(_)),
            Self::SameSize => on_window(&|it| it.padding != Padding::Valid),
        }
    }

    fn of(self, graph: &Graph, analysis: &Analysis, node: &Node) -> bool {
        let shape = |id: NodeId| crate::document::shape_of(graph, analysis, id);
        let input = node.inputs.first().and_then(|&id| shape(id));
        if self == Self::SameSize {
            return input
                .zip(shape(node.id))
                .is_some_and(|(a, b)| (a.height, a.width) == (b.height, b.width));
        }
        self.holds(&node.layer, input)
    }
}

fn is_drawing(state: State) -> bool {
    // Follows each stroke by its answer.
    state.answer.latest().track();
    state.input.source().get() == Source::Draw && state.input.is_drawn()
}

fn answer(state: State) -> Option<usize> {
    state.answer.reading.with(|it| it.as_ref()?.best)
}

fn chosen(state: State) -> Option<(NodeId, u32)> {
    let pixel = state.look.chosen().get()?;
    Some((pixel.node, pixel.channel))
}

/// Reads the layer of the chosen map and the shape of its input.
fn chosen_layer(state: State, read: &dyn Fn(&Node, Option<Shape>) -> bool) -> Option<bool> {
    let (id, _) = chosen(state)?;
    state.document.graph().with(|graph| {
        let node = graph.node(id)?;
        let from = node.inputs.first().copied()?;
        let shape = state
            .document
            .analysis
            .with(|analysis| crate::document::shape_of(graph, analysis, from));
        Some(read(node, shape))
    })
}

fn on_analysed(state: State, read: &dyn Fn(&Graph, &Analysis) -> bool) -> bool {
    state.document.graph().with(|graph| {
        state
            .document
            .analysis
            .with(|analysis| read(graph, analysis))
    })
}

/// How much of what it had at the start the network has.
fn shares(state: State, began: &Began, of: Of) -> Option<f64> {
    let before = of.value(&began.analysis)?;
    state.document.analysis.with(|analysis| {
        let now = of.value(analysis).filter(|_| analysis.is_valid())?;
        Some(now as f64 / before.max(1) as f64)
    })
}

fn count(graph: &Graph, kind: &str) -> usize {
    let all = graph.nodes().iter();
    all.filter(|it| it.layer.kind() == kind).count()
}

fn trained(state: State) -> u64 {
    state
        .train
        .latest()
        .with(|it| it.as_ref().map_or(0, |it| it.step))
}
