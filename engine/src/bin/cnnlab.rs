//! The command line `cnnlab`; what it does is in the library, where the verbs live.

fn main() -> std::process::ExitCode {
    engine::cli::main()
}
