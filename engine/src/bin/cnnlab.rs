use clap::Parser;
#[derive(Parser)]
enum Verb {
    Train(engine::cli::Train),
}
fn main() -> anyhow::Result<()> {
    match Verb::parse() {
        Verb::Train(t) => t.run(),
    }
}
