//! The selected node's settings as a form.

mod control;
mod inputs;
mod number;
pub mod schema;
mod table;

use engine::graph::Edit;
use engine::{Graph, NodeId, Shape};
use leptos::prelude::*;
use serde_json::{Value, json};

use self::control::control;
use self::inputs::inputs;
pub use self::number::{Input, Take, text_field, whole};
use self::schema::{Field, fields, with_setting};
use crate::lab::Lab;
use crate::ui::growth::{Turn, late};
use state::document::History;

/// Identifies a form: another node or another kind gets a new form, while values update the
/// existing one.
#[derive(Clone, Debug, PartialEq)]
struct Form {
    node: NodeId,
    fields: &'static [Field],
}

/// A setting of the form's node.
#[derive(Clone, Copy)]
struct Setting {
    lab: Lab,
    node: NodeId,
    field: Field,
    /// `Null` while the node does not exist.
    value: Memo<Value>,
    /// Why the field's text was rejected.
    error: RwSignal<Option<String>>,
}

impl Setting {
    /// Sets the value, as one step of the history.
    fn set(self, value: Value) -> Result<(), String> {
        let sentence = |error: serde_json::Error| format!("{error}.");
        let edit: Result<Edit, String> =
            self.lab
                .document
                .graph()
                .with_untracked(|graph| match graph.node(self.node) {
                    Some(node) => {
                        let layer =
                            with_setting(&node.layer, self.field.name, value).map_err(sentence)?;
                        Ok(Edit::SetLayer {
                            node: node.id,
                            layer,
                        })
                    }
                    None if self.node != NodeId::INPUT => Err("The node is gone.".into()),
                    None => {
                        let mut shape = json!(graph.input());
                        shape[self.field.name] = value;
                        let shape = serde_json::from_value::<Shape>(shape).map_err(sentence)?;
                        Ok(Edit::SetInput { shape })
                    }
                });
        apply(self.lab, edit?)
    }

    /// The edit that sets this value, or the message why it is not possible.
    fn take(
        self,
        parse: fn(&str) -> Result<Value, String>,
        put: fn(&Value, Value) -> Value,
    ) -> Take {
        Take::new(move |text: String| {
            let value = parse(&text)?;
            self.set(put(&self.value.get_untracked(), value))
        })
    }
}

/// Makes the edit, or returns why it was refused.
fn apply(lab: Lab, edit: Edit) -> Result<(), String> {
    if lab.apply(edit) {
        return Ok(());
    }
    let refusal = lab.document.refusal().get_untracked();
    Err(refusal.map(|refusal| refusal.text).unwrap_or_default())
}

fn form(graph: &Graph, node: NodeId) -> Form {
    let fields = graph
        .node(node)
        .map_or(schema::INPUT, |node| fields(&node.layer));
    let node = graph.node(node).map_or(NodeId::INPUT, |node| node.id);
    Form { node, fields }
}

/// The settings of the selected node.
#[component]
pub fn Fields() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let shown = Memo::new(move |_| {
        lab.document
            .graph()
            .with(|graph| form(graph, lab.selection.node().get()))
    });
    // Building a form is slow: the result of an edit is shown first. A node that the user selects
    // gets its form at once.
    let form = late(shown, shown.get_untracked(), Turn::Second);
    Effect::new(move |before: Option<u64>| {
        let (shown, state) = (shown.get(), lab.document.history().with(History::now));
        if before == Some(state) && form.with_untracked(|form| *form != shown) {
            form.set(shown);
        }
        state
    });
    // Text typed meanwhile would apply to another node.
    let stale = move || {
        form.with(|form| shown.with(|shown| form != shown))
            .then_some("hidden")
    };
    let body = move || {
        let Form { node, fields } = form.get();
        let document = Memo::new(move |before: Option<&Value>| {
            lab.document.graph().with(|graph| match graph.node(node) {
                Some(node) => serde_json::to_value(&node.layer).unwrap_or_default(),
                None if node == NodeId::INPUT => json!(graph.input()),
                // Until the form is removed.
                None => before.cloned().unwrap_or_default(),
            })
        });
        let one = |field: &Field| {
            let field = *field;
            let value = move |_: Option<&Value>| {
                document.with(|document| match document.get(field.name) {
                    Some(value) => value.clone(),
                    None => field.usual(),
                })
            };
            let setting = Setting {
                lab,
                node,
                field,
                value: Memo::new(value),
                error: RwSignal::new(None),
            };
            setting_view(setting)
        };
        let name = (node != NodeId::INPUT).then(|| name_view(lab, node));
        view! {
            {name}
            {fields.iter().map(one).collect_view()}
            {(node != NodeId::INPUT).then(|| inputs(lab, node))}
        }
    };
    view! {
        <div
            class="fields"
            role="group"
            aria-label="Settings"
            data-testid="fields"
            style:visibility=stale
        >
            {body}
        </div>
    }
}

/// One setting: its name, control, description and problem.
fn setting_view(setting: Setting) -> AnyView {
    let Setting {
        lab,
        node,
        field,
        error,
        ..
    } = setting;
    // The node's problem, if it is about this setting.
    let problem = Memo::new(move |_| {
        lab.document.analysis.with(|analysis| {
            let mut here = analysis.problems.iter().filter(|it| it.node == node);
            let blamed = here.find(|it| schema::blamed(&it.error) == Some(field.name));
            blamed.map(|problem| problem.error.to_string())
        })
    });
    let wrong = move || error.get().or_else(|| problem.get());
    frame(
        field.name,
        field.title,
        field.sentence,
        field.limits(),
        control(setting),
        wrong,
    )
}

/// The node's name.
fn name_view(lab: Lab, node: NodeId) -> AnyView {
    let value = Memo::new(move |before: Option<&String>| {
        let name = |graph: &Graph| graph.node(node).map(|node| node.name.clone());
        let before = || before.cloned().unwrap_or_default();
        lab.document.graph().with(name).unwrap_or_else(before)
    });
    let error = RwSignal::new(None);
    let take = Take::new(move |name: String| {
        let name = name.trim().to_owned();
        apply(lab, Edit::Rename { node, name })
    });
    let (step, field) = (None, "name");
    let input = Input {
        step,
        least: 0.0,
        field,
    };
    let control = text_field("Name".into(), value.into(), error, input, take);
    let sentence = "The weights are stored under it.";
    frame("name", "Name", sentence, None, control, move || error.get())
}

/// A label around the control, so that a click on its name focuses it.
fn frame(
    name: &'static str,
    title: &'static str,
    sentence: &'static str,
    limits: Option<String>,
    control: AnyView,
    wrong: impl Fn() -> Option<String> + Copy + Send + 'static,
) -> AnyView {
    view! {
        <label
            class="field"
            data-testid="field"
            data-field=name
            data-wrong=move || wrong().map(|_| "true")
        >
            <span class="field-title">{title}</span>
            {control}
            <span class="field-sentence" id=format!("field-{name}")>
                {sentence}
                {limits.map(|limits| view! { <span class="field-limits">{limits}</span> })}
            </span>
            {move || wrong().map(|why| view! { <span class="field-wrong" role="alert">{why}</span> })}
        </label>
    }
    .into_any()
}
