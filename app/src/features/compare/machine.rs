//! The roofline of this machine, and the controls that measure it.

use engine::analysis::{Arithmetic, Machine};
use engine::session::{Adapter, DeviceKind};
use leptos::prelude::*;

use super::chart::{figure, plain_table};
use super::charts::layer_times;
use crate::lab::Lab;
use state::compare::Job;
use state::compare::index_of as place;

pub fn view(lab: Lab) -> AnyView {
    let numbers = move || {
        let machines = lab.compare.machines().get();
        let one = |device: DeviceKind| {
            let machine = machines[place(device)]?;
            Some(view! {
                <div class="machine" data-testid="machine" data-device=device.title()>
                    <h3>{device.title()}</h3>
                    {plain_table(
                        vec!["number".into(), "measured here".into()],
                        rows(&machine),
                    )}
                </div>
            })
        };
        [DeviceKind::Cpu, DeviceKind::WebGpu]
            .into_iter()
            .filter_map(one)
            .collect_view()
    };
    let machines = lab.compare.machines();
    let pins = lab.compare.pins();
    let measured = Memo::new(move |_| {
        let machines = machines.get();
        pins.with(|pins| !layer_times(pins, &machines, 1.0).rows.is_empty())
    });
    let chart = move || {
        measured.get().then(|| {
            let draw = move |width| pins.with(|pins| layer_times(pins, &machines.get(), width));
            figure(
                "Measured time against predicted, layer by layer",
                "chart-scatter",
                draw,
            )
        })
    };
    view! {
        {tools(lab)}
        <p class="compare-words">
            "Predicted time = start-up + the slower of computing and moving data (roofline, Williams \
             et al. 2009). The machine is fitted to five small networks; then each pinned network is \
             timed with random weights, by a second engine."
        </p>
        <div class="machines">{numbers} {chart}</div>
    }
    .into_any()
}

/// The button that measures, the progress, and the button that cancels.
fn tools(lab: Lab) -> AnyView {
    let job = lab.compare.job();
    let progress = move || {
        job.get().map(|Job { device, what, done, of }| {
            view! {
                <span class="measuring" data-testid="measuring">
                    <progress max=of.to_string() value=done.to_string() aria-label="Measuring"></progress>
                    <span>{format!("{}: {what} ({done} of {of} done)", device.title())}</span>
                    <button type="button" data-testid="stop-measuring" on:click=move |_| lab.stop_measuring()>
                        "Stop"
                    </button>
                </span>
            }
        })
    };
    let start = move |device: DeviceKind, words: &'static str, testid: &'static str| {
        let unable = move || {
            let usable = match device {
                DeviceKind::Cpu => true,
                DeviceKind::WebGpu => lab.engine.adapter().with(Adapter::usable),
            };
            job.with(Option::is_some) || !usable
        };
        view! {
            <button type="button" data-testid=testid disabled=unable on:click=move |_| lab.measure_pins(device)>
                {words}
            </button>
        }
    };
    let webgpu = move || {
        lab.engine.adapter().with(|adapter| match adapter {
            Adapter::Real { .. } => String::new(),
            Adapter::Software { name } => {
                format!("WebGPU is computed in software here ({name}): measuring it takes minutes.")
            }
            Adapter::Unknown => "Whether there is WebGPU here is not known yet.".into(),
            Adapter::InsecurePage
            | Adapter::NoWebGpu
            | Adapter::None
            | Adapter::NoTimestamps { .. } => "There is no WebGPU here to measure.".into(),
        })
    };
    view! {
        <div class="compare-row-tools">
            {start(DeviceKind::Cpu, "Measure on the CPU", "measure-cpu")}
            {start(DeviceKind::WebGpu, "Measure on WebGPU", "measure-webgpu")}
            <span class="compare-words">{webgpu}</span>
        </div>
        <p role="status">{progress}</p>
    }
    .into_any()
}

/// The machine's numbers in short form; unknown ones are left out.
fn rows(machine: &Machine) -> Vec<Vec<String>> {
    let rate = |secs: f64, unit: &str| match secs {
        secs if secs > 0.0 => format!("{:.2} {unit}", 1e-9 / secs),
        _ => "never the limit".to_owned(),
    };
    let micros = |secs: f64| format!("{:.0} µs", secs * 1e6);
    let mut rows: Vec<Vec<String>> = Arithmetic::ALL
        .into_iter()
        .map(|kind| {
            vec![
                kind.name().into(),
                rate(machine.mac_secs[kind as usize], "GMAC/s"),
            ]
        })
        .collect();
    rows.push(vec![
        "other operations".into(),
        rate(machine.element_secs, "GFLOP/s"),
    ]);
    rows.push(vec!["memory".into(), rate(machine.byte_secs, "GB/s")]);
    rows.push(vec![
        "starting a layer".into(),
        micros(machine.overhead_secs),
    ]);
    rows.push(vec!["reading an answer".into(), micros(machine.wait_secs)]);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_the_inverse_of_seconds() {
        let machine = Machine {
            mac_secs: [2e-10, 0.0, 1e-9, 1e-9],
            overhead_secs: 20e-6,
            ..Machine::default()
        };
        let rows = rows(&machine);
        assert_eq!(rows[0][1], "5.00 GMAC/s");
        assert_eq!(rows[1][1], "never the limit");
        assert!(rows.iter().any(|row| row == &["starting a layer", "20 µs"]));
    }
}
