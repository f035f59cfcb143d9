//! How long analysis takes in wasm: `cargo xtask bench analysis` builds this, runs it in node and
//! so prints the medians that a person's browser comes near to. Native: `cargo bench -p engine`.

#[cfg(target_arch = "wasm32")]
mod wasm {
    use engine::graph::{Edit, Piece, Place};
    use engine::layer::BatchNorm;
    use engine::zoo::{self, Options};
    use engine::{Analysis, Graph};

    const BATCH: u32 = 50;
    const BATCHES: usize = 15;

    pub fn main() -> Result<(), Box<dyn std::error::Error>> {
        for name in ["resnet-152", "densenet-121"] {
            let graph = zoo::build(name, &Options::default())?;
            let title = format!("analysis of {name}, {} nodes", graph.nodes().len());
            print(&title, || drop(Analysis::of(&graph)));
        }
        let graph = zoo::build("mobilenet-v2", &Options::default())?;
        let edit = insert_in_the_middle(&graph);
        graph.apply(&edit)?;
        let title = format!("an edit of {} nodes and its analysis", graph.nodes().len());
        print(&title, || {
            drop(graph.apply(&edit).map(|edited| Analysis::of(&edited)))
        });
        Ok(())
    }

    fn insert_in_the_middle(graph: &Graph) -> Edit {
        let node = graph.nodes()[graph.nodes().len() / 2].id;
        let place = Place::After {
            node,
            with: Vec::new(),
        };
        Edit::Insert {
            place,
            piece: Piece::Layer(BatchNorm::new().into()),
            name: None,
        }
    }

    /// The median over batches, because the browser's clock counts milliseconds.
    fn print(title: &str, work: impl Fn()) {
        let mut times: Vec<f64> = (0..BATCHES)
            .map(|_| {
                let started = js_sys::Date::now();
                (0..BATCH).for_each(|_| work());
                (js_sys::Date::now() - started) / f64::from(BATCH)
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let line = format!("{title}: {:.2} ms in wasm", times[BATCHES / 2]);
        web_sys::console::log_1(&line.into());
    }
}

#[cfg(target_arch = "wasm32")]
fn main() {
    if let Err(error) = wasm::main() {
        web_sys::console::error_1(&error.to_string().into());
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    println!("native figures: cargo bench -p engine --bench analysis --no-default-features");
}
