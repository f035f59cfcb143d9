//! What excites a class or the chosen map: inputs found by ascent from several seeds, the images of the
//! data set with the largest values, each with the patch that is seen, and the patch that counts.

use std::cell::RefCell;
use std::sync::Arc;

use engine::analysis::ReceptiveField;
use engine::explain::{Ascent, Ask, Exciting, Scope, Told, Wish};
use engine::session::Wanted;
use engine::{Graph, NodeId, Shape};
use leptos::html::Canvas;
use leptos::prelude::*;
use state::data::SetId;
use state::explain::middle_share;
use wasm_bindgen_futures::spawn_local;

use super::why::capital;
use crate::client::QueryError;
use crate::lab::{Job, Lab};
use crate::ui::JobProgress;
use crate::ui::format::short;
use crate::ui::maps::{Palette, Range, Resizing, Table, paint_rgb};

/// Seeds of one click, at first and at most.
const SEEDS: u64 = 3;
const MOST_SEEDS: u64 = 9;
/// Test images of an effective patch.
const PATCH_IMAGES: u32 = 64;
/// Test images that are searched.
const IMAGES: u32 = 500;

/// An input with what is said of it.
#[derive(Clone)]
struct Found {
    values: Arc<Vec<f32>>,
    caption: String,
    /// The square of the input that is seen, rows then columns.
    patch: Option<[[i64; 2]; 2]>,
    /// One value a pixel instead of an input.
    heat: bool,
}

#[component]
pub fn Wants() -> impl IntoView {
    let lab = expect_context::<Lab>();
    // What inputs are like: the values of the present one.
    lab.show_parts(|| vec![Wanted::all(NodeId::INPUT)]);
    let running = lab.document.running();
    let classes = Memo::new(move |_| {
        let scope = running.with(Scope::of);
        scope.map_or(0, |scope| scope.classes as u32)
    });
    let class = RwSignal::new(0_u32);
    let map = Memo::new(move |_| {
        let pixel = lab.look.chosen().get()?;
        let name = running.with(|graph| Some(graph.node(pixel.node)?.name.clone()))?;
        Some((pixel.node, pixel.channel, name))
    });
    let of_map = RwSignal::new(untrack(|| map.get().is_some()));
    let wish = move || match map.get().filter(|_| of_map.get()) {
        Some((node, channel, _)) => Wish::Channel { node, channel },
        None => Wish::Class { class: class.get() },
    };
    let job = Job::new();
    let found = RwSignal::new(None::<Result<Vec<Found>, String>>);
    let (seeds, frequencies) = (RwSignal::new(SEEDS), RwSignal::new(true));
    let ascend = move |_| {
        let wish = untrack(wish);
        let range = range(lab);
        let (seeds, frequencies) = (seeds.get_untracked(), frequencies.get_untracked());
        let colours = (running.with_untracked(Graph::input).channels == 3)
            .then(|| untrack(|| lab.document.preparation().order));
        spawn_local(async move {
            let mut all = Vec::new();
            for seed in 0..seeds {
                let mut ascent = Ascent::usual(range, seed);
                if frequencies {
                    ascent = ascent.in_frequencies(colours);
                }
                let ask = Ask::Maximise { wish, ascent };
                let Some(answer) = lab.look_inside(job, &ask).await else {
                    return;
                };
                let one = answer.and_then(|(told, values)| match told {
                    Told::Wished { steps } => Ok(ascended(seed, &steps, values)),
                    _ => Err(QueryError::Unexpected.sentence()),
                });
                let failed = one.is_err();
                let result = one.map(|one| {
                    all.push(one);
                    all.clone()
                });
                // `None` if the dock was closed meanwhile.
                if found.try_set(Some(result)).is_some() || failed {
                    return;
                }
            }
        });
    };
    let search = move |_| {
        let wish = untrack(wish);
        let field = untrack(|| field(lab, wish));
        let picture = running.with_untracked(Graph::input);
        spawn_local(async move {
            let ask = |set: SetId, task| Ask::Excite {
                set: set.0,
                task,
                wish,
                images: IMAGES,
            };
            let Some(answer) = lab.look_inside_on_data(job, ask).await else {
                return;
            };
            let result = answer.and_then(|(_, told, values)| match told {
                Told::Exciting { best } => Ok(exciting(&best, &values, picture, field)),
                _ => Err(QueryError::Unexpected.sentence()),
            });
            let _gone = found.try_set(Some(result));
        });
    };
    let effective = move |_| {
        let wish = untrack(wish);
        let field = untrack(|| field(lab, wish));
        let picture = running.with_untracked(Graph::input);
        spawn_local(async move {
            let ask = |set: SetId, task| Ask::Patch {
                set: set.0,
                task,
                wish,
                images: PATCH_IMAGES,
            };
            let Some(answer) = lab.look_inside_on_data(job, ask).await else {
                return;
            };
            let result = answer.and_then(|(_, told, values)| match told {
                Told::Patch {
                    images,
                    row,
                    column,
                } => {
                    let patch = field.map(|field| field.window_of([row, column]));
                    Ok(vec![patched(images, &values, picture, patch)])
                }
                _ => Err(QueryError::Unexpected.sentence()),
            });
            let _gone = found.try_set(Some(result));
        });
    };
    let name = move |class: u32| {
        let names = lab.answer.names;
        names.with(|names| names.of(class as usize).into_owned())
    };
    let choose = move |event: leptos::ev::Event| {
        let value = event_target_value(&event);
        match value.parse() {
            Ok(number) => {
                class.set(number);
                of_map.set(false);
            }
            Err(_) => of_map.set(true),
        }
    };
    let value = move || match map.get().is_some() && of_map.get() {
        true => "map".to_owned(),
        false => class.get().to_string(),
    };
    let controls = move || {
        if job.under_way().get() {
            view! { <JobProgress job label="What it wants" done=job.progress() /> }.into_any()
        } else {
            view! {
                <button type="button" data-testid="maximise-ascend" on:click=ascend>
                    {move || match seeds.get() {
                        1 => "Make up an input".to_owned(),
                        many => format!("Make up {many} inputs"),
                    }}
                </button>
                <button type="button" data-testid="maximise-search" on:click=search>
                    {format!("Find nine of {IMAGES} test images")}
                </button>
                <button
                    type="button"
                    data-testid="maximise-patch"
                    title="How much each pixel moves the value in the middle of the map, on test images"
                    on:click=effective
                >
                    "Measure its patch"
                </button>
            }
            .into_any()
        }
    };
    let pictures = move || match found.get() {
        None => ().into_any(),
        Some(Err(why)) => view! { <p class="node-problem" role="alert">{why}</p> }.into_any(),
        Some(Ok(all)) => {
            let picture = running.with_untracked(Graph::input);
            all.into_iter()
                .map(|one| drawn(lab, picture, one))
                .collect_view()
                .into_any()
        }
    };
    view! {
        <div class="wants" data-testid="maximise">
            <div class="why-tools">
                <label class="why-class">
                    "What excites"
                    <select data-testid="maximise-target" prop:value=value on:change=choose>
                        {move || map.get().map(|(_, channel, name)| view! {
                            <option value="map" selected=move || of_map.get()>
                                {format!("map {} of {name}", channel + 1)}
                            </option>
                        })}
                        <For each=move || 0..classes.get().min(1000) key=|it| *it let:number>
                            <option
                                value=number.to_string()
                                selected=move || !of_map.get() && class.get() == number
                            >
                                {move || format!("class {}", name(number))}
                            </option>
                        </For>
                    </select>
                </label>
                <label class="why-class">
                    "Seeds"
                    <input
                        type="number"
                        min="1"
                        max=MOST_SEEDS.to_string()
                        data-testid="maximise-seeds"
                        prop:value=move || seeds.get().to_string()
                        on:change=move |event| {
                            let asked = event_target_value(&event).parse().unwrap_or(SEEDS);
                            seeds.set(asked.clamp(1, MOST_SEEDS));
                        }
                    />
                </label>
                <label title="Steps in the frequencies of the input, low ones first, with the colours of photos uncorrelated (Olah et al. 2017)">
                    <input
                        type="checkbox"
                        data-testid="maximise-frequencies"
                        prop:checked=move || frequencies.get()
                        on:change=move |event| frequencies.set(event_target_checked(&event))
                    />
                    " In frequencies"
                </label>
                {controls}
                <p class="say">
                    "An input that is made up excites a unit beyond any real one and rarely looks like one; \
                     the images that excite it most are often clearer."
                </p>
            </div>
            <div class="wants-pictures">{pictures}</div>
        </div>
    }
}

/// From which to which value inputs go: those of the present one.
fn range(lab: Lab) -> [f32; 2] {
    let usual = [-1.0, 1.0];
    let latest = lab.answer.latest().get_untracked();
    let part = latest
        .as_ref()
        .and_then(|it| it.part(&Wanted::all(NodeId::INPUT)));
    let Some((slice, _)) = part else {
        return usual;
    };
    if slice.max > slice.min {
        [slice.min, slice.max]
    } else {
        usual
    }
}

/// What a value of the map sees; `None` where it sees everything.
fn field(lab: Lab, wish: Wish) -> Option<ReceptiveField> {
    let node = match wish {
        Wish::Class { .. } => return None,
        Wish::Channel { node, .. } | Wish::Middle { node, .. } => node,
    };
    let analysis = lab.document.analysis;
    analysis.with(|it| it.node(node)?.receptive_field)
}

fn ascended(seed: u64, steps: &[f32], values: Vec<f32>) -> Found {
    let ends = steps.first().zip(steps.last());
    let caption = ends.map_or_else(String::new, |(first, last)| {
        format!("Seed {}: {} to {}", seed + 1, short(*first), short(*last))
    });
    Found {
        values: Arc::new(values),
        caption,
        patch: None,
        heat: false,
    }
}

/// The measured patch: its root, so that what is weak is seen, and how much of it lies in the middle
/// quarter of the theoretical one.
fn patched(images: u64, values: &[f32], picture: Shape, patch: Option<[[i64; 2]; 2]>) -> Found {
    let share = patch.and_then(|patch| middle_share(values, picture, patch));
    let share = share.map_or_else(String::new, |share| {
        format!(
            " {:.0} % of it in the middle quarter of what it can see.",
            share * 100.0
        )
    });
    Found {
        values: Arc::new(values.iter().map(|it| it.sqrt()).collect()),
        caption: format!("Size of the gradient on {images} images.{share}"),
        patch,
        heat: true,
    }
}

fn exciting(
    best: &[Exciting],
    values: &[f32],
    picture: Shape,
    field: Option<ReceptiveField>,
) -> Vec<Found> {
    let each = picture.elements().max(1) as usize;
    let all = best.iter().zip(values.chunks_exact(each));
    let one = |(best, values): (&Exciting, &[f32])| Found {
        values: Arc::new(values.to_vec()),
        caption: format!("Image {}: {}", best.image, short(best.value)),
        patch: field.map(|field| field.window_of([best.row, best.column])),
        heat: false,
    };
    all.map(one).collect()
}

/// An input in its colours, with the patch that is seen.
fn drawn(lab: Lab, picture: Shape, found: Found) -> AnyView {
    let Found {
        values,
        caption,
        patch,
        heat,
    } = found;
    let canvas = NodeRef::<Canvas>::new();
    let work = RefCell::new((Resizing::default(), Vec::new()));
    let label = capital(&caption);
    Effect::new(move |_| {
        lab.screen.dark().track();
        let Some(canvas) = canvas.get() else { return };
        let (painter, rgba) = &mut *work.borrow_mut();
        let Ok(painter) = painter.fit(&canvas, picture.width, picture.height) else {
            return;
        };
        let range = Range {
            min: values.iter().copied().fold(f32::INFINITY, f32::min),
            max: values.iter().copied().fold(f32::NEG_INFINITY, f32::max),
        };
        if heat {
            painter.paint(&values, Table::of(Palette::Positive), range, rgba);
        } else if picture.channels == 3 {
            paint_rgb(&values, lab.document.preparation().order, range, rgba);
            painter.put(rgba);
        } else {
            let area = picture.positions() as usize;
            let grey = Table::of(Palette::Grey);
            painter.paint(values.get(..area).unwrap_or_default(), grey, range, rgba);
        }
    });
    let square = patch.map(|[rows, columns]| {
        view! {
            <svg
                viewBox=format!("0 0 {} {}", picture.width, picture.height)
                preserveAspectRatio="none"
                aria-hidden="true"
            >
                <rect
                    x=columns[0].to_string()
                    y=rows[0].to_string()
                    width=(columns[1] - columns[0]).to_string()
                    height=(rows[1] - rows[0]).to_string()
                ></rect>
            </svg>
        }
    });
    view! {
        <figure>
            <div class="why-picture" role="img" aria-label=label style:aspect-ratio=format!("{} / {}", picture.width, picture.height)>
                <canvas node_ref=canvas class="pixels wants-input" aria-hidden="true"></canvas>
                {square}
            </div>
            <figcaption>{caption}</figcaption>
        </figure>
    }
    .into_any()
}
