//! The selected node's settings as a form.

mod control;
mod explained;
mod inputs;
mod number;
pub mod schema;
mod table;

use engine::graph::Edit;
use engine::{Graph, Layer, Node, NodeId, Shape};
use leptos::prelude::*;
use serde_json::{Value, json};

use self::control::control;
pub use self::explained::{Explained, Touched, explained};
use self::inputs::inputs;
pub use self::number::{Extra, Input, Take, form_field, text_field, whole};
use self::schema::{Field, NAME, fields, with_setting};
use crate::lab::Lab;
use crate::ui::icon::{Icon, icon};

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
    // Kept when another layer is selected.
    let unfolded = RwSignal::new(false);
    let (explained, explain) = explained();
    provide_context(explained);
    let body = move || form_view(lab, shown.get(), unfolded);
    view! {
        <div
            class="fields"
            role="group"
            aria-label="Settings"
            data-testid="fields"
            on:pointerdown=move |_| explain.run(Touched::Pressed)
            on:keydown=move |_| explain.run(Touched::Released)
            on:focusin=move |event| explain.run(Touched::Focused(event.target()))
            on:click=move |event| {
                explain.run(Touched::Released);
                explain.run(Touched::Focused(event.target()));
            }
        >
            {body}
        </div>
    }
}

fn form_view(lab: Lab, form: Form, unfolded: RwSignal<bool>) -> AnyView {
    let Form { node, fields } = form;
    let document = Memo::new(move |before: Option<&Value>| {
        lab.document.graph().with(|graph| match graph.node(node) {
            Some(node) => serde_json::to_value(&node.layer).unwrap_or_default(),
            None if node == NodeId::INPUT => json!(graph.input()),
            // Until the form is removed.
            None => before.cloned().unwrap_or_default(),
        })
    });
    let one = move |field: &Field| {
        let field = *field;
        let value = move |_: Option<&Value>| {
            document.with(|document| match document.get(field.name) {
                Some(value) => value.clone(),
                None => field.usual(),
            })
        };
        setting_view(Setting {
            lab,
            node,
            field,
            value: Memo::new(value),
            error: RwSignal::new(None),
        })
    };
    let some = move |advanced: bool| {
        let some = fields.iter().filter(move |it| it.advanced == advanced);
        some.map(one).collect_view()
    };
    if node == NodeId::INPUT {
        return some(false).into_any();
    }
    let merges = move |graph: &Graph| {
        let merges = |node: &Node| matches!(node.layer, Layer::Merge(_));
        graph.node(node).is_some_and(merges)
    };
    // The inputs of a merge are what it is about.
    let merges = lab.document.graph().with_untracked(merges);
    // What is wrong is not folded away.
    let wrong = Memo::new(move |_| {
        let blamed = blamed_field(lab, node);
        let mut advanced = fields.iter().filter(|field| field.advanced);
        blamed.is_some_and(|(blamed, _)| advanced.any(|field| field.name == blamed))
    });
    let open = Memo::new(move |_| unfolded.get() || wrong.get());
    let summary = move || {
        let settings = document.with(|document| schema::summary(fields, document));
        let from = (!merges).then(|| format!("input {}", feeding(lab, node)));
        let parts = [Some(settings), from].into_iter().flatten();
        let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
        parts.join(" · ")
    };
    let advanced = !merges || fields.iter().any(|field| field.advanced);
    let fold = advanced.then(|| {
        view! {
            <button
                type="button"
                class="advanced-fold"
                data-testid="advanced"
                aria-expanded=move || open.get().to_string()
                on:click=move |_| unfolded.set(!open.get_untracked())
            >
                {icon(Icon::Next)}
                "Advanced"
                <span class="advanced-summary">{move || (!open.get()).then(summary)}</span>
            </button>
            // In the page also while it is folded: the document's text is searched.
            <div class="advanced" hidden=move || !open.get()>
                {some(true)}
                {(!merges).then(|| inputs(lab, node))}
            </div>
        }
    });
    view! {
        {name_view(lab, node)}
        {some(false)}
        {merges.then(|| inputs(lab, node))}
        {fold}
    }
    .into_any()
}

/// The names of the nodes that feed this one.
fn feeding(lab: Lab, node: NodeId) -> String {
    let name = |graph: &Graph, id: NodeId| match graph.node(id) {
        Some(node) => node.name.clone(),
        None => "input".to_owned(),
    };
    lab.document.graph().with(|graph| {
        let inputs = graph.node(node).map(|node| node.inputs.clone());
        let names = inputs.unwrap_or_default().into_iter();
        names
            .map(|id| name(graph, id))
            .collect::<Vec<_>>()
            .join(", ")
    })
}

/// The setting that the node's problem is about, and whether it is out of its range.
fn blamed_field(lab: Lab, node: NodeId) -> Option<(&'static str, bool)> {
    lab.document.analysis.with(|analysis| {
        let mut problems = analysis.problems.iter();
        let problem = problems.find(|problem| problem.node == node)?;
        let range = schema::is_out_of_range(&problem.error);
        Some((schema::blamed(&problem.error)?, range))
    })
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq)]
enum Wrong {
    /// Its text was rejected, because of this.
    Rejected(String),
    OutOfRange,
    /// The reason stands with the problems.
    Blamed,
}

/// One setting: its name, control, sentence, and what is wrong with it.
fn setting_view(setting: Setting) -> AnyView {
    let Setting {
        lab,
        node,
        field,
        error,
        ..
    } = setting;
    // The sentence of a problem stands with the problems.
    let blamed = Memo::new(move |_| blamed_field(lab, node).filter(|it| it.0 == field.name));
    let wrong = move || {
        let blamed = || match blamed.get()? {
            (_, true) => Some(Wrong::OutOfRange),
            (_, false) => Some(Wrong::Blamed),
        };
        error.get().map(Wrong::Rejected).or_else(blamed)
    };
    frame(field, control(setting), wrong)
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
    let input = Input {
        step: None,
        least: 0.0,
        field: NAME.name,
    };
    let extra = Extra {
        labelled: true,
        ..Extra::default()
    };
    let title = NAME.title.into();
    let control = form_field(title, value.into(), error, (input, extra), take);
    frame(NAME, control, move || error.get().map(Wrong::Rejected))
}

/// A label, the control, its sentence, and what is wrong.
fn frame(
    field: Field,
    control: AnyView,
    wrong: impl Fn() -> Option<Wrong> + Copy + Send + Sync + 'static,
) -> AnyView {
    let Field {
        name,
        title,
        sentence,
        ..
    } = field;
    let reason = move || {
        let limits = || field.limits();
        let text = match wrong()? {
            Wrong::Rejected(why) => match limits() {
                Some(limits) => format!("{why} {limits}"),
                None => why,
            },
            Wrong::OutOfRange => limits()?,
            Wrong::Blamed => return None,
        };
        Some(text)
    };
    row(
        name,
        title,
        move || sentence,
        control,
        move || wrong().is_some(),
        reason,
    )
}

/// A label, the control with the id `setting-…`, its sentence, whether it is wrong and the reason, where
/// that is not said elsewhere.
pub fn row(
    name: &'static str,
    title: &'static str,
    sentence: impl Fn() -> &'static str + Send + 'static,
    control: AnyView,
    wrong: impl Fn() -> bool + Send + Sync + 'static,
    reason: impl Fn() -> Option<String> + Send + 'static,
) -> AnyView {
    let reason =
        move || reason().map(|text| view! { <span class="field-wrong" role="alert">{text}</span> });
    view! {
        <div
            class="field"
            data-testid="field"
            data-field=name
            data-explained=move || Explained::marks(name)
            data-wrong=move || wrong().then_some("true")
        >
            <label class="field-title" for=format!("setting-{name}")>{title}</label>
            {control}
            <span class="field-sentence" id=format!("field-{name}")>{sentence}</span>
            {reason}
        </div>
    }
    .into_any()
}
