//! The variants in a table.

use leptos::prelude::*;
use state::shrink::{Variant, VariantId};

use crate::lab::Lab;
use crate::ui::format::{bytes, count, milliseconds, percent};
use crate::ui::icon::{Icon, icon};

pub fn table(
    lab: Lab,
    network: Memo<Option<String>>,
    hovered: RwSignal<Option<VariantId>>,
) -> AnyView {
    let all = Memo::new(move |_| {
        let network = network.get();
        let ids = |held: &state::shrink::Held| {
            let all = held.variants.of_network(network.as_deref()).into_iter();
            all.map(|it| it.id.0).collect::<Vec<_>>()
        };
        lab.shrink.read(ids)
    });
    let body = move || {
        if all.with(Vec::is_empty) {
            return view! {
                <p class="hint">"A step that is applied makes a variant; the network before it is one as well."</p>
            }
            .into_any();
        }
        view! {
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"Accuracy"</th>
                        <th scope="col">"Bytes"</th>
                        <th scope="col">"Sparse"</th>
                        <th scope="col">"Deflated"</th>
                        <th scope="col">"Parameters"</th>
                        <th scope="col">"MACs"</th>
                        <th scope="col">"Pass"</th>
                        <th scope="col">"Steps"</th>
                        <td></td>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || all.get() key=|id| *id let:id>
                        {row(lab, VariantId(id), hovered)}
                    </For>
                </tbody>
            </table>
        }
        .into_any()
    };
    view! { <div class="training-table">{body}</div> }.into_any()
}

fn row(lab: Lab, id: VariantId, hovered: RwSignal<Option<VariantId>>) -> AnyView {
    let variant = Memo::new(move |_| lab.shrink.read(|held| held.variants.get(id).cloned()));
    let of = move |read: fn(&Variant) -> String| {
        move || variant.with(|it| it.as_ref().map(read).unwrap_or_default())
    };
    let open = Memo::new(move |_| {
        let weights = lab.document.weights().get();
        let origin = lab.document.origin().get();
        lab.document.graph().with(|graph| {
            variant.with(|it| {
                it.as_ref()
                    .is_some_and(|it| it.is(graph, weights.as_ref(), origin))
            })
        })
    });
    let name = of(|it| it.name.clone());
    let pinned = Memo::new(move |_| variant.with(|it| it.as_ref().is_some_and(|it| it.pinned)));
    let label = move |verb: &str| format!("{verb} {}", name());
    view! {
        <tr
            data-testid="variant"
            data-variant=id.0.to_string()
            data-open=move || open.get().then_some("")
            data-hovered=move || (hovered.get() == Some(id)).then_some("")
            on:pointerenter=move |_| hovered.set(Some(id))
            on:pointerleave=move |_| hovered.set(None)
        >
            <th scope="row">
                <input
                    type="text"
                    aria-label=move || label("Name of")
                    prop:value=name
                    on:change=move |event| {
                        let name = event_target_value(&event);
                        lab.shrink.edit(|held| held.variants.rename(id, &name));
                    }
                />
            </th>
            <td data-testid="variant-accuracy" title=of(|it| it.set.clone().unwrap_or_default())>
                {of(|it| it.accuracy().map_or_else(|| "–".to_owned(), percent))}
            </td>
            <td>{of(|it| bytes(it.figures.bytes.dense))}</td>
            <td>{of(|it| bytes(it.figures.bytes.sparse))}</td>
            <td>{of(|it| bytes(it.figures.bytes.deflated))}</td>
            <td>{of(|it| count(it.figures.parameters))}</td>
            <td>{of(|it| count(it.figures.macs))}</td>
            <td>
                {of(|it| match (it.ms, it.float_ms) {
                    (Some(ms), Some(float)) => {
                        format!("{}, in floats {}", milliseconds(ms), milliseconds(float))
                    }
                    (ms, _) => ms.map_or_else(|| "–".to_owned(), milliseconds),
                })}
            </td>
            <td class="variant-steps">
                {of(|it| match it.steps.as_slice() {
                    [] => "as it was".to_owned(),
                    steps => steps.join(", "),
                })}
            </td>
            <td class="run-buttons">
                <button
                    type="button"
                    class="quiet"
                    data-testid="restore-variant"
                    aria-label=move || label("Restore")
                    disabled=open
                    on:click=move |_| lab.restore_variant(id)
                >
                    {move || if open.get() { "Open" } else { "Restore" }}
                </button>
                <button
                    type="button"
                    class="quiet"
                    data-testid="pin-variant"
                    aria-label=move || label("Pin")
                    aria-pressed=move || pinned.get().to_string()
                    title="Stays when the oldest make room"
                    on:click=move |_| {
                        let pinned = !pinned.get_untracked();
                        lab.shrink.edit(|held| held.variants.pin(id, pinned));
                    }
                >
                    "Pin"
                </button>
                <button
                    type="button"
                    class="icon"
                    data-testid="remove-variant"
                    aria-label=move || label("Remove")
                    title="Remove"
                    on:click=move |_| lab.remove_variant(id)
                >
                    {icon(Icon::Bin)}
                </button>
            </td>
        </tr>
    }
    .into_any()
}
