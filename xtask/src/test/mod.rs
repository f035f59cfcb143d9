//! `cargo xtask test`: everything CI runs, fast checks first, and one line of counts at the end.

mod stories;
mod tally;
mod tasks;

use std::{
    env, fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, bail};

use crate::{browser, build, dist, serve::Server, setup, shell, size};
use stories::Report;
use tally::{Counts, Tally};

const WASM: [&str; 2] = ["--target", "wasm32-unknown-unknown"];

#[derive(clap::Args, Default)]
pub struct Args {
    /// Only what needs no site: format, lints, native tests.
    #[arg(long)]
    native: bool,
    /// Only the browser tests, on a site built first.
    #[arg(long, conflicts_with = "native")]
    browser: bool,
    /// Only the long stories, which CI does not run: full-size networks, every operation on WebGPU,
    /// memory, 500 images of MNIST, and the main job in Firefox and WebKit.
    #[arg(long, conflicts_with_all = ["native", "browser"])]
    long: bool,
    /// With --browser or --long: only the tests whose file or title matches this.
    #[arg(long, conflicts_with = "native")]
    filter: Option<String>,
    /// Test dist/ as it is.
    #[arg(long)]
    no_build: bool,
    #[command(flatten)]
    build: build::Args,
}

impl Args {
    /// Whether the native steps are left out.
    fn stories_only(&self) -> bool {
        self.browser || self.long || self.filter.is_some()
    }
}

pub fn run(args: &Args) -> Result<()> {
    let mut tally = Tally::default();
    if !args.stories_only() {
        native_steps(&mut tally);
    }
    if !args.native {
        browser_steps(args, &mut tally);
    }
    tally.report()
}

fn native_steps(tally: &mut Tally) {
    tally.step("format", || {
        check(shell::cargo().args(["fmt", "--all", "--check"]))
    });
    let everything = [
        "--workspace",
        "--all-targets",
        "--features",
        "engine/cli,engine/plan-gpu,xtask/data",
    ];
    tally.step("lints, native", || lint(&everything));
    tally.step("lints, page in wasm", || {
        lint(&[&["--package", "app"], &WASM[..]].concat())
    });
    tally.step("lints, engine in wasm", || {
        let engine = [
            "--package",
            "engine",
            "--no-default-features",
            "--features",
            "gpu,plan,speed",
        ];
        lint(&[&engine[..], &WASM].concat())
    });
    tally.step("native tests", || {
        let mut command = shell::cargo();
        // All of them, also after a failed one: the count is of all. No crate has documentation
        // tests; to look for them compiles every library once more.
        command.args([
            "test",
            "--workspace",
            "--lib",
            "--bins",
            "--tests",
            "--features",
            "engine/cli,engine/plan-gpu,xtask/data",
            "--no-fail-fast",
        ]);
        let (succeeded, lines) = run_and_read(&mut command)?;
        let counts = lines.iter().filter_map(|it| tally::of_cargo_line(it)).sum();
        Ok(settle(counts, succeeded))
    });
}

fn browser_steps(args: &Args, tally: &mut Tally) {
    if !args.no_build {
        let built = tally.step("site build", || {
            build::run(&args.build)?;
            Ok(Counts::PASSED)
        });
        if !built {
            println!("The browser tests need the site: not run.");
            return;
        }
    }
    tally.step("size budgets", || {
        size::run(&size::Args {
            no_gpu: args.build.no_gpu,
        })?;
        Ok(Counts::PASSED)
    });
    tally.step("browser tests", || browser_tests(args));
}

fn browser_tests(args: &Args) -> Result<Counts> {
    let report = shell::target_folder().join("browser-tests.json");
    if report.exists() {
        fs::remove_file(&report).with_context(|| format!("cannot remove {}", report.display()))?;
    }
    let mut command = stories(args)?;
    command.arg("--reporter=list,json");
    command.env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report);
    let (succeeded, _) = run_and_read(&mut command)?;
    let text = fs::read_to_string(&report)
        .with_context(|| format!("Playwright left no report at {}", report.display()))?;
    let report = Report::read(&text)?;
    for line in report.durations().into_iter().chain(report.failures()) {
        println!("{line}");
    }
    Ok(settle(report.counts()?, succeeded))
}

/// Runs the stories while Chromium records their pages' tasks, which a table in docs/bench.md tells.
/// Those with one that is too long run twice more.
pub fn record_tasks() -> Result<()> {
    let record = shell::target_folder().join("tasks.json");
    if record.exists() {
        fs::remove_file(&record).with_context(|| format!("cannot remove {}", record.display()))?;
    }
    let run = |args: &[&str]| {
        let mut command = stories(&Args {
            browser: true,
            no_build: true,
            ..Args::default()
        })?;
        // Two browsers at a time would measure each other.
        command.args(["--reporter=./tasks.mjs,list", "--workers=1"]);
        command.args(args);
        shell::run(command.env("TASKS", &record))
    };
    run(&[])?;
    let told = fs::read_to_string(&record)
        .with_context(|| format!("the stories left no record at {}", record.display()))?;
    let over = tasks::over(&told)?;
    if over.is_empty() {
        return Ok(());
    }
    run(&["--repeat-each=2", "--grep", &tasks::these_alone(&over)])
}

/// Playwright with all that the stories need.
fn stories(args: &Args) -> Result<Command> {
    let chromium = browser::chromium()?;
    browser::packages()?;
    let cnnlab = command_line(args)?;
    let checks = build::checks(args.long)?;
    let url = serve(build::dist(), "/")?;
    // Below a path, as on a course's web space, lies what somebody unpacked there.
    let below = serve(unpacked()?, "/courses/lab/")?;
    let mut command = shell::command("node");
    command.args(["node_modules/@playwright/test/cli.js", "test"]);
    command.arg(if args.long {
        "--project=long"
    } else {
        "--project=stories"
    });
    if let Some(filter) = &args.filter {
        command.args(["--grep", filter]);
    }
    command.current_dir(browser::folder());
    command.env("BASE_URL", url).env("SUB_PATH_URL", below);
    command.env("CHROMIUM", chromium).env("CNNLAB", cnnlab);
    command.env("OP_CASES", checks);
    if args.long {
        command.env("FIREFOX", browser::firefox()?);
        command.env("WEBKIT_DRIVER", browser::webkit_driver()?);
    }
    Ok(command)
}

/// Serves a site below this path, at any free port.
fn serve(site: PathBuf, base: &str) -> Result<String> {
    let server = Server::of(site, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), base)?;
    Ok(server.run_in_background())
}

/// The site packed as `cargo xtask dist` packs it, and unpacked again.
fn unpacked() -> Result<PathBuf> {
    let packed = shell::target_folder().join("browser-tests-dist.zip");
    dist::write(&build::dist(), &packed)?;
    let folder = packed.with_extension("");
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    dist::unpack(&packed, folder.clone())?;
    Ok(folder)
}

/// The native command line, whose numbers the page's are compared with: `CNNLAB`, else what the
/// native tests have left, which is built here when they were not run before.
fn command_line(args: &Args) -> Result<PathBuf> {
    if let Some(path) = env::var_os("CNNLAB").filter(|it| !it.is_empty()) {
        return Ok(path.into());
    }
    let name = format!("cnnlab{}", env::consts::EXE_SUFFIX);
    let path = shell::target_folder().join("debug").join(name);
    if args.stories_only() && !(args.no_build && path.is_file()) {
        let mut build = shell::cargo();
        build.args(["build", "--package", "engine", "--features", "cli"]);
        shell::run(build.args(["--bin", "cnnlab"]))?;
    }
    Ok(path)
}

fn lint(what: &[&str]) -> Result<Counts> {
    let mut clippy = shell::cargo();
    if what.contains(&WASM[0]) {
        setup::wasm_target()?;
        // Its own list of what a browser cannot do.
        clippy.env("CLIPPY_CONF_DIR", shell::root().join("xtask/clippy_wasm"));
    }
    clippy.arg("clippy").args(what);
    check(clippy.args(["--", "-D", "warnings"]))
}

fn check(command: &mut Command) -> Result<Counts> {
    shell::run(command)?;
    Ok(Counts::PASSED)
}

/// A runner that failed without a failed test (it did not compile, it crashed) counts as one.
fn settle(counts: Counts, succeeded: bool) -> Counts {
    if succeeded || counts.failed > 0 {
        counts
    } else {
        Counts {
            failed: 1,
            ..counts
        }
    }
}

/// Runs a command, shows its standard output as it comes and gives it back by lines.
fn run_and_read(command: &mut Command) -> Result<(bool, Vec<String>)> {
    println!("$ {}", shell::line_of(command));
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("could not be started")?;
    let Some(output) = child.stdout.take() else {
        bail!("the runner has no output")
    };
    let mut lines = Vec::new();
    for line in BufReader::new(output).split(b'\n') {
        // A test may print anything: what is not UTF-8 is shown as it can be.
        let line = String::from_utf8_lossy(&line?).into_owned();
        println!("{line}");
        lines.push(line);
    }
    Ok((child.wait()?.success(), lines))
}

/// How long a step took, for a person.
fn seconds(since: Instant) -> String {
    format!("{:.1} s", since.elapsed().as_secs_f64())
}
