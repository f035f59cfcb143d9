//! The lab's page.

mod client;
mod features;
mod lab;
mod platform;
mod shell;
mod storage;
mod ui;

use leptos::prelude::*;

fn main() {
    console_error_panic_hook::set_once();
    // In a task of its own, after the one in which the program was made ready.
    platform::schedule::soon(start);
}

fn start() {
    mount_to_body(shell::App);
    // Removes the loading message.
    if let Some(boot) = document().get_element_by_id("boot") {
        boot.remove();
    }
}
