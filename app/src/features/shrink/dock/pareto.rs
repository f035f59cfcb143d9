//! Accuracy against cost: each variant a point, those that none beats joined.

use leptos::html;
use leptos::prelude::*;
use state::shrink::VariantId;
use state::shrink::pareto::{Cost, Plot, Point, points};

use crate::lab::Lab;
use crate::ui::format::{bytes, count, milliseconds, percent};
use crate::ui::{rove, width_of};

const HEIGHT: f64 = 144.0;
/// Room for the axes' numbers: left, top, right, bottom.
const ROOM: [f64; 4] = [48.0, 10.0, 14.0, 22.0];

fn shown(cost: Cost, value: f64) -> String {
    match cost {
        Cost::Bytes => bytes(value as u64),
        Cost::Macs => count(value as u64),
        Cost::Milliseconds => milliseconds(value),
    }
}

pub fn pareto(
    lab: Lab,
    network: Memo<Option<String>>,
    hovered: RwSignal<Option<VariantId>>,
) -> AnyView {
    let cost = RwSignal::new(Cost::Bytes);
    let place = NodeRef::<html::Figure>::new();
    let width = width_of(place);
    let all = Memo::new(move |_| {
        let (cost, network) = (cost.get(), network.get());
        let of =
            |held: &state::shrink::Held| points(held.variants.of_network(network.as_deref()), cost);
        lab.shrink.read(of)
    });
    let plot = Memo::new(move |_| {
        let [left, top, right, bottom] = ROOM;
        let frame = [left, top, width.get() - right, HEIGHT - bottom];
        all.with(|all| Plot::of(all, frame).filter(|_| width.get() > left + right))
    });
    let choose = move |this: Cost| {
        view! {
            <button
                type="button"
                tabindex=move || if cost.get() == this { "0" } else { "-1" }
                aria-pressed=move || (cost.get() == this).to_string()
                on:click=move |_| cost.set(this)
            >
                {this.title()}
            </button>
        }
    };
    let words = move |point: &Point| {
        let name = lab.shrink.peek(|held| {
            let variant = held.variants.get(point.id);
            variant.map_or_else(String::new, |it| it.name.clone())
        });
        let cost = cost.get_untracked();
        format!(
            "{name}: {}, {}",
            percent(point.accuracy),
            shown(cost, point.cost)
        )
    };
    let reading = move || {
        let id = hovered.get()?;
        all.with(|all| all.iter().find(|it| it.id == id).map(words))
    };
    let dots = move || {
        let plot = plot.get()?;
        let one = move |(number, point): (usize, Point)| {
            let [x, y] = plot.place(point.cost, point.accuracy);
            let id = point.id;
            view! {
                <button
                    type="button"
                    class="pareto-dot"
                    data-frontier=point.frontier.then_some("")
                    data-variant=id.0.to_string()
                    data-hovered=move || (hovered.get() == Some(id)).then_some("")
                    tabindex=if number == 0 { "0" } else { "-1" }
                    aria-label=format!("Restore {}", words(&point))
                    style:left=format!("{x:.1}px")
                    style:top=format!("{y:.1}px")
                    on:pointerenter=move |_| hovered.set(Some(id))
                    on:pointerleave=move |_| hovered.set(None)
                    on:focus=move |_| hovered.set(Some(id))
                    on:blur=move |_| hovered.set(None)
                    on:click=move |_| lab.restore_variant(id)
                ></button>
            }
        };
        Some(all.get().into_iter().enumerate().map(one).collect_view())
    };
    let drawing = move || {
        let plot = plot.get()?;
        let [left, _, right, bottom] = ROOM;
        let (right, bottom) = (width.get() - right, HEIGHT - bottom);
        let lines = plot.ticks().map(|tick| {
            let [_, y] = plot.place(1.0, tick);
            let text = percent(tick);
            view! {
                <path class="grid" d=format!("M{left:.1} {y:.1}H{right:.1}") />
                <text class="tick tick-y" x=left - 6.0 y=y + 4.0>{text}</text>
            }
        });
        let ends = plot.ends().map(|it| shown(cost.get(), it));
        let [least, most] = ends;
        let frontier = all.with(|all| plot.frontier(all));
        Some(view! {
            {lines.collect_view()}
            <path class="frontier" d=frontier />
            <text class="tick" x=left y=bottom + 16.0>{least}</text>
            <text class="tick tick-y" x=right y=bottom + 16.0>{most}</text>
        })
    };
    let empty = move || {
        let none = all.with(Vec::is_empty);
        let text = match cost.get() {
            Cost::Milliseconds => "No variant is measured yet.",
            Cost::Bytes | Cost::Macs => "Variants whose accuracy is known are shown here.",
        };
        none.then(|| view! { <p class="hint">{text}</p> })
    };
    view! {
        <figure class="pareto plot" data-testid="pareto" node_ref=place>
            <figcaption>
                <h3>"Accuracy against"</h3>
                <span class="choices" role="group" aria-label="Cost" on:keydown=rove>
                    {Cost::ALL.map(choose).collect_view()}
                </span>
                <span class="plot-reading" role="status">{reading}</span>
            </figcaption>
            {empty}
            <div class="pareto-field" style:height=format!("{HEIGHT}px")>
                <svg aria-hidden="true" height=HEIGHT.to_string() width=move || width.get().to_string()>
                    {drawing}
                </svg>
                <div role="group" aria-label="Variants as points" on:keydown=rove>
                    {dots}
                </div>
            </div>
        </figure>
    }
    .into_any()
}
