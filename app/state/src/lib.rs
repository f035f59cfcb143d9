//! The state of the page as reactive signals, without views and DOM; tested natively.
//!
//! [`State`] composes the parts. Each part owns its signals: others read them and write only by the
//! part's methods. What changes several parts at once is a method of [`State`].

#[macro_use]
mod signals;

pub mod answer;
pub mod attack;
pub mod compare;
pub mod data;
pub mod deploy;
pub mod document;
mod edit;
pub mod engine;
pub mod exchange;
pub mod exercise;
pub mod experiment;
pub mod explain;
pub mod input;
pub mod layer_table;
pub mod learn;
pub mod library;
pub mod look;
mod moving;
pub mod notices;
pub mod palette;
pub mod scale;
pub mod screen;
pub mod selection;
pub mod sharing;
pub mod shrink;
pub mod site;
pub mod stages;
pub mod train;
pub mod weights_file;

pub use signals::ReadOnly;

use ::engine::Graph;
use reactive_graph::computed::Memo;
use reactive_graph::traits::{Get, With};

use answer::Answer;
use compare::Compare;
use data::{DataSets, Fitting};
use deploy::Deploy;
use document::Document;
use engine::Engine;
use exchange::Exchange;
use input::Input;
use learn::Learn;
use library::Library;
use look::Look;
use notices::{After, Notices};
use screen::{Preferences, Screen};
use selection::Selection;
use shrink::Shrinking;
use site::Site;
use train::Train;

/// The state of the page. `Copy`, because it holds signal handles only.
#[derive(Clone, Copy)]
pub struct State {
    pub document: Document,
    pub selection: Selection,
    pub look: Look,
    pub input: Input,
    pub learn: Learn,
    pub engine: Engine,
    pub answer: Answer,
    pub compare: Compare,
    pub data: DataSets,
    pub deploy: Deploy,
    pub exchange: Exchange,
    pub library: Library,
    pub notices: Notices,
    pub screen: Screen,
    pub shrink: Shrinking,
    pub site: Site,
    pub train: Train,
}

impl State {
    /// Creates the state of a page that shows this network. `after` runs a function after a delay,
    /// like the browser's `setTimeout`.
    pub fn new(graph: Graph, preferences: Preferences, after: After) -> Self {
        let selection = Selection::new(&graph);
        let input = Input::new(preferences.thickness);
        let screen = Screen::new(preferences);
        let document = Document::new(graph);
        let engine = Engine::new();
        let train = Train::new();
        let answer = Answer::new(document, input, engine, train);
        let fitting = Memo::new(move |_| Fitting {
            colour: document.running().with(|graph| graph.input().channels == 3),
            classes: answer.classes.get(),
        });
        Self {
            document,
            selection,
            look: Look::new(),
            input,
            learn: Learn::new(),
            engine,
            answer,
            compare: Compare::new(),
            data: DataSets::new(fitting),
            deploy: Deploy::new(),
            exchange: Exchange::new(),
            library: Library::new(),
            notices: Notices::new(after),
            screen,
            shrink: Shrinking::new(),
            site: Site::new(),
            train,
        }
    }
}
