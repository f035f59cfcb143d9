//! “How this value is made” of a layer with weights: patch ⊛ kernel = products, one product after
//! the other.

use engine::Layer;
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use state::learn::Fact;
use wasm_bindgen::JsCast;

use super::channels::{Channels, Contributions};
use super::looking::{Looking, palette_of};
use super::made::{Kernel, Made};
use super::picture::{Pictures, painted};
use crate::ui::Steps;
use crate::ui::format::{digits, short, value};
use crate::ui::maps::{Palette, Range};

/// The most numbers of a grid that its `data-values` has.
const TOLD: usize = 1024;

/// What one of the three grids shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Patch,
    Kernel,
    Products,
}

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Kernel => "kernel",
            Self::Products => "products",
        }
    }

    fn values(self, kernel: &Kernel) -> Vec<f32> {
        let all = 0..kernel.inputs.len();
        match self {
            Self::Patch => all.map(|at| kernel.input(at)).collect(),
            Self::Kernel => kernel.weights.clone(),
            Self::Products => all.map(|at| kernel.product(at) as f32).collect(),
        }
    }
}

/// A small grid of values, one of which is marked.
pub fn grid(
    looking: Looking,
    side: Side,
    kernel: Signal<Option<Kernel>>,
    caption: impl Fn() -> String + Send + 'static,
) -> AnyView {
    let lab = looking.lab;
    // Through which slot the patch comes does not matter for its colours: all have their own.
    let before = looking
        .subject
        .with_value(|it| it.inputs.first().map(|it| it.id));
    let pictures = move || {
        let kernel = kernel.get()?;
        let mut values = side.values(&kernel);
        let (palette, range) = match side {
            Side::Patch => {
                let palette = before.map_or(Palette::Signed, |id| palette_of(lab, id));
                let inputs = looking.inputs.get()?;
                let (_, source) = inputs.first()?;
                (palette, source.range(&*looking.trace()?, palette)?)
            }
            Side::Kernel => (
                Palette::Signed,
                looking.filters.with(|it| it.as_ref().map(|it| it.range))?,
            ),
            Side::Products => (Palette::Signed, Range::of(&values)?),
        };
        let width = kernel.width.max(1);
        let height = (values.len() as u32).div_ceil(width).max(1);
        let pruned = looking
            .filters
            .with(|it| it.as_ref().is_some_and(|it| it.zeros > 0));
        let gone = match side {
            Side::Kernel if pruned => values.iter().map(|it| *it == 0.0).collect(),
            _ => Vec::new(),
        };
        values.resize(width as usize * height as usize, 0.0);
        Some(Pictures {
            width,
            height,
            values,
            palette,
            range,
            gone,
        })
    };
    let canvas = painted(lab, pictures);
    let size = Memo::new(move |_| {
        kernel.with(|kernel| {
            let kernel = kernel.as_ref()?;
            let width = kernel.width.max(1);
            Some((width, (kernel.inputs.len() as u32).div_ceil(width).max(1)))
        })
    });
    let size = move || size.get().unwrap_or((1, 1));
    let click = move |event: MouseEvent| {
        let shown: Option<web_sys::HtmlElement> =
            event.current_target().and_then(|it| it.dyn_into().ok());
        let Some(shown) = shown else { return };
        let (width, height) = untrack(size);
        let at = |offset: i32, length: i32, count: u32| {
            (f64::from(offset.max(0)) / f64::from(length.max(1)) * f64::from(count)) as u32
        };
        let column = at(event.offset_x(), shown.client_width(), width).min(width - 1);
        let row = at(event.offset_y(), shown.client_height(), height).min(height - 1);
        looking.step.set((row * width + column) as usize);
    };
    let step = move || {
        let count = kernel.with(|it| it.as_ref().map_or(1, |it| it.inputs.len()));
        looking.step.get().min(count.saturating_sub(1)) as u32
    };
    let share = |at: u32, of: u32| format!("{}%", f64::from(at) / f64::from(of) * 100.0);
    let told = move || {
        let kernel = kernel.get()?;
        (kernel.inputs.len() <= TOLD).then(|| {
            let values = side.values(&kernel);
            values
                .iter()
                .map(f32::to_string)
                .collect::<Vec<_>>()
                .join(",")
        })
    };
    let longest = move || {
        let (width, height) = size();
        width.max(height)
    };
    view! {
        <figure class="operand" data-testid=side.name() data-values=told>
            <div
                class="operand-map"
                class:fine=move || { longest() > 40 }
                style:--across=move || format!("{}px", longest())
                style:--wide=move || (f64::from(size().0) / f64::from(longest())).to_string()
                style:--high=move || (f64::from(size().1) / f64::from(longest())).to_string()
                on:click=click
            >
                <canvas node_ref=canvas class="pixels" aria-hidden="true"></canvas>
                <i
                    style:left=move || share(step() % size().0, size().0)
                    style:top=move || share(step() / size().0, size().1)
                    style:width=move || share(1, size().0)
                    style:height=move || share(1, size().1)
                ></i>
            </div>
            <figcaption>{caption}</figcaption>
        </figure>
    }
    .into_any()
}

/// The kernels of the value that is shown.
pub fn kernels<T>(
    looking: Looking,
    read: impl FnOnce(&[Kernel], Option<f32>, bool) -> T,
) -> Option<T> {
    looking.made.with(|made| match made.as_deref() {
        Ok(Made::Weighted {
            kernels,
            bias,
            distance,
        }) => Some(read(kernels, *bias, *distance)),
        _ => None,
    })
}

#[component]
pub fn Weighted(looking: Looking) -> impl IntoView {
    let count = Memo::new(move |_| kernels(looking, |all, _, _| all.len()).unwrap_or(0));
    let number = Memo::new(move |_| looking.kernel.get().min(count.get().saturating_sub(1)));
    let current = Signal::derive(move || {
        let number = number.get();
        kernels(looking, |all, _, _| all.get(number).cloned()).flatten()
    });
    let products =
        Memo::new(move |_| current.with(|it| it.as_ref().map_or(0, |it| it.inputs.len())));
    let step = Memo::new(move |_| looking.step.get().min(products.get().saturating_sub(1)));
    let lab = looking.lab;
    Effect::new(move |_| {
        let count = products.get();
        if count > 1 && step.get() + 1 == count {
            lab.learn.note(Fact::SteppedThrough);
        }
    });
    let distance = Memo::new(move |_| kernels(looking, |_, _, distance| distance).unwrap_or(false));
    let channel = move || looking.shown.get().channel + 1;
    let linear = looking
        .subject
        .with_value(|it| matches!(it.layer, Some(Layer::Linear(_) | Layer::Rbf(_))));
    let weights = move || match (linear, distance.get()) {
        (_, true) => format!("code {}", channel()),
        (true, _) => format!("weights {}", channel()),
        (false, _) => format!("filter {}", channel()),
    };
    let results = move || {
        if distance.get() {
            "squares"
        } else {
            "products"
        }
    };
    let calculation = move || {
        let (kernel, at) = (current.get()?, step.get());
        let padded = kernel.inputs.get(at)?.is_none();
        let x = if padded {
            "0 (padding)".to_owned()
        } else {
            digits(kernel.input(at), 4)
        };
        let weight = digits(*kernel.weights.get(at)?, 4);
        let product = digits(kernel.product(at) as f32, 4);
        let so_far = short(kernel.so_far(at + 1) as f32);
        let term = if distance.get() {
            format!("({x} − {weight})² = ")
        } else {
            format!("{x} × {weight} = ")
        };
        Some(view! {
            <p class="calc" data-testid="calculation">
                <span>{term} <b>{product}</b></span>
                <span>{format!("so far {so_far}")}</span>
            </p>
        })
    };
    let sum = move || {
        kernels(looking, |all, bias, _| {
            let sum: f64 = all.iter().map(Kernel::sum).sum();
            let total = sum + f64::from(bias.unwrap_or(0.0));
            let what = match all.len() {
                0 | 1 => "sum ".to_owned(),
                count => format!("sum of all {count}: "),
            };
            let bias = bias.map(|bias| view! {
                " + bias "
                <span data-testid="partial-bias" data-value=bias.to_string()>{value(bias)}</span>
            });
            view! {
                <p class="calc sum" data-testid="partial-sum" data-value=total.to_string()>
                    <span>
                        {what}
                        <span data-testid="partial-total" data-value=sum.to_string()>{value(sum as f32)}</span>
                        {bias}
                        " ="
                    </span>
                    <b>{value(total as f32)}</b>
                </p>
            }
        })
    };
    view! {
        <h3>
            "How this value is made"
            <Steps step count=products set=Callback::new(move |to| looking.step.set(to)) what="product" />
        </h3>
        {move || (count.get() > 1).then(|| view! { <Channels looking number count=count.get() /> })}
        <div class="equation">
            {grid(looking, Side::Patch, current, || "patch".to_owned())}
            <span class="sign" aria-hidden="true">{move || if distance.get() { "−" } else { "⊛" }}</span>
            {grid(looking, Side::Kernel, current, weights)}
            <span class="sign" aria-hidden="true">"="</span>
            {grid(looking, Side::Products, current, move || results().to_owned())}
        </div>
        {calculation}
        {sum}
        {linear.then(|| view! { <Contributions looking /> })}
    }
}
