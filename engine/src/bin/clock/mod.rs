//! What the programs that measure take of their surroundings, natively and in node.

#[cfg(target_arch = "wasm32")]
pub fn print(line: &str) {
    web_sys::console::log_1(&line.into());
}

#[cfg(not(target_arch = "wasm32"))]
pub fn print(line: &str) {
    println!("{line}");
}

/// Milliseconds, with fractions.
#[cfg(target_arch = "wasm32")]
pub fn now() -> f64 {
    let global = js_sys::global();
    let read = || {
        let clock = js_sys::Reflect::get(&global, &"performance".into()).ok()?;
        let now = js_sys::Reflect::get(&clock, &"now".into()).ok()?;
        js_sys::Function::from(now).call0(&clock).ok()?.as_f64()
    };
    read().unwrap_or_else(js_sys::Date::now)
}

/// Milliseconds, with fractions, since 1970.
#[cfg(not(target_arch = "wasm32"))]
pub fn now() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64() * 1e3)
}

/// Ends the program as failed.
#[cfg(target_arch = "wasm32")]
pub fn fail() {
    let global = js_sys::global();
    if let Ok(process) = js_sys::Reflect::get(&global, &"process".into()) {
        // Without a process there is nobody to tell.
        let _ = js_sys::Reflect::set(&process, &"exitCode".into(), &1.into());
    }
}

/// Ends the program as failed.
#[cfg(not(target_arch = "wasm32"))]
pub fn fail() {
    std::process::exit(1);
}
